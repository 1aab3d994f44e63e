import BootModel
import XCTest

@testable import BootRunner

/// On texts that perf 6.1 wrote (`-x ';' --no-big-num`).
final class PerfStatTests: XCTestCase {
    private let events = PerfStat.hardware + PerfStat.software

    func testValuesAreReadInTheUnitsOfTheirMetrics() {
        let text = """
            # started on Mon Nov 23 11:02:41 2026

            1830224417;;instructions:u;412006114;100.00;1.02;insn per cycle
            94022218;;instructions:k;412006114;100.00;;
            1793200114;;cycles:u;412006114;100.00;;
            412.01;msec;task-clock;412006114;100.00;0.964;CPUs utilized
            7001;;page-faults;412006114;100.00;16.992;K/sec
            12;;context-switches;412006114;100.00;29.126;/sec
            0;;cpu-migrations;412006114;100.00;0.000;/sec
            """
        let collected = PerfStat.read(text, events: events)
        XCTAssertEqual(collected.samples["host-instructions"], 1_830_224_417)
        XCTAssertEqual(collected.samples["host-kernel-instructions"], 94_022_218)
        XCTAssertEqual(collected.samples["task-clock"], 412_010_000)
        XCTAssertEqual(collected.samples["page-faults"], 7001)
        XCTAssertEqual(collected.samples["migrations"], 0)
        XCTAssertEqual(collected.notes, [])
        XCTAssertEqual(collected.unavailable["branch-misses"], "perf stat did not report branch-misses:u")
    }

    func testEventsThatTheHostLacksAreSaidToBe() {
        let text = """
            <not supported>;;instructions:u;0;100.00;;
            <not counted>;;cycles:u;0;0.00;;
            """
        let collected = PerfStat.read(text, events: events)
        XCTAssertNil(collected.samples["host-instructions"])
        XCTAssertEqual(
            collected.unavailable["host-instructions"], "perf: instructions:u is not supported on this host")
        XCTAssertEqual(collected.unavailable["cycles"], "perf: cycles:u is not counted on this host")
    }

    func testAnEventThatSharedACounterIsNoted() {
        let collected = PerfStat.read("1000;;cycles:u;206003057;49.98;;", events: events)
        XCTAssertEqual(collected.samples["cycles"], 1000)
        XCTAssertEqual(
            collected.notes, ["cycles:u was counted for 50 % of the time and scaled (multiplexed)"])
    }

    func testEventsThatAPlainUserSeesInUserModeOnlyAreRead() {
        let text = """
            0.70;msec;task-clock:u;700647;100.00;0.463;CPUs utilized
            47;;page-faults:u;700647;100.00;67.081;K/sec
            """
        let collected = PerfStat.read(text, events: PerfStat.software.filter { !$0.isOfTheKernel })
        XCTAssertEqual(collected.samples, ["task-clock": 700_000, "page-faults": 47])
        XCTAssertEqual(collected.unavailable, [:])
    }

    func testBrokenLinesAreNoValues() {
        let text = "garbage\n;;;;\nnan;;cycles:u;0;100.00;;\n12;;cycles:u\ninf;msec;task-clock;1;1;\n"
        let collected = PerfStat.read(text, events: events)
        XCTAssertEqual(collected.samples, [:])
        XCTAssertEqual(Set(collected.unavailable.keys), Set(events.map(\.metric.id)))
    }

    func testAPlainUserIsToldWhatIsNotCounted() {
        var host = HostTools(perf: "6.1", perfProblem: nil, hasHardwareCounters: true)
        XCTAssertEqual(host.events.count, 9)
        XCTAssertEqual(host.withheld, [:])
        host.kernelProblem = "perf_event_paranoid"
        XCTAssertFalse(host.events.contains { $0.name == "instructions:k" })
        XCTAssertEqual(
            Set(host.withheld.keys), ["host-kernel-instructions", "context-switches", "migrations"])
    }
}
