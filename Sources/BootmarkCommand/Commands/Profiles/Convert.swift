import ArgumentParser
import BootProfiles
import BootStore

/// `bootmark convert`: a profile in another tool's format.
struct Convert: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write profiles in another tool's format.",
        discussion: """
            Reads all that fold reads; several inputs are merged.

              bootmark convert perf.data --to speedscope -o boot.speedscope.json
            """)

    @OptionGroup var inputs: ProfileInputs

    @Option(
        help: ArgumentHelp(
            "The format: \(ProfileFormat.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "FORMAT"))
    var to: ProfileFormat

    @Option(name: .customShort("o"), help: ArgumentHelp("The file to write.", valueName: "OUT"))
    var output: String

    func run() async throws {
        try await Failures.reported {
            try AtomicFile.write(try inputs.merged().encoded(as: to), to: output)
        }
    }
}

extension ProfileFormat: ExpressibleByArgument {}
