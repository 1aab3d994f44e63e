import BootModel
import BootTestSupport
import XCTest

@testable import BootRunner

/// Linux, where it does what tiny cannot: it panics and then resets, and comes from a CD.
final class RealGuestTests: XCTestCase {
    func testALinuxThatPanicsAndResetsHasPanicked() async throws {
        var linux = try self.linux()
        linux.script = BootScript(
            phases: [.init(name: "kernel", pattern: "Linux version")],
            end: .reached(.init(name: BootScript.booted, pattern: "BOOT-COMPLETE")))
        let boot = try await linux.take(command: [
            "qemu-system-x86_64", "-m", "128M", "-nodefaults", "-kernel", try Guests.linuxCloud().kernel,
            "-append",
            "console=ttyS0 panic=-1",
        ])
        XCTAssertEqual(boot.outcome.kind, .panicked, boot.outcome.detail)
        XCTAssertTrue(
            boot.outcome.detail.contains("Kernel panic - not syncing: VFS: Unable to mount root fs"),
            boot.outcome.detail)
        XCTAssertEqual(boot.milestones.map(\.name), ["kernel"])
    }

    func testALinuxBootsFromACD() async throws {
        var linux = try self.linux()
        linux.script = BootScript(
            phases: [
                .init(name: "loader", pattern: "ISOLINUX [0-9]"),
                .init(name: "kernel", pattern: "Linux version"),
                .init(name: "init", pattern: "Run /init"),
            ], end: .reached(.init(name: BootScript.booted, pattern: "BOOT-COMPLETE")))
        let command = [
            "qemu-system-x86_64", "-m", "256M", "-nodefaults", "-cdrom", try Guests.linuxCD(), "-boot", "d",
        ]
        try QEMUCommandLine(command).checkFiles()
        let boot = try await linux.take(command: command)
        XCTAssertEqual(boot.outcome, BootOutcome(.booted))
        XCTAssertEqual(boot.milestones.map(\.name), ["loader", "kernel", "init", "booted"])
    }

    private func linux() throws -> TinyBoot {
        _ = try RequiredTool.need("qemu-system-x86_64", package: "qemu-system-x86")
        var linux = TinyBoot(in: try temporaryFolder())
        linux.limits = Limits(boot: .seconds(120))
        return linux
    }
}
