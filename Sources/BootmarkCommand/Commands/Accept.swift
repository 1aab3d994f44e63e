import ArgumentParser
import BootStore
import Foundation

/// `bootmark accept`: make a run the reference.
struct Accept: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a run the baseline that later runs are judged against.",
        discussion: """
            The baseline goes to Baselines/<scenario>, in text that reviews well in git.

              bootmark accept run --as linux-cloud
            """)

    @Argument(help: ArgumentHelp("The run to accept.", valueName: "RUNDIR"))
    var run: String

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "The scenario whose baseline it becomes; as it stands, the run's own.", valueName: "SCENARIO"))
    var name: String?

    @Option(help: ArgumentHelp("The folder of baselines.", valueName: "DIR"))
    var baselines = ProcessInfo.processInfo.environment["BOOTMARK_BASELINES"] ?? "Baselines"

    @Flag(help: "Accept a run with failed or missing boots too.")
    var force = false

    func run() async throws {
        try await Failures.reported {
            let acceptance = try BaselineStore(root: baselines).accept(
                try RunFolder.open(at: run), as: name, force: force)
            Standard.output("\(acceptance.replaced ? "Replaced" : "Made") the baseline \(acceptance.path).")
            for note in acceptance.notes { Standard.error("note: \(note)") }
        }
    }
}
