import BootModel
import BootStore
import XCTest

final class RecordingPolicyTests: XCTestCase {
    func testUnattendedBuildsNeverRecordByThemselves() throws {
        XCTAssertEqual(try RecordingPolicy.fromEnvironment([:]), .missing)
        XCTAssertEqual(try RecordingPolicy.fromEnvironment(["CI": "true"]), .never)
        XCTAssertEqual(try RecordingPolicy.fromEnvironment(["CI": "false"]), .missing)
        XCTAssertEqual(try RecordingPolicy.fromEnvironment(["CI": ""]), .missing)
        XCTAssertEqual(try RecordingPolicy.fromEnvironment(["CI": "1", "BOOTMARK_RECORD": ""]), .never)
    }

    func testTheEnvironmentsWordCounts() throws {
        for policy in RecordingPolicy.allCases {
            let environment = ["CI": "1", "BOOTMARK_RECORD": policy.rawValue]
            XCTAssertEqual(try RecordingPolicy.fromEnvironment(environment), policy)
        }
    }

    func testAnUnknownPolicyIsAnErrorThatListsTheValues() {
        XCTAssertThrowsError(try RecordingPolicy.fromEnvironment(["BOOTMARK_RECORD": "alwyas\u{1b}"])) {
            XCTAssertEqual(
                "\($0)",
                "BOOTMARK_RECORD=alwyas\\u{1B} is no recording policy. "
                    + "Set it to one of never, missing, failed, all.")
        }
    }

    /// The verdicts after which each policy records, with and without a baseline.
    func testEachPolicyRecordsAfterTheseVerdictsOnly() {
        let sound: Set<Verdict> = [.pass, .improvement, .regression, .inconclusive, .incomparable]
        let expected: [RecordingPolicy: (with: Set<Verdict>, without: Set<Verdict>)] = [
            .never: ([], []), .missing: ([], sound), .failed: ([.regression, .incomparable], sound),
            .all: (sound, sound),
        ]
        for policy in RecordingPolicy.allCases {
            for verdict in Verdict.allCases {
                let with = policy.decision(hasBaseline: true, verdict: verdict)
                let without = policy.decision(hasBaseline: false, verdict: verdict)
                XCTAssertEqual(with.records, expected[policy]?.with.contains(verdict), "\(policy) \(verdict)")
                XCTAssertEqual(
                    without.records, expected[policy]?.without.contains(verdict), "\(policy) \(verdict)")
                XCTAssertTrue(with.compares)
                XCTAssertFalse(without.compares)
            }
        }
    }

    func testNothingButAPlainComparisonIsSilent() {
        for policy in RecordingPolicy.allCases {
            for verdict in Verdict.allCases {
                for hasBaseline in [true, false] {
                    let decision = policy.decision(hasBaseline: hasBaseline, verdict: verdict)
                    if decision.records || !decision.compares {
                        XCTAssertNotNil(decision.reason, "\(policy) \(verdict) \(hasBaseline)")
                    }
                }
            }
        }
    }
}
