import BootModel
import BootTestSupport
import XCTest

@testable import BootRunner

/// QEMU commands as users write them, booted for real: whatever they say of serial ports, monitors and displays,
/// the boot is followed to its end.
final class UserCommandBootTests: XCTestCase {
    func testACommandThatSaysNothingOfADisplayOrASerialPort() async throws { try await boots("") }

    func testACommandThatAsksForNoGraphics() async throws { try await boots("-nographic") }

    func testACommandThatTakesTheTerminalForSerialAndMonitor() async throws {
        try await boots("-serial mon:stdio -display gtk -no-reboot -no-shutdown")
    }

    func testACommandWithItsMonitorOnTheTerminal() async throws {
        try await boots("-monitor stdio -serial null -serial stdio -vga std", console: .vga)
    }

    func testACommandThatSharesADeviceBetweenSerialPortMonitorAndFirmware() async throws {
        try await boots(
            "-chardev stdio,mux=on,id=c -serial chardev:c -mon chardev=c -device isa-debugcon,iobase=0x402,chardev=c"
        )
    }

    func testACommandWithTwoSerialPorts() async throws {
        let folder = try temporaryFolder()
        try await boots("-serial stdio -serial file:\(folder)/second")
    }

    func testACommandWithItsOwnSerialDevice() async throws {
        try await boots("-nodefaults -chardev stdio,id=s -device isa-serial,chardev=s")
    }

    func testACommandThatKeepsTheConsoleInAFileStillGetsIt() async throws {
        let copy = try temporaryFolder() + "/a,b.log"
        try await boots("-serial file:\(copy)")
        XCTAssertTrue(File.text(copy).contains("tiny: booted"))
    }

    func testACommandWithADisplayForNobody() async throws {
        try await boots("-display vnc=none -vga std -M q35")
    }

    func testAPCOfTheNewKindWithItsFirmwareInFlash() async throws {
        let bios = "/usr/share/seabios/bios-256k.bin"
        try XCTSkipUnless(File.exists(bios), "\(bios) is missing; install it with: apt install seabios")
        try await boots("-M q35 -drive if=pflash,format=raw,unit=0,readonly=on,file=\(bios)")
    }

    func testAFlashThatTheGuestMayWriteStaysAsItIs() async throws {
        let bios = "/usr/share/seabios/bios-256k.bin"
        try XCTSkipUnless(File.exists(bios), "\(bios) is missing; install it with: apt install seabios")
        let copy = try temporaryFolder() + "/flash.fd"
        try File.write(try File.bytes(bios), to: copy)
        try await boots("-M q35 -drive if=pflash,format=raw,file=\(copy)")
        XCTAssertTrue(try File.bytes(copy) == (try File.bytes(bios)))
    }

    func testAReadOnlyBlockDevice() async throws {
        let disk = try temporaryFolder() + "/disk.img"
        try File.write([UInt8](repeating: 0, count: 1 << 20), to: disk)
        try await boots(
            "-blockdev driver=file,node-name=f,filename=\(disk),read-only=on "
                + "-blockdev driver=raw,node-name=r,file=f,read-only=on -device ide-cd,drive=r")
    }

    func testAScriptInQEMUsPlaceIsFollowedToo() async throws {
        let folder = try temporaryFolder()
        let script = folder + "/qemu-system-i386"
        try File.writeScript(#"exec \#(try RequiredTool.qemu()) "$@" -name wrapped"#, to: script)
        var tiny = TinyBoot(in: folder)
        tiny.arguments = ["-nodefaults"]
        var command = try tiny.command()
        command[0] = script
        let boot = try await tiny.take(command: command)
        XCTAssertEqual(boot.outcome, BootOutcome(.booted))
    }

    private func boots(
        _ words: String, console: BootScript.Channel = .serial, file: StaticString = #filePath,
        line: UInt = #line
    ) async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.arguments = words.split(separator: " ").map(String.init)
        tiny.script = BootScript(
            end: .reached(.init(name: BootScript.booted, pattern: "^tiny: booted$", channel: console)))
        let command = try tiny.command("end=halt")
        try QEMUCommandLine(command).checkFiles()
        let boot = try await tiny.take(command: command)
        XCTAssertEqual(boot.outcome, BootOutcome(.booted), file: file, line: line)
        guard console == .serial else { return }
        XCTAssertTrue(tiny.consoleText.contains("tiny: start\r\n"), tiny.consoleText, file: file, line: line)
    }
}
