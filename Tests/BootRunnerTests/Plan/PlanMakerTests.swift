import BootModel
import BootTestSupport
import XCTest

@testable import BootRunner

final class PlanMakerTests: XCTestCase {
    private let bare = TinyBoot.bareHost

    func testTheBootsComeInTheirOrder() {
        let options = RunOptions(boots: 2, recordedBoots: 2)
        XCTAssertEqual(
            options.plannedBoots([.perfStat, .perfRecord]).map(\.purpose),
            [.warmUp, .timed, .timed, .recorded, .recorded])
        XCTAssertEqual(options.plannedBoots([.perfStat]).map(\.purpose), [.warmUp, .timed, .timed])
        XCTAssertEqual(
            RunOptions(boots: 1, warmUp: false).plannedBoots([.perfRecord]).map(\.purpose),
            [.timed, .recorded])
        XCTAssertEqual(options.plannedBoots([.perfRecord]).map(\.index), [1, 2, 3, 4, 5])
    }

    func testAllThatWorksIsUsedWhereNothingWasAskedFor() throws {
        var host = bare
        XCTAssertEqual(try RunOptions().usableCollectors(host), [])
        host.perf = "6.1"
        XCTAssertEqual(try RunOptions().usableCollectors(host), [.perfStat])
        XCTAssertEqual(try RunOptions(recordedBoots: 1).usableCollectors(host), [.perfStat, .perfRecord])
    }

    func testACollectorThatWasAskedForAndDoesNotWorkIsAnError() {
        var host = bare
        host.perfProblem = RunnerError(.environment, "no perf", next: "install it")
        host.pluginProblem = RunnerError(.environment, "no plugin", next: "install it")
        for asked in [Plan.Collector.perfStat, .perfRecord, .guestInstructions] {
            XCTAssertThrowsError(try RunOptions(collectors: [asked]).usableCollectors(host)) {
                XCTAssertEqual(($0 as? RunnerError)?.exitCode, 4)
            }
        }
    }

    func testWhatMakesNoSenseIsAMistakeOfUse() async throws {
        let command = try TinyBoot(in: "").command()
        for options in [
            RunOptions(boots: 0), RunOptions(boots: 10_001), RunOptions(pinnedTo: 4096),
            RunOptions(pinnedTo: -1),
            RunOptions(limits: Limits(boot: .zero)), RunOptions(recording: Recording(frequency: 0)),
        ] {
            await assertUsage { try await self.planned(command, options: options) }
        }
        let broken = BootScript(end: .reached(.init(name: "booted", pattern: "boot(ed")))
        await assertUsage { try await self.planned(command, script: broken) }
        await assertUsage { try await self.planned(command, scenario: "../escape") }
        await assertUsage { try await self.planned([]) }
    }

    func testAPlanSaysWhatWillBeMeasured() async throws {
        var host = bare
        host.perf = "6.1"
        let run = try await planned(
            try TinyBoot(in: "").command(),
            script: BootScript(phases: [.init(name: "memory", pattern: "m")], end: .poweredOff), host: host)
        XCTAssertEqual(
            run.metrics.map(\.id).prefix(3), ["boot-time", "boot-time@power-on", "boot-time@memory"])
        XCTAssertTrue(run.metrics.contains(.taskClock))
        XCTAssertFalse(run.metrics.contains(.guestInstructions))
        XCTAssertEqual(run.plan.machine, "i386 default, 1 CPU, 32 MiB")
        XCTAssertTrue(run.notes.contains { $0.contains("no hardware counters") })
        XCTAssertEqual(run.fingerprint.digests["kernel"]?.count, 64)
        XCTAssertEqual(run.fingerprint.accelerator, "tcg")
    }

    func testARunDoesNotGoOnWithAnotherKernel() async throws {
        let folder = try temporaryFolder()
        let kernel = folder + "/kernel.elf"
        try File.write(try File.bytes(try Guests.tiny()), to: kernel)
        _ = try RequiredTool.qemu()
        let run = try await planned(["qemu-system-i386", "-kernel", kernel])
        try await run.checkThatItCanGoOn(host: bare)
        try File.write(try File.bytes(kernel) + [0], to: kernel)
        do {
            try await run.checkThatItCanGoOn(host: bare)
            XCTFail("no error")
        } catch let error as RunnerError {
            XCTAssertEqual(error.exitCode, 4)
            XCTAssertTrue(error.problem.contains("the kernel changed"), error.problem)
        }
    }

    func testAnAcceleratorThatHangsIsFoundBeforeAnyBoot() async throws {
        // KVM opens here or there, and hangs: a stand-in for QEMU does so everywhere.
        let folder = try temporaryFolder()
        let qemu = folder + "/qemu-system-i386"
        try File.writeScript("exec sleep 1000", to: qemu)
        do {
            _ = try await planned([qemu, "-enable-kvm", "-kernel", try Guests.tiny()])
            XCTFail("no error")
        } catch let error as RunnerError {
            XCTAssertEqual(error.exitCode, 4)
            XCTAssertTrue(error.problem.hasPrefix("KVM does not run a guest on this host"), error.problem)
            XCTAssertTrue(error.next.contains("-accel tcg"))
        }
    }

    @discardableResult
    private func planned(
        _ command: [String], scenario: String = "tiny", script: BootScript = BootScript(end: .poweredOff),
        options: RunOptions = RunOptions(), host: HostTools = TinyBoot.bareHost
    ) async throws -> Run {
        try await Run.planned(
            scenario: scenario, command: command, script: script, options: options, host: host)
    }

    private func assertUsage(
        file: StaticString = #filePath, line: UInt = #line, _ work: () async throws -> Void
    ) async {
        do {
            try await work()
            XCTFail("no error", file: file, line: line)
        } catch {
            XCTAssertEqual((error as? RunnerError)?.exitCode, 64, "\(error)", file: file, line: line)
        }
    }
}
