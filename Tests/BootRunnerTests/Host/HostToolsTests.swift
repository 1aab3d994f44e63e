import BootModel
import XCTest

@testable import BootRunner

final class HostToolsTests: XCTestCase {
    private let refusal =
        "Error:\nAccess to performance monitoring and observability operations is limited.\n"

    func testAPlainUserIsToldWhichSettingStandsInTheWay() {
        for level in ["3", "4"] {
            let error = HostTools.forbidden(refusal, paranoid: level, isRoot: false)
            XCTAssertEqual(error.exitCode, 4)
            XCTAssertEqual(error.problem, "perf may not count here: kernel.perf_event_paranoid is \(level).")
            XCTAssertTrue(error.next.contains("sudo sysctl kernel.perf_event_paranoid=2"))
        }
    }

    func testWhatTheSettingDoesNotExplainIsSaidInPerfsOwnWords() {
        for (level, isRoot) in [("2", false), ("4", true), ("unknown", false)] {
            let error = HostTools.forbidden(refusal, paranoid: level, isRoot: isRoot)
            XCTAssertEqual(error.exitCode, 4)
            XCTAssertTrue(error.problem.contains("Access to performance monitoring"), error.problem)
            XCTAssertTrue(error.next.contains("linux-perf"))
        }
        XCTAssertTrue(HostTools.forbidden("", paranoid: "2", isRoot: true).problem.contains("no message"))
    }

    func testAMissingProgramIsNamedWithItsPackage() {
        XCTAssertThrowsError(try Tools.require("/nowhere/qemu-system-riscv64")) { error in
            XCTAssertEqual((error as? RunnerError)?.exitCode, 4)
            XCTAssertTrue("\(error)".contains("apt install qemu-system-misc"), "\(error)")
        }
        XCTAssertThrowsError(try Tools.require("no-such-program")) { error in
            XCTAssertTrue("\(error)".contains("no-such-program was not found"), "\(error)")
        }
    }

    func testTheHostsClassDoesNotJitter() {
        XCTAssertEqual(
            "\(Fingerprint.Host.current())", "\(Fingerprint.Host.current())",
            "nothing that changes by itself goes in")
        XCTAssertFalse(Fingerprint.Host.current().kernel.isEmpty)
        XCTAssertGreaterThan(Fingerprint.Host.current().processors, 0)
    }
}
