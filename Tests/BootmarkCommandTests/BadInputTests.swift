import BootModel
import BootStore
import BootTestSupport
import Foundation
import XCTest

/// Bad input of every kind gets one clear fault, the right exit code, and leaves nothing behind.
final class BadInputTests: CommandTestCase {
    func testNoBootsAtAllIsAMistakeOfUse() async throws {
        assertFault(
            try await bootmark(try tiny(boots: 0)), 64, says: "--boots takes a number from 1 to 10000")
        XCTAssertFalse(File.exists(runFolder))
    }

    func testAPatternThatDoesNotCompileIsShownWithItsPlace() async throws {
        assertFault(
            try await bootmark(try tiny(["--phase", "x=boot(ed"])), 64, says: "'boot(ed'", "at character 8")
        XCTAssertFalse(File.exists(runFolder))
    }

    func testPhasesThatMakeNoSenseAreMistakesOfUse() async throws {
        for phase in ["nothing", "=x", "booted=x", "power-on=x"] {
            let result = try await bootmark(try tiny(["--phase", phase]))
            XCTAssertEqual(result.status, 64, phase)
        }
        let twice = try await bootmark(try tiny(["--phase", "a=x", "--phase", "a=y"]))
        XCTAssertEqual(twice.status, 64)
        XCTAssertFalse(File.exists(runFolder))
    }

    func testOptionsThatMakeNoSenseAreMistakesOfUse() async throws {
        for options in [
            ["--timeout", "0"], ["--timeout", "nan"], ["--silence", "-1"], ["--pin", "4096"],
            ["--collect", "all"],
            ["--channel", "smell"], ["--name", "../x"], ["--frequency", "0"], ["--resume", "--dry-run"],
        ] {
            let result = try await bootmark(try tiny(options))
            XCTAssertEqual(result.status, 64, "\(options): \(result.error)")
            XCTAssertFalse(File.exists(runFolder), "\(options)")
        }
    }

    func testNoFolderForTheRunIsAMistakeOfUse() async throws {
        let result = try await bootmark(["boot", "--", "qemu-system-i386"])
        XCTAssertEqual(result.status, 64)
        XCTAssertTrue(result.error.contains("-o RUNDIR is missing"), result.error)
    }

    func testNoCommandIsAMistakeOfUse() async throws {
        assertFault(
            try await bootmark(["boot", "-o", runFolder]), 64, says: "There is no QEMU command", "--")
    }

    func testAFolderThatExistsIsNotOverwritten() async throws {
        try FileManager.default.createDirectory(atPath: runFolder, withIntermediateDirectories: true)
        assertFault(try await bootmark(try tiny()), 64, says: "is already there", "--resume")
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: runFolder), [])
    }

    func testAFolderThatCannotBeWrittenIsTheEnvironmentsFault() async throws {
        var arguments = try tiny()
        arguments[(arguments.firstIndex(of: "-o") ?? 0) + 1] = "/proc/bootmark/run"
        assertFault(try await bootmark(arguments), 4, says: "/proc/bootmark", "cannot be written")
    }

    func testAMissingQEMUIsNamedWithItsPackage() async throws {
        let empty = folder + "/empty"
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
        assertFault(
            try await bootmark(try tiny(), environment: ["PATH": empty]), 4,
            says: "qemu-system-i386 was not found", "apt install qemu-system-x86")
        XCTAssertFalse(File.exists(runFolder))
    }

    func testAMissingPerfThatWasAskedForIsNamedWithItsPackage() async throws {
        let bin = folder + "/bin"
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: bin + "/qemu-system-i386", withDestinationPath: try RequiredTool.qemu())
        for collector in ["perf-stat", "perf-record"] {
            assertFault(
                try await bootmark(try tiny(["--collect", collector]), environment: ["PATH": bin]), 4,
                says: "perf was not found", "apt install linux-perf")
        }
    }

    func testAMissingKernelIsAMissingInput() async throws {
        var arguments = try tiny()
        arguments[(arguments.firstIndex(of: "-kernel") ?? 0) + 1] = folder + "/none.elf"
        assertFault(
            try await bootmark(arguments), 66, says: "The kernel \(folder)/none.elf does not exist.",
            "Check the path")
        XCTAssertFalse(File.exists(runFolder))
    }

    func testAnISOThatIsATextFileIsAnUnreadableInput() async throws {
        try File.write(Array("download failed\n".utf8), to: folder + "/minix.iso")
        assertFault(
            try await bootmark(
                [
                    "boot", "--until", "login:", "-o", runFolder, "--", "qemu-system-i386", "-cdrom",
                    folder + "/minix.iso",
                ]),
            66, says: "minix.iso is no CD image", "-cdrom")
    }

    func testAKVMThatOpensAndHangsIsFoundBeforeAnyBoot() async throws {
        let bin = folder + "/bin"
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
        let sleeps = "1003.\(getpid())"
        // Answers as QEMU does and hangs as a guest under a broken KVM does.
        try File.writeScript(
            #"case "$1" in --version) exec \#(try RequiredTool.qemu()) --version;; esac; exec sleep \#(sleeps)"#,
            to: bin + "/qemu-system-i386")
        let path = "\(bin):" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        let result = try await bootmark(
            try tiny(qemu: ["-enable-kvm"]), environment: ["PATH": path], within: 30)
        assertFault(result, 4, says: "KVM does not run a guest on this host", "-accel tcg")
        XCTAssertEqual(Processes.withArgument(sleeps), [])
        XCTAssertFalse(File.exists(runFolder))
    }

    func testACommandThatNoQEMUCanBeMeasuredByIsRefused() async throws {
        assertFault(
            try await bootmark(try tiny(qemu: ["-daemonize"])), 64, says: "-daemonize cannot be measured")
        assertFault(try await bootmark(try tiny(qemu: ["-initrd"])), 64, says: "-initrd", "lacks its value")
    }

    func testAProgramThatIsNoQEMUIsRefused() async throws {
        let result = try await bootmark(
            ["boot", "--collect", "perf-stat", "-o", runFolder, "--", "true"])
        assertFault(result, 4, says: "did not answer as QEMU does")
    }

    func testResumingWhatIsNoRunIsAMissingInput() async throws {
        assertFault(
            try await bootmark(["boot", "--resume", "-o", runFolder]), 66, says: runFolder, "does not exist")
        try FileManager.default.createDirectory(atPath: runFolder, withIntermediateDirectories: true)
        assertFault(try await bootmark(["boot", "--resume", "-o", runFolder]), 66, says: "run.json")
        try File.write(Array(#"{"schema": 1, "scenario": "x""#.utf8), to: runFolder + "/run.json")
        assertFault(try await bootmark(["boot", "--resume", "-o", runFolder]), 66, says: "run.json")
        try File.write(Array(#"{"schema": 99}"#.utf8), to: runFolder + "/run.json")
        assertFault(try await bootmark(["boot", "--resume", "-o", runFolder]), 66, says: "99", "newer")
    }

    func testADiskThatFillsDuringARunLosesNothingThatWasSaved() async throws {
        let mark = "full-\(UUID().uuidString)"
        let arguments = try tiny(
            ["--collect", "perf-stat"], knobs: "wrong=hostile", boots: 40, qemu: ["-name", mark])
        let result: CommandRun.Result
        if geteuid() == 0, try await mountSmallDisk() {
            addTeardownBlock { [folder] in
                let unmount = try CommandRun(
                    "/bin/umount", ["-l", folder + "/disk"], in: NSTemporaryDirectory())
                _ = await unmount.end()
            }
            var onDisk = arguments
            onDisk[(onDisk.firstIndex(of: "-o") ?? 0) + 1] = folder + "/disk/run"
            result = try await bootmark(onDisk)
            assertFault(result, 4, says: "No space left")
            let saved = try RunFolder.open(at: folder + "/disk/run").load()
            XCTAssertGreaterThan(saved.boots.count, 0)
            XCTAssertLessThan(saved.boots.count, 40)
            XCTAssertEqual(saved.failures, [])
        }
        try await assertALimitOnFileSizesIsToldToo(mark: mark)
        XCTAssertEqual(Processes.withArgument(mark), [])
    }

    /// The same where no disk can be made: a file that may not grow, which by itself ends a program by a signal.
    private func assertALimitOnFileSizesIsToldToo(mark: String) async throws {
        let arguments = try tiny(knobs: "wrong=hostile", boots: 40, qemu: ["-name", mark])
        let words = ([CommandRun.bootmark] + arguments).map { "'\($0)'" }.joined(separator: " ")
        let shell = try CommandRun("/bin/bash", ["-c", "ulimit -f 12; exec \(words)"], in: folder)
        let result = await shell.end()
        assertFault(result, 4, says: "File too large")
    }

    private func mountSmallDisk() async throws -> Bool {
        let disk = folder + "/disk"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        let mount = try CommandRun(
            "/bin/mount", ["-t", "tmpfs", "-o", "size=160k", "none", disk], in: folder)
        return await mount.end().status == 0
    }
}
