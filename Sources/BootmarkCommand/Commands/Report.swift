import ArgumentParser
import BootModel
import BootReports
import BootStore
import Foundation

/// `bootmark report`: the reports of a comparison, written again.
struct Report: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the reports of a comparison again.",
        discussion:
            "DIR is a folder that bootmark compare -o wrote: its comparison.json is read, and the verdict stays as it was."
    )

    @Argument(help: ArgumentHelp("The comparison's folder.", valueName: "DIR"))
    var folder: String

    func run() async throws {
        try await Failures.reported {
            let comparisons = try JSONReporter.comparisons(inFolder: folder)
            for path in try ReportSet.standard.write(comparisons, into: folder) { Standard.output(path) }
        }
    }
}
