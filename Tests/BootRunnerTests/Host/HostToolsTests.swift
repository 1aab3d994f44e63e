import BootModel
import XCTest

@testable import BootRunner

final class HostToolsTests: XCTestCase {
    private let refusal =
        "Error:\nAccess to performance monitoring and observability operations is limited.\n"

    func testAPlainUserIsToldWhichSettingStandsInTheWay() {
        for level in ["3", "4"] {
            let error = HostTools.forbidden(refusal, paranoid: level, isPrivileged: false)
            XCTAssertEqual(error.exitCode, 4)
            XCTAssertEqual(error.problem, "perf may not count here: kernel.perf_event_paranoid is \(level).")
            XCTAssertTrue(error.next.contains("sudo sysctl kernel.perf_event_paranoid=2"))
        }
    }

    func testWhatTheSettingDoesNotExplainIsSaidInPerfsOwnWords() {
        for (level, isPrivileged) in [("2", false), ("4", true), ("unknown", false)] {
            let error = HostTools.forbidden(refusal, paranoid: level, isPrivileged: isPrivileged)
            XCTAssertEqual(error.exitCode, 4)
            XCTAssertTrue(error.problem.contains("Access to performance monitoring"), error.problem)
            XCTAssertTrue(error.next.contains("linux-perf"))
        }
        XCTAssertTrue(
            HostTools.forbidden("", paranoid: "2", isPrivileged: true).problem.contains("no message"))
    }

    func testCapabilitiesAndNotTheUserTellWhetherTheSettingBinds() {
        let status = { (line: String) in
            "Name:\tbootmark\nUid:\t0\t0\t0\t0\n\(line)\nCapBnd:\t000001ffffffffff\n"
        }
        // All of root's, those of root in a container, CAP_PERFMON alone, CAP_SYS_ADMIN alone, none, nothing to read.
        XCTAssertTrue(HostTools.isPrivileged(status("CapEff:\t000001ffffffffff")))
        XCTAssertFalse(HostTools.isPrivileged(status("CapEff:\t00000000a80425fb")))
        XCTAssertTrue(HostTools.isPrivileged(status("CapEff:\t0000004000000000")))
        XCTAssertTrue(HostTools.isPrivileged(status("CapEff:\t0000000000200000")))
        XCTAssertFalse(HostTools.isPrivileged(status("CapEff:\t0000000000000000")))
        XCTAssertFalse(HostTools.isPrivileged(""))
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
