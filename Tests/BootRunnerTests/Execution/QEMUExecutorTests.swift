import BootModel
import BootTestSupport
import XCTest

@testable import BootRunner

/// Every way in which a boot can end, in a real QEMU.
final class QEMUExecutorTests: XCTestCase {
    func testABootThatReachesItsMarkerHasATimeForEveryPhase() async throws {
        let tiny = TinyBoot(in: try temporaryFolder())
        let boot = try await tiny.take()
        XCTAssertEqual(boot.outcome, BootOutcome(.booted))
        XCTAssertEqual(boot.milestones.map(\.name), TinyBoot.phases.map(\.name) + ["booted"])
        XCTAssertEqual(boot.milestones.map(\.elapsed), boot.milestones.map(\.elapsed).sorted())
        let whole = try XCTUnwrap(boot.samples["boot-time"])
        XCTAssertEqual(whole, Double(boot.milestones.last?.elapsed.count ?? 0))
        let parts = (["power-on"] + TinyBoot.phases.map(\.name)).compactMap {
            boot.samples["boot-time@\($0)"]
        }
        XCTAssertEqual(parts.count, 6)
        XCTAssertEqual(parts.reduce(0, +), whole)
        XCTAssertGreaterThan(boot.samples["user-time"] ?? 0, 0)
        XCTAssertGreaterThan(boot.samples["peak-memory"] ?? 0, 10_000_000)
        XCTAssertTrue(tiny.consoleText.contains("tiny: booted"))
        XCTAssertFalse(File.exists(tiny.folder + "/screen.txt"), "nobody looked at the screen")
    }

    func testAPhaseThatNeverBeginsIsSaidToBeMissing() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.script.phases.append(.init(name: "desktop", pattern: "Welcome to X"))
        let boot = try await tiny.take()
        XCTAssertTrue(boot.outcome.isBooted)
        XCTAssertNil(boot.samples["boot-time@desktop"])
        XCTAssertTrue(boot.unavailable["boot-time@desktop"]?.contains("'Welcome to X' was not seen") == true)
    }

    func testAPanicIsReportedInTheGuestsWords() async throws {
        let tiny = TinyBoot(in: try temporaryFolder())
        let boot = try await tiny.take("wrong=panic at=tables")
        XCTAssertEqual(boot.outcome, BootOutcome(.panicked, detail: "panic: tiny: asked to"))
        XCTAssertEqual(boot.milestones.last?.name, "tables")
        XCTAssertNil(boot.samples["boot-time"])
    }

    func testAGuestThatPanicsAndGoesOnHasPanicked() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.script.panics = ["^tiny: tables$"]
        let boot = try await tiny.take()
        XCTAssertEqual(boot.outcome, BootOutcome(.panicked, detail: "tiny: tables"))
    }

    func testASilentResetIsNoSuccess() async throws {
        let boot = try await TinyBoot(in: try temporaryFolder()).take("wrong=reset at=decompress")
        XCTAssertEqual(boot.outcome, BootOutcome(.reset, detail: "last seen: tiny: decompress"))
    }

    func testAPowerOffBeforeTheMarkerIsNoSuccess() async throws {
        let boot = try await TinyBoot(in: try temporaryFolder()).take("wrong=exit at=memory")
        XCTAssertEqual(boot.outcome, BootOutcome(.poweredOff, detail: "last seen: tiny: memory"))
    }

    func testAPowerOffIsTheEndThatWasAskedFor() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.script = BootScript(end: .poweredOff)
        let boot = try await tiny.take()
        XCTAssertEqual(boot.outcome, BootOutcome(.booted))
        XCTAssertEqual(boot.milestones.map(\.name), ["booted"])
        XCTAssertTrue(tiny.consoleText.hasSuffix("tiny: booted\r\n"))
    }

    func testASilentGuestHasHungWithWhatWasLastSeen() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.limits = Limits(boot: .seconds(60), silence: .seconds(2))
        let boot = try await tiny.take("wrong=hang at=memory")
        XCTAssertEqual(boot.outcome.kind, .hung)
        XCTAssertTrue(boot.outcome.detail.hasSuffix("last seen: tiny: memory"), boot.outcome.detail)
    }

    func testAGuestThatFellSilentHasHungWhenItsTimeRunsOut() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.limits = Limits(boot: .seconds(4))
        let boot = try await tiny.take("wrong=hang at=start")
        XCTAssertEqual(boot.outcome.kind, .hung)
        XCTAssertTrue(
            boot.outcome.detail.hasPrefix("not booted after 4.0 s, silent for "), boot.outcome.detail)
    }

    func testAGuestThatStillTalksIsOutOfTime() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.limits = Limits(boot: .seconds(3), silence: .seconds(2))
        let boot = try await tiny.take("wrong=endless at=start")
        XCTAssertEqual(boot.outcome.kind, .timedOut)
        // The time may run out in the middle of a line.
        let seen = try XCTUnwrap(boot.outcome.detail.components(separatedBy: "last seen: ").last)
        XCTAssertTrue(seen.hasPrefix("tiny: endless line".prefix(seen.count)), boot.outcome.detail)
        XCTAssertTrue(seen.hasPrefix("t"), boot.outcome.detail)
        XCTAssertGreaterThan(tiny.console.count, 10_000)
        XCTAssertLessThanOrEqual(tiny.console.count, ConsoleLog.limit)
    }

    func testAPromptWithoutNewlineEndsTheBoot() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.script.end = .reached(.init(name: BootScript.booted, pattern: "^login: "))
        let boot = try await tiny.take("wrong=prompt")
        XCTAssertEqual(boot.outcome, BootOutcome(.booted))
        XCTAssertTrue(tiny.consoleText.hasSuffix("login: "))
    }

    func testHostileOutputIsKeptByteForByte() async throws {
        let folder = try temporaryFolder()
        let tiny = TinyBoot(in: folder)
        var command = try tiny.command("wrong=hostile")
        let boot = try await tiny.take(command: command)
        XCTAssertEqual(boot.outcome, BootOutcome(.booted))

        // The same guest with QEMU's own file at the serial port.
        command[0] = try RequiredTool.qemu()
        command += ["-display", "none", "-no-reboot", "-serial", "file:\(folder)/reference"]
        let qemu = try CommandRun(command[0], Array(command.dropFirst()), in: folder)
        let result = await qemu.end()
        XCTAssertEqual(result.status, 0, result.error)
        let reference = try File.bytes(folder + "/reference")
        let marker = Array("tiny: booted".utf8)
        XCTAssertGreaterThan(reference.count, 20_000)
        XCTAssertTrue(reference.contains(0) && reference.contains(0xff))
        // What comes behind the marker belongs to no boot.
        XCTAssertEqual(tiny.console, Array(reference.prefix(tiny.console.count)))
        XCTAssertGreaterThanOrEqual(tiny.console.count, reference.count - 2)
        XCTAssertNotNil(tiny.console.firstRange(of: marker))
    }

    func testASilentSerialPortMakesTheScreenTheConsole() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.script.phases = []
        let boot = try await tiny.take("wrong=silent end=halt")
        XCTAssertEqual(boot.outcome, BootOutcome(.booted))
        XCTAssertTrue(boot.notes.contains { $0.contains("the serial port was silent") }, "\(boot.notes)")
        XCTAssertEqual(tiny.console, [])
        XCTAssertTrue(File.text(tiny.folder + "/screen.txt").contains("tiny: booted\n"))
    }

    func testAGuestThatIsGoneAtOnceIsReadFromItsLastScreen() async throws {
        let boot = try await TinyBoot(in: try temporaryFolder()).take("wrong=silent")
        XCTAssertEqual(boot.outcome, BootOutcome(.booted))
    }

    func testAScenarioMayAskForTheScreen() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.script = BootScript(
            end: .reached(.init(name: BootScript.booted, pattern: "^tiny: booted$", channel: .vga)))
        let boot = try await tiny.take("end=halt")
        XCTAssertEqual(boot.outcome, BootOutcome(.booted))
        XCTAssertFalse(boot.notes.contains { $0.contains("silent") }, "\(boot.notes)")
    }

    func testTheFirmwareIsHeardOnItsOwnPort() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.script.phases.insert(
            .init(name: "firmware", pattern: "SeaBIOS \\(", channel: .firmware), at: 0)
        let boot = try await tiny.take()
        XCTAssertEqual(boot.outcome, BootOutcome(.booted))
        XCTAssertEqual(boot.milestones.first?.name, "firmware")
        XCTAssertTrue(File.text(tiny.folder + "/firmware.log").contains("SeaBIOS ("))
    }

    func testWhatQEMURefusesIsReportedInItsWords() async throws {
        let tiny = TinyBoot(in: try temporaryFolder())
        let boot = try await tiny.take(command: ["qemu-system-i386", "-M", "abacus"])
        XCTAssertEqual(boot.outcome, BootOutcome(.refused, detail: "unsupported machine type"))
        XCTAssertTrue(File.text(tiny.folder + "/qemu.log").contains("unsupported machine type"))
    }

    func testAKernelThatQEMUCannotLoadIsReported() async throws {
        let folder = try temporaryFolder()
        try File.write(Array("no kernel at all".utf8), to: folder + "/kernel")
        let boot = try await TinyBoot(in: folder).take(
            command: ["qemu-system-i386", "-nodefaults", "-kernel", folder + "/kernel"])
        XCTAssertEqual(boot.outcome.kind, .refused)
        XCTAssertTrue(boot.outcome.detail.contains("kernel"), boot.outcome.detail)
    }

    func testAGuestThatEndsQEMUItselfIsToldFromOneThatBooted() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.script = BootScript(end: .poweredOff)
        tiny.arguments += ["-device", "isa-debug-exit,iobase=0xf4"]
        let boot = try await tiny.take("end=debug-exit")
        XCTAssertEqual(
            boot.outcome, BootOutcome(.refused, detail: "QEMU ended with status 33 and no message"))
    }

    func testAQEMUThatIsKilledFromOutsideHasCrashed() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        let mark = "killed-\(UUID().uuidString)"
        tiny.arguments += ["-name", mark]
        let boots = tiny
        async let taken = boots.take("wrong=hang at=start")
        let isThere = await eventually(within: 20) { boots.consoleText.isEmpty && Self.qemu(mark) != nil }
        XCTAssertTrue(isThere)
        try await Task.sleep(for: .milliseconds(300))
        kill(Self.qemu(mark) ?? 0, SIGSEGV)
        let boot = try await taken
        XCTAssertEqual(boot.outcome.kind, .crashed)
        XCTAssertTrue(boot.outcome.detail.hasPrefix("QEMU was ended by signal 11"), boot.outcome.detail)
    }

    func testARunThatIsStoppedEndsTheBootInFlight() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        let mark = "stopped-\(UUID().uuidString)"
        tiny.arguments += ["-name", mark]
        let boots = tiny
        async let taken = boots.take("wrong=hang at=start")
        let isThere = await eventually(within: 20) { Self.qemu(mark) != nil }
        XCTAssertTrue(isThere)
        tiny.stop.raise()
        let boot = try await taken
        XCTAssertEqual(boot.outcome.kind, .interrupted)
        XCTAssertEqual(Processes.withArgument(mark), [])
    }

    func testQEMURunsOnTheProcessorThatItIsPinnedTo() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        let mark = "pinned-\(UUID().uuidString)"
        tiny.arguments += ["-name", mark]
        tiny.pinnedTo = 0
        let boots = tiny
        async let taken = boots.take("wrong=hang at=start")
        let isThere = await eventually(within: 20) { Self.qemu(mark) != nil }
        XCTAssertTrue(isThere)
        let status = File.text("/proc/\(Self.qemu(mark) ?? 0)/status")
        tiny.stop.raise()
        _ = try await taken
        XCTAssertTrue(status.contains("\nCpus_allowed_list:\t0\n"), status)
    }

    func testTheRunsTimeLimitEndsTheBootInFlight() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.deadline = Clock.now + .seconds(2)
        let boot = try await tiny.take("wrong=hang at=start")
        XCTAssertEqual(boot.outcome.kind, .interrupted)
        XCTAssertTrue(boot.outcome.detail.contains("the run's time limit"), boot.outcome.detail)
    }

    func testNoBootChangesTheDiskOfTheNext() async throws {
        let folder = try temporaryFolder()
        let disk = folder + "/disk.img"
        // A boot sector that writes itself to the disk's second sector, says whether it could, and halts: mov ax,0x0301; mov bx,0x7c00; mov cx,2; mov dx,0x80; xor si,si; mov es,si; int 0x13;
        // mov dx,0x3f8; mov al,'W'; jnc +2; mov al,'F'; out dx,al; hlt; jmp $-1
        let code: [UInt8] = [
            0xb8, 0x01, 0x03, 0xbb, 0x00, 0x7c, 0xb9, 0x02, 0x00, 0xba, 0x80, 0x00, 0x31, 0xf6, 0x8e, 0xc6,
            0xcd,
            0x13, 0xba, 0xf8, 0x03, 0xb0, 0x57, 0x73, 0x02, 0xb0, 0x46, 0xee, 0xf4, 0xeb, 0xfd,
        ]
        var image = code + [UInt8](repeating: 0, count: (1 << 20) - code.count)
        image.replaceSubrange(510..<512, with: [0x55, 0xaa])
        for option in ["-drive", "-hda"] {
            try File.write(image, to: disk)
            var tiny = TinyBoot(in: folder)
            tiny.script = BootScript(end: .reached(.init(name: BootScript.booted, pattern: "W|F")))
            _ = try RequiredTool.qemu()
            let boot = try await tiny.take(command: [
                "qemu-system-i386", "-m", "32M", "-nodefaults", option,
                option == "-hda" ? disk : "file=\(disk),format=raw,if=ide",
            ])
            XCTAssertEqual(boot.outcome, BootOutcome(.booted))
            XCTAssertEqual(tiny.consoleText.prefix(1), "W", "the guest could write")
            XCTAssertTrue(try File.bytes(disk) == image, "the image is as it was")
        }
    }

    func testAPatternThatSearchesWithoutEndIsNoted() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.script.phases = [.init(name: "never", pattern: "(x+x+)+y")]
        let boot = try await tiny.take("wrong=hostile")
        XCTAssertEqual(boot.outcome, BootOutcome(.booted))
        XCTAssertTrue(boot.notes.contains { $0.contains("'(x+x+)+y' was given up") }, "\(boot.notes)")
    }

    /// The QEMU process with this argument, once it runs QEMU itself.
    private static func qemu(_ mark: String) -> pid_t? {
        Processes.withArgument(mark).first { Processes.name(of: $0).hasPrefix("qemu") }
    }
}
