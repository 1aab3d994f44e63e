import BootStore
import Bootmark
import XCTest

final class GateSettingsTests: XCTestCase {
    func testWithoutAWordFromTheEnvironmentMissingBaselinesAreRecorded() throws {
        let settings = try GateSettings(environment: [:])
        XCTAssertEqual(settings.baselines, "Baselines")
        XCTAssertEqual(settings.reports, "Reports")
        XCTAssertEqual(settings.policy, .missing)
        XCTAssertFalse(settings.policyIsNamed)
        XCTAssertNil(settings.boots)
        XCTAssertFalse(settings.isUnattended)
        XCTAssertTrue(settings.warmsUp)
        XCTAssertFalse(try GateSettings(environment: ["BOOTMARK_WARM_UP": "0"]).warmsUp)
    }

    func testABuildServerRecordsNothingUnlessAsked() throws {
        let settings = try GateSettings(environment: ["CI": "true"])
        XCTAssertEqual(settings.policy, .never)
        XCTAssertTrue(settings.isUnattended)
        let asked = try GateSettings(environment: ["CI": "true", "BOOTMARK_RECORD": "all"])
        XCTAssertEqual(asked.policy, .all)
        XCTAssertTrue(asked.policyIsNamed)
        for off in ["", "0", "false", "False"] {
            XCTAssertFalse(try GateSettings(environment: ["CI": off]).isUnattended, off)
        }
    }

    func testFoldersAndBootsAreTheEnvironments() throws {
        let settings = try GateSettings(environment: [
            "BOOTMARK_BASELINES": "/b", "BOOTMARK_REPORTS": "/r", "BOOTMARK_BOOTS": "7",
        ])
        XCTAssertEqual([settings.baselines, settings.reports], ["/b", "/r"])
        XCTAssertEqual(settings.boots, 7)
        let empty = try GateSettings(environment: ["BOOTMARK_BASELINES": "", "BOOTMARK_BOOTS": ""])
        XCTAssertEqual(empty.baselines, "Baselines")
        XCTAssertNil(empty.boots)
    }

    func testANumberOfBootsThatIsNoneIsOneLineWithTheNextStep() {
        for wrong in ["0", "-1", "ten", "10001", "99999999999999999999"] {
            XCTAssertThrowsError(try GateSettings(environment: ["BOOTMARK_BOOTS": wrong])) { error in
                XCTAssertEqual(
                    "\(error)",
                    "BOOTMARK_BOOTS=\(wrong) is no number of boots. Set it to a number from 1 to 10000.")
            }
        }
    }

    func testAPolicyThatIsNoneNamesThoseThatThereAre() {
        XCTAssertThrowsError(try GateSettings(environment: ["BOOTMARK_RECORD": "allways"])) { error in
            XCTAssertTrue("\(error)".contains("never, missing, failed, all"), "\(error)")
        }
    }
}
