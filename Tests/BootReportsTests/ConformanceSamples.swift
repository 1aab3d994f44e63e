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
        var reports = ReportSet.standard
        reports.reporters += [TerminalReporter(width: 140), GitHubAnnotationsReporter()]
        for (name, comparison) in Samples.all {
            try reports.write(comparison, into: "\(folder)/\(name)")
        }
        try reports.write(Samples.all.map(\.value), into: "\(folder)/all")
    }
}
