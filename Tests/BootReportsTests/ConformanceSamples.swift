import BootModel
import Foundation
import XCTest

@testable import BootReports

/// Leaves the reports on every sample where the conformance checks ask for them.
final class ConformanceSamples: XCTestCase {
    func testTheSamplesAreLeftForTheConformanceChecks() throws {
        guard let folder = ProcessInfo.processInfo.environment["BOOTMARK_CONFORMANCE_DIR"] else {
            throw XCTSkip("Set BOOTMARK_CONFORMANCE_DIR to get the files; Tests/Conformance/run does.")
        }
        let reporters: [any Reporter] =
            JUnitReporter.Dialect.allCases.map { JUnitReporter(dialect: $0) }
            + [MarkdownReporter(), JSONReporter(), TerminalReporter(width: 140)]
        for (name, comparison) in Samples.all {
            let place = URL(fileURLWithPath: folder).appendingPathComponent(name)
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            for reporter in reporters {
                let bytes = try reporter.report(on: [comparison], beside: [])
                try Data(bytes).write(to: place.appendingPathComponent(reporter.fileName))
            }
        }
    }
}
