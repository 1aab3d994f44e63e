import ArgumentParser
import BootComparison
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

    @Option(
        help: ArgumentHelp(
            "How many accepted runs are kept, this one included, 1 to 100, to compare with several (bootmark compare --against); never fewer than are there.",
            valueName: "N"))
    var keep = 1

    @Flag(help: "Make this run the fixed reference too, which later ones do not replace.")
    var fix = false

    @Flag(help: "Accept a run with failed or missing boots too.")
    var force = false

    func validate() throws {
        guard (1...ReferencePolicy.mostRuns).contains(keep) else {
            throw ValidationError("--keep takes a number from 1 to \(ReferencePolicy.mostRuns).")
        }
    }

    func run() async throws {
        try await Failures.reported {
            let acceptance = try BaselineStore(root: baselines).accept(
                try RunFolder.open(at: run), as: name, force: force, keeping: keep,
                fixing: fix ? .thisOne : .asBefore)
            Standard.output("\(acceptance.replaced ? "Replaced" : "Made") the baseline \(acceptance.path).")
            for note in acceptance.notes { Standard.error("note: \(note)") }
        }
    }
}
