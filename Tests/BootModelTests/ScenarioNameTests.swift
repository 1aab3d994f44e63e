import BootModel
import XCTest

final class ScenarioNameTests: XCTestCase {
    func testUsualNamesAreAllowed() {
        for name in ["tiny", "linux-cloud", "gnumach+cpu=pentium3+cpus=4", "MINIX_3.4.0", "a"] {
            XCTAssertNil(Scenario.problem(withName: name), name)
        }
    }

    func testNamesThatCouldLeadElsewhereAreNot() {
        let names = [
            "", ".", "..", ".hidden", "-o", "a/b", "a..b", "a b", "ä", "a\0",
            String(repeating: "a", count: 121),
        ]
        for name in names {
            let problem = Scenario.problem(withName: name)
            XCTAssertNotNil(problem, name)
            XCTAssertFalse(problem?.contains("\0") ?? false)
        }
    }
}
