import BootModel
import BootTestSupport
import XCTest

@testable import BootRunner

final class KVMProbeTests: XCTestCase {
    func testTheProbesKernelRunsUnderTCG() throws {
        let qemu = try RequiredTool.qemu()
        XCTAssertEqual(try KVMProbe.run(qemu: qemu, accelerator: "tcg", limit: .seconds(30)), .works)
    }

    func testAnAcceleratorThatHangsItsGuestIsNoUse() async throws {
        let folder = try temporaryFolder()
        let qemu = folder + "/qemu-system-i386"
        let mark = "1002.\(getpid())"
        try File.writeScript("exec sleep \(mark)", to: qemu)
        XCTAssertEqual(
            try KVMProbe.run(qemu: qemu, accelerator: "tcg", limit: .milliseconds(500)),
            .fails("it opens, and its guest hangs"))
        XCTAssertEqual(Processes.withArgument(mark), [])
    }

    func testAnAcceleratorThatRunsOneGuestAndHangsTheNextIsNoUse() throws {
        let folder = try temporaryFolder()
        let qemu = folder + "/qemu-system-i386"
        let mark = "1003.\(getpid())"
        try File.writeScript(
            "[ -e '\(folder)/ran' ] && exec sleep \(mark)\n: > '\(folder)/ran'\nexec \(try RequiredTool.qemu()) \"$@\"",
            to: qemu)
        XCTAssertEqual(
            try KVMProbe.run(qemu: qemu, accelerator: "tcg", limit: .seconds(2)),
            .fails("it opens, and its guest hangs"))
        XCTAssertTrue(File.exists(folder + "/ran"))
        XCTAssertEqual(Processes.withArgument(mark), [])
    }

    func testAnAcceleratorThatQEMURefusesIsNamed() throws {
        let qemu = try RequiredTool.qemu()
        let answer = try KVMProbe.run(qemu: qemu, accelerator: "abacus", limit: .seconds(30))
        guard case .fails(let reason) = answer else { return XCTFail("\(answer)") }
        XCTAssertTrue(reason.contains("abacus"), reason)
    }

    func testThisHostsKVMIsAskedUnderALimit() throws {
        let qemu = try RequiredTool.qemu()
        let before = Clock.now
        let answer = try KVMProbe.run(qemu: qemu, limit: .seconds(2))
        if case .fails(let reason) = answer { XCTAssertFalse(reason.isEmpty) }
        XCTAssertLessThan(Clock.now - before, .seconds(40))
    }
}
