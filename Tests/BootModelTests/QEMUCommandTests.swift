import BootModel
import Foundation
import XCTest

final class QEMUCommandTests: XCTestCase {
    private func scenario(
        _ medium: Medium, machine: Machine = Machine(architecture: .amd64), _ arguments: [String] = []
    ) -> [String] {
        Scenario(
            name: "s", machine: machine, medium: medium, script: BootScript(end: .poweredOff),
            extraArguments: arguments
        ).qemuCommand()
    }

    private func file(_ path: String) -> Artifact { Artifact(path: path, hint: "") }

    func testALinuxKernelIsLoadedByQEMU() {
        let medium = Medium.kernel(file("vmlinuz"), initialRAMDisk: "initrd", commandLine: "a b,c")
        XCTAssertEqual(
            scenario(medium),
            [
                "qemu-system-x86_64", "-accel", "tcg", "-M", "pc", "-smp", "1", "-m", "256M", "-nodefaults",
                "-vga", "std", "-display", "none", "-no-reboot", "-kernel", "vmlinuz", "-initrd", "initrd",
                "-append", "a b,c",
            ])
    }

    func testTheMachineIsWhatTheScenarioSays() {
        let machine = Machine(
            architecture: .i386, type: "q35", cpuModel: "pentium3", cpus: 4, memory: .gibibytes(1))
        let command = scenario(.cdrom(file("/a/minix.iso")), machine: machine)
        XCTAssertEqual(
            Array(command.prefix(12)),
            [
                "qemu-system-i386", "-accel", "tcg", "-M", "q35", "-cpu", "pentium3", "-smp", "4", "-m",
                "1024M",
                "-nodefaults",
            ])
        XCTAssertEqual(command.suffix(4), ["-cdrom", "/a/minix.iso", "-boot", "d"])
    }

    func testOtherArchitecturesGetNoPCsDevices() {
        let machine = Machine(architecture: .riscv64, type: "virt")
        let command = scenario(.disk(file("d.qcow2")), machine: machine)
        XCTAssertEqual(command.first, "qemu-system-riscv64")
        XCTAssertFalse(command.contains("-vga"))
        XCTAssertEqual(command.last, "file=d.qcow2,format=qcow2,if=virtio,media=disk")
    }

    func testCommasInADisksPathAreDoubledAndOthersAreNot() {
        XCTAssertTrue(
            scenario(.disk(file("a,b.img"))).contains("file=a,,b.img,format=raw,if=ide,media=disk"))
        XCTAssertTrue(scenario(.cdrom(file("a,b.iso"))).contains("a,b.iso"))
    }

    func testAColonInAPathIsNoProtocol() {
        XCTAssertTrue(scenario(.cdrom(file("nbd:host.iso"))).contains("./nbd:host.iso"))
        XCTAssertTrue(scenario(.cdrom(file("/a/b:c.iso"))).contains("/a/b:c.iso"))
    }

    func testAnAcceleratorOfOnesOwnTakesTheDefaultsPlace() {
        let command = scenario(.cdrom(file("a")), ["-accel", "kvm"])
        XCTAssertEqual(command.filter { $0 == "-accel" }.count, 1)
        XCTAssertEqual(command.suffix(2), ["-accel", "kvm"])
    }

    /// QEMU itself must read the paths as they are meant: with the files there it gets as far as stopping.
    func testQEMUFindsFilesWhoseNamesHoldCommasAndColons() throws {
        let folder = NSTemporaryDirectory() + "qemu-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let machine = Machine(architecture: .i386, memory: .mebibytes(16))
        for name in ["plain.img", "a,b,,c.img", "nbd:x.img"] {
            try Data(count: 2048 * 16).write(to: URL(fileURLWithPath: folder + "/" + name))
            for medium in [Medium.cdrom(file(name)), .disk(file(name))] {
                let command = scenario(medium, machine: machine, ["-S", "-monitor", "stdio", "-snapshot"])
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                process.arguments = command
                process.currentDirectoryURL = URL(fileURLWithPath: folder)
                let (input, output) = (Pipe(), Pipe())
                (process.standardInput, process.standardOutput) = (input, output)
                process.standardError = output
                try process.run()
                input.fileHandleForWriting.write(Data("quit\n".utf8))
                try input.fileHandleForWriting.close()
                let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                process.waitUntilExit()
                XCTAssertEqual(process.terminationStatus, 0, "\(name) \(medium): \(said)")
            }
        }
    }
}
