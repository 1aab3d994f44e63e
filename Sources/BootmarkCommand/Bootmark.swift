import ArgumentParser

/// `bootmark`: everything that a scenario can do, done to any QEMU command line without writing Swift.
@main
struct BootmarkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bootmark",
        abstract:
            "Tells whether a change made an operating system boot slower, by how much, and in which function.",
        discussion: """
            Take the boots of both versions, then compare them:

              bootmark boot --until 'login:' --boots 20 -o before -- qemu-system-i386 -cdrom old.iso -m 512M
              bootmark boot --until 'login:' --boots 20 -o after  -- qemu-system-i386 -cdrom new.iso -m 512M
              bootmark compare before after -o report

            EXIT CODES
              0   pass, or an improvement
              1   a regression
              2   inconclusive: these boots cannot tell
              3   a boot failed, hung or never reached its marker
              4   no comparable baseline, or an environment that cannot answer
              64  wrong usage
              66  an input is missing or unreadable
              70  a fault of Bootmark's own

            ENVIRONMENT
              BOOTMARK_BASELINES  the folder of baselines, in place of Baselines
              BOOTMARK_LEASE      the file that one measured boot on this machine holds
              BOOTMARK_PLUGIN     a plugin for QEMU that was built elsewhere
              NO_COLOR            no colours, where it is set to anything
              TMPDIR              where boots keep what lasts no longer than they do
              XDG_CACHE_HOME      where the plugin and what is known of this host are kept
            """,
        version: "0.1.0",
        subcommands: [
            Doctor.self, BootCommand.self, PairsCommand.self, Compare.self, HistoryCommand.self,
            BisectCommand.self, Accept.self,
            Fold.self,
            Graph.self, Difference.self, Hotspots.self, Convert.self, Report.self,
        ])
}
