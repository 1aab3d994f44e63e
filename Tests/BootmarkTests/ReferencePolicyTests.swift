import BootModel
import BootStore
import BootTestSupport
import Foundation
import XCTest

@testable import Bootmark

/// Baselines that move along, and those that do not.
final class ReferencePolicyTests: XCTestCase {
    private var folder = ""

    override func setUpWithError() throws {
        folder = try temporaryFolder()
        useOwnLease()
    }

    /// The verdicts of runs that get slower by 1 % each, where 3 % are allowed and every run is accepted.
    private func creeping(_ policy: String, steps: Int = 7) async throws -> [Verdict] {
        let gate = try StubbedGate(
            in: folder, environment: ["BOOTMARK_RECORD": "all", "BOOTMARK_REFERENCE": policy])
        var verdicts: [Verdict] = []
        for step in 0...steps {
            let outcome = try await gate.judge(milliseconds: 100 * pow(1.01, Double(step)))
            if case .judged(let comparison, _, _) = outcome { verdicts.append(comparison.verdict) }
        }
        return verdicts
    }

    func testSmallStepsNeverAlarmAgainstTheLastRun() async throws {
        let verdicts = try await creeping("last")
        XCTAssertEqual(verdicts, Array(repeating: .pass, count: 7))
        XCTAssertFalse(File.exists(folder + "/Baselines/made-up/earlier"))
    }

    func testSmallStepsAddUpToAnAlarmAgainstAFixedRun() async throws {
        let verdicts = try await creeping("fixed")
        XCTAssertEqual(verdicts.first, .pass)
        XCTAssertEqual(verdicts.last, .regression)
        XCTAssertEqual(verdicts.filter { $0 == .regression }.count, 5, "\(verdicts)")
    }

    func testSmallStepsAddUpToAnAlarmAgainstTheMedianOfTheLast() async throws {
        // The middle of seven lies four steps back: 4 % and more.
        let verdicts = try await creeping("median:7", steps: 9)
        XCTAssertEqual(verdicts.first, .pass)
        XCTAssertEqual(verdicts.last, .regression, "\(verdicts)")
        let baseline = try XCTUnwrap(try BaselineStore(root: folder + "/Baselines").load("made-up"))
        XCTAssertEqual(try baseline.accepted().count, 7)
    }

    func testPooledRunsAreCountedByRun() async throws {
        let environment = ["BOOTMARK_RECORD": "all", "BOOTMARK_REFERENCE": "pooled:5"]
        let gate = try StubbedGate(in: folder, environment: environment)
        for milliseconds in [100, 104, 97, 102, 98.0] { _ = try await gate.judge(milliseconds: milliseconds) }
        // Slower than every boot of every run, and no more than days differ.
        let verdict = try await gate.verdict(milliseconds: 107)
        let comparison = try gate.comparison()
        XCTAssertEqual(comparison.verdict, .inconclusive, "\(verdict)")
        XCTAssertTrue(
            comparison.notes.contains { $0.contains("5 accepted runs, each counted as one number") },
            "\(comparison.notes)")
        let slow = try await gate.judge(milliseconds: 140)
        guard case .judged(let found, _, _) = slow else { return XCTFail("\(slow)") }
        XCTAssertEqual(found.verdict, .regression, found.reason)
    }

    func testAPolicyThatIsNoneNamesThoseThatThereAre() {
        for text in ["median", "median:2", "pooled:x", "first", "median:3:4", "pooled:1000"] {
            XCTAssertThrowsError(try GateSettings(environment: ["BOOTMARK_REFERENCE": text])) {
                XCTAssertTrue("\($0)".contains("last, fixed, median:5 or pooled:5"), "\($0)")
            }
        }
    }
}
