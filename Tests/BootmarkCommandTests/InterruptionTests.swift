import BootModel
import BootStore
import BootTestSupport
import Foundation
import XCTest

/// However the runner ends, nothing that it started outlives it, and what was saved can be gone on with.
final class InterruptionTests: CommandTestCase {
    func testKillingTheRunnerLeavesNoQEMU() async throws {
        _ = try RequiredTool.perf()
        let (runner, mark) = try await startedRun(collect: "perf-stat")
        let started = Processes.descendants(of: runner.identifier)
        XCTAssertEqual(
            Set(started.map(Processes.name)).intersection(["bootmark-guard", "perf"]),
            ["bootmark-guard", "perf"])
        runner.signal(SIGKILL)
        let result = await runner.end(within: 10)
        XCTAssertEqual(result.status, 128 + SIGKILL)
        try await assertNothingIsLeft(of: started, mark: mark)
        XCTAssertEqual(try savedRun().boots.count, 1)
        try await assertTheRunCanGoOn()
    }

    func testKillingTheRunnerLeavesNoRecordingPerf() async throws {
        _ = try RequiredTool.perf()
        // The one timed boot works, and the recorded one hangs.
        let (runner, mark) = try await startedRun(collect: "perf-record")
        let started = Processes.descendants(of: runner.identifier)
        XCTAssertTrue(started.contains { Processes.name(of: $0) == "perf" })
        runner.signal(SIGKILL)
        _ = await runner.end(within: 10)
        try await assertNothingIsLeft(of: started, mark: mark)
        XCTAssertEqual(try savedRun().boots.map(\.purpose), [.timed])
        try await assertTheRunCanGoOn()
    }

    func testCtrlCSavesTheRun() async throws { try await assertStopped(by: SIGINT, status: 130) }

    func testATerminationSavesTheRun() async throws { try await assertStopped(by: SIGTERM, status: 143) }

    func testCtrlCEndsTheWaitForTheMachine() async throws {
        let lease = folder + "/lease"
        let flock = try RequiredTool.need("flock", package: "util-linux")
        let holder = try CommandRun(flock, ["-x", lease, "sleep", "1000"], in: folder)
        defer {
            for process in Processes.descendants(of: holder.identifier) + [holder.identifier] {
                kill(process, SIGKILL)
            }
        }
        let isHeld = await eventually(within: 10) { !Processes.descendants(of: holder.identifier).isEmpty }
        XCTAssertTrue(isHeld)
        let runner = try start(try tiny(), environment: ["BOOTMARK_LEASE": lease])
        let isWaiting = await eventually(within: 30) { runner.errorSoFar.contains("Another measured boot") }
        XCTAssertTrue(isWaiting)
        runner.signal(SIGINT)
        let result = await runner.end(within: 10)
        XCTAssertEqual(result.status, 130, result.error)
        XCTAssertEqual(try savedRun().boots, [])
    }

    func testTwoRunnersNeverBootAtTheSameTime() async throws {
        let runs = [folder + "/one", folder + "/two"]
        let runners = try runs.map { path in
            var arguments = try tiny(boots: 3)
            arguments[(arguments.firstIndex(of: "-o") ?? 0) + 1] = path
            return try start(arguments)
        }
        for runner in runners {
            let result = await runner.end(within: 120)
            XCTAssertEqual(result.status, 0, result.error)
        }
        let boots = try runs.flatMap { try RunFolder.open(at: $0).load().boots }.sorted {
            $0.startedAt < $1.startedAt
        }
        XCTAssertEqual(boots.count, 6)
        for (one, next) in zip(boots, boots.dropFirst()) {
            let ended = one.startedAt + (one.samples["boot-time"] ?? 0) / 1e9
            XCTAssertLessThanOrEqual(ended, next.startedAt)
        }
    }

    func testAReaderThatHasGoneDoesNotEndTheRun() async throws {
        let words = ([CommandRun.bootmark] + (try tiny(boots: 1))).map { "'\($0)'" }.joined(separator: " ")
        let shell = try CommandRun(
            "/bin/bash", ["-c", "set -o pipefail; { \(words); echo $? > '\(folder)/status'; } 2>&1 | true"],
            in: folder)
        _ = await shell.end()
        XCTAssertEqual(File.text(folder + "/status"), "0\n")
        XCTAssertTrue(try savedRun().isComplete)
    }

    /// A runner whose first boot has worked and whose second hangs: QEMU's stand-in looks which one it is.
    private func startedRun(collect: String) async throws -> (CommandRun, mark: String) {
        let mark = "interrupted-\(UUID().uuidString)"
        let bin = folder + "/bin"
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
        // The console of a boot that worked tells the next one to hang, while the file named hang is there.
        try File.write([], to: folder + "/hang")
        let qemu = try RequiredTool.qemu()
        try File.writeScript(
            """
            if [ -e '\(folder)/hang' ] && [ -e '\(folder)/second' ] && [ "$1" = -m ]; then
                exec \(qemu) "$@" -append 'wrong=hang at=start'
            fi
            if [ "$1" = -m ]; then : > '\(folder)/second'; fi
            exec \(qemu) "$@"
            """, to: bin + "/qemu-system-i386")
        let path = "\(bin):" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        let isRecorded = collect == "perf-record"
        let arguments = try tiny(
            ["--collect", collect], boots: isRecorded ? 1 : 3, qemu: ["-name", mark])
        let runner = try start(arguments, environment: ["PATH": path])
        let console = "\(runFolder)/boots/002/console.log"
        let hasStarted = await eventually(within: 60) {
            File.exists(console)
                && Processes.withArgument(mark).contains { Processes.name(of: $0).hasPrefix("qemu") }
        }
        XCTAssertTrue(hasStarted, runner.errorSoFar)
        // Until the guest is past its start, perf may still be attaching.
        try await Task.sleep(for: .milliseconds(700))
        return (runner, mark)
    }

    private func assertStopped(
        by signal: Int32, status: Int32, file: StaticString = #filePath, line: UInt = #line
    ) async throws {
        let (runner, mark) = try await startedRun(collect: "perf-stat")
        let started = Processes.descendants(of: runner.identifier)
        runner.signal(signal)
        let result = await runner.end(within: 20)
        XCTAssertEqual(result.status, status, result.error, file: file, line: line)
        XCTAssertTrue(result.output.contains("--resume"), result.output, file: file, line: line)
        try await assertNothingIsLeft(of: started, mark: mark)
        let saved = try savedRun()
        XCTAssertEqual(saved.boots.map(\.outcome.kind), [.booted, .interrupted], file: file, line: line)
    }

    private func assertNothingIsLeft(
        of started: [pid_t], mark: String, file: StaticString = #filePath, line: UInt = #line
    ) async throws {
        XCTAssertFalse(started.isEmpty, file: file, line: line)
        let isGone = await eventually(within: 5) {
            !started.contains(where: Processes.isAlive) && Processes.withArgument(mark).isEmpty
        }
        XCTAssertTrue(
            isGone, "left: \(started.filter(Processes.isAlive).map(Processes.name))", file: file, line: line)
    }

    private func assertTheRunCanGoOn(file: StaticString = #filePath, line: UInt = #line) async throws {
        try FileManager.default.removeItem(atPath: folder + "/hang")
        let path = "\(folder)/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        let before = try savedRun().boots
        let result = try await bootmark(["boot", "--resume", "-o", runFolder], environment: ["PATH": path])
        XCTAssertEqual(result.status, 0, result.error, file: file, line: line)
        let done = try savedRun()
        XCTAssertTrue(done.isComplete, file: file, line: line)
        XCTAssertEqual(Array(done.boots.prefix(before.count)), before, file: file, line: line)
        XCTAssertEqual(done.failures, [], file: file, line: line)
    }
}
