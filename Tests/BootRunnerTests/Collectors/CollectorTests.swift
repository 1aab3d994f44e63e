import BootModel
import BootTestSupport
import XCTest

@testable import BootRunner

/// What measures a boot, with the real perf and the real plugin.
final class CollectorTests: XCTestCase {
    func testPerfCountsWhatQEMUCosts() async throws {
        let host = try await measuringHost()
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.host = host
        tiny.collectors = [.perfStat]
        let boot = try await tiny.take()
        XCTAssertEqual(boot.outcome, BootOutcome(.booted))
        XCTAssertGreaterThan(boot.samples["task-clock"] ?? 0, 1e6)
        XCTAssertGreaterThan(boot.samples["page-faults"] ?? 0, 100)
        // perf and the kernel's own accounting see the same process.
        let accounted = (boot.samples["user-time"] ?? 0) + (boot.samples["system-time"] ?? 0)
        XCTAssertLessThan(boot.samples["task-clock"] ?? 0, 1.5 * accounted + 5e7)
        for metric in PerfStat.software.map(\.metric.id) {
            XCTAssertTrue((boot.samples[metric] != nil) != (boot.unavailable[metric] != nil), metric)
        }
    }

    func testPerfRecordsTheStacksOfABoot() async throws {
        let host = try await measuringHost()
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.host = host
        tiny.collectors = [.perfRecord, .perfStat]
        tiny.purpose = .recorded
        let boot = try await tiny.take()
        XCTAssertEqual(boot.outcome, BootOutcome(.booted))
        XCTAssertNil(boot.samples["task-clock"], "a recorded boot is not counted")
        XCTAssertEqual(boot.notes, [])
        let recording = try File.bytes(tiny.folder + "/perf.data")
        XCTAssertEqual(Array(recording.prefix(8)), Array("PERFILE2".utf8))
        XCTAssertGreaterThan(recording.count, 10_000)
        XCTAssertEqual(Processes.withArgument(tiny.folder), [])
    }

    func testGuestInstructionsRepeatAndAddUpOverThePhases() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.host = await HostTools.probe(
            for: try tiny.command(), collectors: [.guestInstructions], script: tiny.script)
        if let problem = tiny.host.pluginProblem { throw XCTSkip("\(problem)") }
        tiny.collectors = [.guestInstructions]
        let slower = try await tiny.take("slow=decompress:50")
        let boot = try await tiny.take()
        let again = try await tiny.take()
        let whole = try XCTUnwrap(boot.samples["guest-instructions"])
        XCTAssertGreaterThan(whole, 1e6)
        XCTAssertNil(
            boot.samples["guest-blocks"],
            "blocks cost as much as instructions, and only exact boots need them")
        let phases = ["power-on"] + TinyBoot.phases.map(\.name)
        let parts = phases.compactMap { boot.samples["guest-instructions@\($0)"] }
        XCTAssertEqual(parts.count, phases.count)
        XCTAssertEqual(parts.reduce(0, +), whole)
        XCTAssertEqual(again.samples["guest-instructions"] ?? 0, whole, accuracy: 0.02 * whole)
        let decompress = "guest-instructions@decompress"
        XCTAssertGreaterThan(slower.samples[decompress] ?? 0, 1.3 * (boot.samples[decompress] ?? 0))
    }

    func testABootThatFailedHasNoCounts() async throws {
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.host = await HostTools.probe(
            for: try tiny.command(), collectors: [.guestInstructions], script: tiny.script)
        if let problem = tiny.host.pluginProblem { throw XCTSkip("\(problem)") }
        tiny.collectors = [.guestInstructions]
        let boot = try await tiny.take("wrong=panic at=memory")
        XCTAssertEqual(boot.outcome.kind, .panicked)
        XCTAssertNil(boot.samples["guest-instructions"])
        XCTAssertEqual(boot.unavailable["guest-instructions"], "the boot did not reach its end")
        XCTAssertNil(boot.unavailable["guest-blocks"], "no metric of boots that are not exact")
    }

    func testAPerfThatCannotAttachEndsTheRunWithItsWords() async throws {
        let folder = try temporaryFolder()
        try File.writeScript("echo 'no such counter' >&2; exit 1", to: folder + "/perf")
        let stat = PerfStat(
            perf: folder + "/perf", events: PerfStat.software, folder: folder, environment: [:],
            log: folder + "/perf.log")
        XCTAssertThrowsError(try stat.attach(to: getpid())) { error in
            XCTAssertEqual((error as? RunnerError)?.code, .environment)
            XCTAssertTrue(
                "\(error)".contains("perf stat could not attach to QEMU: no such counter"), "\(error)")
        }
    }

    private func measuringHost() async throws -> HostTools {
        _ = try RequiredTool.perf()
        let host = await HostTools.probePerf()
        if let problem = host.perfProblem { throw XCTSkip("\(problem)") }
        return host
    }
}
