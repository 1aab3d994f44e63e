import BootModel
import XCTest

final class VerdictTests: XCTestCase {
    func testEveryVerdictHasTheExitCodeThatTheContractFixes() {
        let codes = Dictionary(uniqueKeysWithValues: Verdict.allCases.map { ($0, $0.exitCode) })
        XCTAssertEqual(
            codes,
            [
                .pass: 0, .improvement: 0, .regression: 1, .inconclusive: 2, .failed: 3, .incomparable: 4,
                .invalidEnvironment: 4,
            ])
    }
}
