import BootModel
import BootStatistics
import BootTestSupport
import XCTest

@testable import BootRunner

final class PairedRunPlanningTests: XCTestCase {
    private func planned(_ before: [String], _ after: [String], pins: Bool = true) async throws -> PairedRun {
        let kernel = try Guests.tiny()
        let script = BootScript(end: .poweredOff)
        let command = { (more: [String]) in ["qemu-system-i386", "-m", "16", "-kernel", kernel] + more }
        return try await PairedRun.planned(
            scenario: "tiny", script: script,
            before: await .init(command(before), collectors: [], script: script),
            after: await .init(command(after), collectors: [], script: script),
            options: RunOptions(boots: 12, collectors: []), pins: pins, rule: SequentialRule().ending(at: 12),
            seed: 7, reproduction: { ["again", "\($0)"] },
            budgets: { _ in [Budget(metric: .bootTime, tolerance: 0.02)] })
    }

    func testBothSidesArePlannedAlikeAndAskedTheSame() async throws {
        _ = try RequiredTool.qemu()
        let run = try await planned(["-append", "slow=memory:1"], [])
        XCTAssertEqual(run.before.plan.boots, run.after.plan.boots)
        XCTAssertEqual(run.before.plan.budgets, run.after.plan.budgets)
        XCTAssertEqual(run.plan.pairs.count, 13)
        XCTAssertEqual(run.plan.seed, 7)
        XCTAssertEqual(run.plan.reproduction, ["again", "7"])
    }

    func testAGuestWithOneProcessorIsPinnedAndOneWithMoreIsNot() async throws {
        _ = try RequiredTool.qemu()
        let pinned = try await planned([], [])
        XCTAssertEqual(pinned.before.plan.pinnedTo, Processor.free)
        XCTAssertEqual(pinned.after.plan.pinnedTo, Processor.free)
        let wide = try await planned([], ["-smp", "cpus=2"])
        XCTAssertNil(wide.before.plan.pinnedTo)
        let loose = try await planned([], [], pins: false)
        XCTAssertNil(loose.after.plan.pinnedTo)
    }

    func testTheProcessorIsTheLastOneThatThisProcessMayUse() {
        let cases: [(String, Int?)] = [
            ("Name:\tx\nCpus_allowed_list:\t0-1\nMems:\t0\n", 1), ("Cpus_allowed_list:\t0-3,8,10-11", 11),
            ("Cpus_allowed_list:\t5", nil), ("Cpus_allowed_list:\t", nil), ("", nil),
        ]
        for (status, processor) in cases {
            XCTAssertEqual(Processor.last(allowedBy: status), processor, status)
        }
    }
}
