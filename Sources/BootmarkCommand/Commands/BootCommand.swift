import ArgumentParser
import BootModel
import BootRunner
import BootStore
import Foundation

/// `bootmark boot`: take the boots of one system and keep the run.
struct BootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "boot",
        abstract: "Boot a system again and again, and keep what was measured.",
        discussion: """
            The QEMU command comes after two dashes, as you would type it. Bootmark adds what it needs to \
            follow the boot; a serial port, monitor or display that the command names is taken over, and disks \
            are opened as throw-away overlays.

              bootmark boot --until 'login:' --boots 20 -o before -- qemu-system-i386 -cdrom minix.iso -m 512M
              bootmark boot --until BOOT-COMPLETE --phase kernel='Linux version' --phase init='Run /init' \\
                  -o run -- qemu-system-x86_64 -kernel vmlinuz -initrd initrd.gz -append console=ttyS0
              bootmark boot --exact --controls 8 --collect guest-instructions,guest-profile --until BOOT-COMPLETE \\
                  -o before -- qemu-system-x86_64 -kernel vmlinuz -initrd initrd.gz -append console=ttyS0
            """)

    @OptionGroup var boots: BootOptions

    @Option(
        name: .customShort("o"),
        help: ArgumentHelp("The folder to keep the run in; it must not exist yet.", valueName: "RUNDIR"))
    var output: String?

    @Flag(help: "Go on with the run that RUNDIR holds: take the boots that it lacks.")
    var resume = false

    @Flag(name: .customLong("dry-run"), help: "Print what would be done, and do nothing.")
    var dryRun = false

    @Flag(help: "Print the plan or the run as JSON.")
    var json = false

    @Argument(
        parsing: .postTerminator,
        help: ArgumentHelp("The QEMU command.", valueName: "qemu-system-… ARGUMENTS"))
    var command: [String] = []

    func validate() throws {
        guard output != nil || dryRun else {
            throw ValidationError("-o RUNDIR is missing: where should the run be kept?")
        }
        guard !(resume && dryRun) else { throw ValidationError("--resume and --dry-run exclude each other.") }
    }

    func run() async throws {
        try await Failures.reported {
            if resume { return try await goOn() }
            let command = boots.loading(command)
            let host = await HostTools.probe(
                for: command, collectors: boots.collect?.collectors, script: boots.script())
            let run = try await Run.planned(
                scenario: boots.name ?? boots.nameOf(command), command: command, script: boots.script(),
                options: boots.options(), host: host)
            if dryRun { return try PlanText.print(run, asJSON: json) }
            let folder = try RunFolder.create(at: output ?? "")
            try await take(run, in: folder, host: host)
        }
    }

    private func goOn() async throws {
        let folder = try RunFolder.resume(at: output ?? "")
        let run = try folder.load()
        let host = await HostTools.probe(for: run.plan)
        try await run.checkThatItCanGoOn(host: host)
        try await take(run, in: folder, host: host)
    }

    private func take(_ run: Run, in folder: RunFolder, host: HostTools) async throws {
        let stop = StopSignal()
        let interruption = Interruption(raising: stop)
        HostNotes.say(before: run)
        let runner = Runner(executor: QEMUExecutor(host), progress: TerminalProgress(), stop: stop)
        let done = try await runner.execute(run, in: folder)
        if json {
            Standard.output(String(decoding: try CanonicalJSON.encode(done, for: folder.file), as: UTF8.self))
        } else {
            Standard.output(RunText.summary(done, at: folder.path))
        }
        if let number = interruption.received { throw ExitCode(128 + number) }
        if !done.failures.isEmpty || !done.isComplete { throw ExitCode(Verdict.failed.exitCode) }
    }
}
