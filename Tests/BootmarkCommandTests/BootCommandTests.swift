import BootModel
import BootStore
import BootTestSupport
import Foundation
import XCTest

/// What `bootmark boot` prints and keeps.
final class BootCommandTests: CommandTestCase {
    func testARunIsKeptAndSummedUp() async throws {
        _ = try RequiredTool.perf()
        let result = try await bootmark(try tiny(["--phase", "memory=tiny: memory", "--name", "small"]))
        XCTAssertEqual(result.status, 0, result.error)
        XCTAssertTrue(result.output.hasPrefix("small (i386 default, 1 CPU, 32 MiB): 2 of 2 timed boots"))
        XCTAssertTrue(result.output.contains("boot-time@memory"))
        XCTAssertTrue(result.output.contains("The run is in \(runFolder)."))
        XCTAssertFalse(result.output.contains("boot 1 of 2"), "progress is no result")
        XCTAssertTrue(result.error.contains("boot 1 of 2 (timed): "))
        XCTAssertFalse((result.output + result.error).contains("\u{1B}"), "no colours outside a terminal")
        let run = try savedRun()
        XCTAssertTrue(run.isComplete)
        XCTAssertEqual(run.samples(of: .bootTime).count, 2)
        XCTAssertEqual(run.samples(of: .taskClock).count, 2)
        XCTAssertTrue(File.text(runFolder + "/boots/001/console.log").contains("tiny: booted"))
    }

    func testAFirstBootWarmsUpUnlessItIsLeftOut() async throws {
        let arguments = try tiny(boots: 1).filter { $0 != "--no-warm-up" }
        let result = try await bootmark(arguments)
        XCTAssertEqual(result.status, 0, result.error)
        let run = try savedRun()
        XCTAssertEqual(run.boots.map(\.purpose), [.warmUp, .timed])
        XCTAssertEqual(run.samples(of: .bootTime).count, 1)
    }

    func testJSONOnStandardOutputIsTheRunAndNothingElse() async throws {
        let result = try await bootmark(try tiny(["--json"], boots: 1))
        XCTAssertEqual(result.status, 0, result.error)
        let run = try JSONDecoder().decode(Run.self, from: Data(result.output.utf8))
        XCTAssertEqual(run, try savedRun())
    }

    func testThePlanIsPrintedWithoutABoot() async throws {
        let log = folder + "/calls"
        let wrapper = folder + "/bin/qemu-system-i386"
        try FileManager.default.createDirectory(atPath: folder + "/bin", withIntermediateDirectories: true)
        try File.writeScript(#"echo "$@" >> '\#(log)'; exec \#(try RequiredTool.qemu()) "$@""#, to: wrapper)
        let path = "\(folder)/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        let result = try await bootmark(
            try tiny(["--dry-run", "--phase", "memory=tiny: m.*"], boots: 7), environment: ["PATH": path])
        XCTAssertEqual(result.status, 0, result.error)
        for line in [
            "Boots      7 timed", "Phase      memory, from /tiny: m.*/ on console",
            "Booted     at /^tiny: booted$/ on console", "Limits     60.00 s a boot",
        ] { XCTAssertTrue(result.output.contains(line), result.output) }
        XCTAssertFalse(File.exists(runFolder))
        XCTAssertTrue(File.text(log).contains("--version"))
        XCTAssertFalse(File.text(log).contains("tiny.elf"), "nothing is booted")

        let json = try await bootmark(
            try tiny(["--dry-run", "--json"], boots: 7), environment: ["PATH": path])
        XCTAssertEqual(json.status, 0, json.error)
        let plan = try JSONDecoder().decode(Run.self, from: Data(json.output.utf8))
        XCTAssertEqual(plan.plan.boots.count, 7)
        XCTAssertEqual(plan.boots, [])
    }

    func testABootThatFailsIsReportedAndTheExitCodeSaysSo() async throws {
        let result = try await bootmark(try tiny(knobs: "wrong=panic"))
        XCTAssertEqual(result.status, 3, result.error)
        XCTAssertTrue(
            result.output.contains("boot 1: the guest panicked: panic: tiny: asked to"), result.output)
        XCTAssertEqual(try savedRun().failures.map(\.outcome.kind), [.panicked, .panicked])
    }

    func testAQEMUThatDiesAtOnceIsAFailedBoot() async throws {
        let result = try await bootmark(try tiny(qemu: ["-cpu", "abacus"]))
        XCTAssertEqual(result.status, 3, result.error)
        XCTAssertTrue(
            result.output.contains("QEMU refused: unable to find CPU model 'abacus'"), result.output)
    }

    func testHostileOutputReachesNoTerminal() async throws {
        let arguments = try tiny(["--panic", "stolen"], knobs: "wrong=hostile", boots: 1)
        let result = try await bootmark(arguments)
        XCTAssertEqual(result.status, 3)
        XCTAssertTrue(result.output.contains("stolen title"), result.output)
        XCTAssertFalse((result.output + result.error).utf8.contains { $0 < 32 && $0 != 10 })
        XCTAssertTrue(try File.bytes(runFolder + "/boots/001/console.log").contains(0x1B))
    }

    func testTheRunsTimeLimitLeavesARunThatCanGoOn() async throws {
        let result = try await bootmark(
            try tiny(["--run-timeout", "3"], knobs: "wrong=hang", boots: 3), within: 60)
        XCTAssertEqual(result.status, 3, result.error)
        XCTAssertTrue(result.output.contains("bootmark boot --resume -o \(runFolder)"), result.output)
        XCTAssertFalse(try savedRun().isComplete)
    }

    func testASilenceLimitSaysWhatWasLastSeen() async throws {
        let result = try await bootmark(
            try tiny(["--silence", "1.5"], knobs: "wrong=hang at=tables", boots: 1), within: 60)
        XCTAssertEqual(result.status, 3, result.error)
        XCTAssertTrue(result.output.contains("boot 1: the guest hung: silent for "), result.output)
        XCTAssertTrue(result.output.contains("last seen: tiny: tables"), result.output)
    }

    func testWithoutPerfARunSaysSo() async throws {
        let bin = try folderOfTools(["qemu-system-i386", "sha256sum"])
        let arguments = try tiny(boots: 1).filter { !["--collect", "perf-stat"].contains($0) }
        let result = try await bootmark(arguments, environment: ["PATH": bin])
        XCTAssertEqual(result.status, 0, result.error)
        XCTAssertTrue(result.output.contains("note: without perf: perf was not found."), result.output)
        XCTAssertNil(try savedRun().fingerprint.perf)
    }

    func testAPlainUserIsToldWhatOnlyRootMayCount() async throws {
        let perf = try RequiredTool.perf()
        try XCTSkipUnless(geteuid() == 0, "only root can become another user")
        let setpriv = try RequiredTool.need("setpriv", package: "util-linux")
        let plain = ["--reuid", "65534", "--clear-groups"]
        let probe = try CommandRun(setpriv, plain + [perf, "stat", "-e", "task-clock:u", "true"], in: folder)
        guard await probe.end().status == 0 else {
            throw XCTSkip("perf counts nothing for a plain user here")
        }

        // What this user may not enter otherwise: the build folder and the guests.
        let own = folder + "/own"
        try FileManager.default.createDirectory(
            atPath: own, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o777])
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: own)
        try FileManager.default.copyItem(atPath: CommandRun.bootmark, toPath: own + "/bootmark")
        try FileManager.default.copyItem(atPath: try Guests.tiny(), toPath: own + "/tiny.elf")
        var arguments = try tiny(boots: 1)
        arguments[(arguments.firstIndex(of: "-o") ?? 0) + 1] = own + "/run"
        arguments[(arguments.firstIndex(of: "-kernel") ?? 0) + 1] = own + "/tiny.elf"
        let runner = try CommandRun(
            setpriv, plain + [own + "/bootmark"] + arguments,
            environment: ["HOME": own, "BOOTMARK_LEASE": own + "/lease", "TMPDIR": own], in: folder)
        let result = await runner.end()
        XCTAssertEqual(result.status, 0, result.error)
        let boot = try XCTUnwrap(try RunFolder.open(at: own + "/run").load().boots.first)
        XCTAssertGreaterThan(boot.samples["task-clock"] ?? 0, 0)
        XCTAssertGreaterThan(boot.samples["page-faults"] ?? 0, 0)
        let level = Int(
            File.text("/proc/sys/kernel/perf_event_paranoid").trimmingCharacters(in: .whitespacesAndNewlines))
        if let level, level >= 2 {
            XCTAssertNil(boot.samples["context-switches"])
            XCTAssertTrue(
                boot.unavailable["context-switches"]?.contains("perf_event_paranoid is \(level)") == true,
                "\(boot.unavailable)")
        }
    }

    func testARunIsNotResumedWithAnotherKernel() async throws {
        let kernel = folder + "/kernel.elf"
        try File.write(try File.bytes(try Guests.tiny()), to: kernel)
        var arguments = try tiny(["--run-timeout", "0.001"])
        arguments[(arguments.firstIndex(of: "-kernel") ?? 0) + 1] = kernel
        let begun = try await bootmark(arguments)
        XCTAssertEqual(begun.status, 3, begun.error)
        try File.write(try File.bytes(kernel) + [0], to: kernel)
        assertFault(
            try await bootmark(["boot", "--resume", "-o", runFolder]), 4,
            says: "the kernel changed since it was begun", "-o")
    }

    func testDoctorNamesWhatItFinds() async throws {
        _ = try RequiredTool.qemu()
        let result = try await bootmark(["doctor", "--json"])
        XCTAssertEqual(result.status, 0, result.error)
        XCTAssertEqual(result.error, "")
        let found = try XCTUnwrap(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
        let subjects = found.compactMap { $0["subject"] as? String }
        for subject in ["qemu-system-i386", "perf", "guest instructions", "KVM", "clock source"] {
            XCTAssertTrue(subjects.contains(subject), subject)
        }
        let text = try await bootmark(["doctor"], environment: ["PATH": folder])
        XCTAssertEqual(text.status, 4)
        XCTAssertTrue(text.output.contains("apt install qemu-system-x86"), text.output)
        XCTAssertTrue(text.output.contains("apt install linux-perf"), text.output)
    }

    /// A folder with links to these tools alone, to be the whole PATH.
    private func folderOfTools(_ names: [String]) throws -> String {
        let bin = folder + "/tools"
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
        for name in names {
            let tool = try RequiredTool.need(name, package: name)
            try FileManager.default.createSymbolicLink(atPath: "\(bin)/\(name)", withDestinationPath: tool)
        }
        return bin
    }
}
