import ArgumentParser
import BootProfiles
import BootStore

/// `bootmark fold`: stacks, a line each.
struct Fold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fold profiles into stacks, one a line with its weight.",
        discussion: """
            Reads all that convert reads, by content. Several inputs are merged. The annotations mean what \
            stackcollapse-perf.pl's mean.

              perf script -i perf.data | bootmark fold - -o boot.folded
              bootmark fold perf.data --only-comm swiftc --time +1,+2.5
            """)

    @OptionGroup var inputs: ProfileInputs

    @Option(
        name: .customShort("o"),
        help: ArgumentHelp("The file to write; standard output without it.", valueName: "OUT.folded"))
    var output: String?

    func run() async throws {
        try await Failures.reported {
            let profile = try inputs.merged()
            Standard.notes(of: profile)
            let folded = FoldedWriter().bytes(profile)
            if let output { try AtomicFile.write(folded, to: output) } else { Standard.output(bytes: folded) }
        }
    }
}
