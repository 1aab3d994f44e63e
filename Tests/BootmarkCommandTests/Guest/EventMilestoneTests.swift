import BootModel
import BootStore
import BootTestSupport
import Foundation
import XCTest

/// `qmp:EVENT` for `--until` and `--phase`: milestones that QEMU announces.
final class EventMilestoneTests: CommandTestCase {
    /// A disk whose boot sector sets the clock, tells the panic device this, and halts.
    private func disk(telling word: UInt8) throws -> String {
        // 30 seconds, by ports 0x70 and 0x71; then the word, to port 0x505.
        let clock: [UInt8] = [0xB0, 0x00, 0xE6, 0x70, 0xB0, 0x30, 0xE6, 0x71]
        let panic: [UInt8] = [0xBA, 0x05, 0x05, 0xB0, word, 0xEE]
        let code = clock + panic + [0xFA, 0xF4, 0xEB, 0xFD]
        let path = "\(folder)/disk-\(word)"
        let sector = code + [UInt8](repeating: 0, count: 510 - code.count) + [0x55, 0xAA]
        try Data(sector + [UInt8](repeating: 0, count: 512 * 63)).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func take(
        _ options: [String], telling word: UInt8, on qemu: TestedQEMU, in run: String
    ) async throws -> CommandRun.Result {
        try await bootmark(
            ["boot", "--no-warm-up", "--boots", "1", "--timeout", "60", "--collect", "perf-stat", "-o", run]
                + options + [
                    "--", qemu.program("qemu-system-i386"), "-m", "16", "-nodefaults", "-device", "pvpanic",
                    "-drive",
                    "file=\(try disk(telling: word)),format=raw,if=ide",
                ])
    }

    private func tiny(_ options: [String], knobs: String = "") async throws -> CommandRun.Result {
        _ = try RequiredTool.qemu()
        return try await bootmark(
            ["boot", "--no-warm-up", "--boots", "1", "--timeout", "60", "-o", runFolder] + options + [
                "--", "qemu-system-i386", "-m", "32", "-nodefaults", "-kernel", try Guests.tiny(), "-append",
                knobs,
            ])
    }

    func testWhatAGuestDoesToItsDevicesBeginsAPhaseAndEndsABoot() async throws {
        try await TestedQEMU.each { qemu in
            let run = "\(folder)/events on \(qemu)"
            let result = try await take(
                ["--phase", "clock=qmp:RTC_CHANGE", "--until", "qmp:GUEST_CRASHLOADED"], telling: 2, on: qemu,
                in: run)
            XCTAssertEqual(result.status, 0, "\(qemu): \(result.error)")
            let boot = try XCTUnwrap(RunFolder.open(at: run).load().boots.first)
            XCTAssertEqual(boot.milestones.map(\.name), ["clock", "booted"])
            let times = try ["power-on", "clock"].map {
                try XCTUnwrap(boot.samples[Metric.bootTime.of(phase: $0).id])
            }
            XCTAssertGreaterThan(times[0], 0)
            XCTAssertEqual(times[0] + times[1], boot.samples[Metric.bootTime.id])
        }
    }

    func testAPanicThatIsWaitedForIsNoFailureAndAnyOtherIsOne() async throws {
        try await TestedQEMU.each { qemu in
            let awaited = try await take(
                ["--until", "qmp:GUEST_PANICKED"], telling: 1, on: qemu, in: "\(folder)/awaited on \(qemu)")
            XCTAssertEqual(awaited.status, 0, "\(qemu): \(awaited.error)")
            let other = try await take(
                ["--until", "qmp:WATCHDOG"], telling: 1, on: qemu, in: "\(folder)/other on \(qemu)")
            XCTAssertEqual(other.status, 3, "\(qemu)")
            XCTAssertTrue(
                (other.error + other.output).contains("the guest reported a panic to QEMU"), other.error)
        }
    }

    func testShutdownIsTheGuestsOwnAndNoReset() async throws {
        let result = try await tiny(["--until", "qmp:SHUTDOWN", "--phase", "tables=tiny: tables"])
        XCTAssertEqual(result.status, 0, result.error)
        XCTAssertEqual(try savedRun().boots.first?.milestones.map(\.name), ["tables", "booted"])
        try FileManager.default.removeItem(atPath: runFolder)
        let reset = try await tiny(["--until", "qmp:SHUTDOWN"], knobs: "wrong=reset")
        XCTAssertEqual(reset.status, 3)
        XCTAssertEqual(try savedRun().failures.map(\.outcome.kind), [.reset])
    }

    func testAnEventThatNeverComesIsNamed() async throws {
        let result = try await tiny(["--until", "qmp:RTC_CHANGE"])
        XCTAssertEqual(result.status, 3)
        XCTAssertTrue(
            try savedRun().notes.contains {
                $0.contains("never reached: QEMU's event RTC_CHANGE in 1 of 1 boots")
            },
            result.error)
    }

    func testEventsThatQEMUDoesNotHaveAndExactBootsAreRefused() async throws {
        assertFault(
            try await tiny(["--until", "qmp:GUEST_PANIC"]), 64,
            says: "Did you mean GUEST_PANICKED, ")
        assertFault(
            try await tiny(["--phase", "off=qmp:shutdown"]), 64, says: "Did you mean SHUTDOWN")
        assertFault(
            try await tiny(["--exact", "--until", "qmp:SHUTDOWN"]), 64,
            says: "Nothing is counted exactly at qmp:SHUTDOWN")
        assertFault(try await tiny(["--until", "qmp:"]), 64, says: "names no event")
    }
}
