import BootModel
import BootStore
import BootTestSupport
import XCTest

@testable import BootRunner

final class RunnerTests: XCTestCase {
    override func setUp() { useOwnLease() }

    func testEveryBootIsSavedWhenItHasEnded() async throws {
        let folder = try newFolder()
        let file = folder.file
        let executor = ScriptedExecutor { planned in
            // What was taken before this boot is on disk already.
            let saved = try RunFolder.open(at: (file as NSString).deletingLastPathComponent).load()
            XCTAssertEqual(saved.boots.map(\.index), Array(1..<planned.index))
            return BootOutcome(.booted)
        }
        let run = try await execute(executor, .sample(boots: 3), in: folder)
        XCTAssertTrue(run.isComplete)
        XCTAssertEqual(try folder.load(), run)
        XCTAssertEqual(run.boots.map(\.purpose), [.warmUp, .timed, .timed, .timed])
    }

    func testTheWarmUpIsKeptAndNotJudged() async throws {
        let run = try await execute(ScriptedExecutor(), .sample(boots: 2), in: try newFolder())
        XCTAssertEqual(run.boots.count, 3)
        XCTAssertEqual(run.samples(of: .bootTime), [2, 3])
    }

    func testABootThatFailsIsKeptAndTheRunGoesOn() async throws {
        let executor = ScriptedExecutor { BootOutcome($0.index == 2 ? .hung : .booted, detail: "x") }
        let run = try await execute(executor, .sample(boots: 3), in: try newFolder())
        XCTAssertTrue(run.isComplete)
        XCTAssertEqual(run.failures.map(\.index), [2])
    }

    func testThreeFailuresInARowEndTheRun() async throws {
        let executor = ScriptedExecutor { BootOutcome($0.index == 2 ? .booted : .panicked) }
        let folder = try newFolder()
        let run = try await execute(executor, .sample(boots: 9), in: folder)
        XCTAssertEqual(run.boots.map(\.index), [1, 2, 3, 4, 5])
        XCTAssertEqual(run.notes, ["three boots in a row failed, so the remaining 5 were not taken"])
        XCTAssertEqual(try folder.load(), run)
    }

    func testAResumedRunTakesOnlyTheBootsThatItLacks() async throws {
        let folder = try newFolder()
        let first = ScriptedExecutor { BootOutcome($0.index == 3 ? .interrupted : .booted) }
        let begun = try await execute(first, .sample(boots: 4), in: folder)
        XCTAssertEqual(begun.boots.count, 3)
        XCTAssertFalse(begun.isComplete)
        try File.write([1], to: try folder.bootFolder(3) + "/left-over")

        let second = ScriptedExecutor()
        let done = try await execute(second, try folder.load(), in: folder)
        XCTAssertEqual(second.indices, [3, 4, 5], "the boot that was interrupted is taken again")
        XCTAssertTrue(done.isComplete)
        XCTAssertEqual(done.failures, [])
        XCTAssertFalse(File.exists(folder.bootPath(3) + "/left-over"))

        let third = ScriptedExecutor()
        _ = try await execute(third, try folder.load(), in: folder)
        XCTAssertEqual(third.indices, [])
    }

    func testWhatWasSaidOfAnEarlyEndGoesWhenTheRunGoesOn() async throws {
        let folder = try newFolder()
        var run = Run.sample(boots: 2, limits: Limits(run: Nanoseconds(1)))
        run.notes = ["without perf: x"]
        let begun = try await execute(ScriptedExecutor(), run, in: folder)
        XCTAssertEqual(begun.boots, [])
        XCTAssertEqual(
            begun.notes,
            [
                "without perf: x",
                "the run's time limit was reached after 0 of 3 boots; --resume takes the rest",
            ])
        var rest = try folder.load()
        rest.plan.limits.run = nil
        let done = try await execute(ScriptedExecutor(), rest, in: folder)
        XCTAssertTrue(done.isComplete)
        XCTAssertEqual(done.notes, ["without perf: x"])
    }

    func testAFaultEndsTheRunAndLeavesWhatWasTaken() async throws {
        let folder = try newFolder()
        let executor = ScriptedExecutor { planned in
            guard planned.index < 3 else { throw RunnerError(.environment, "disk full", next: "") }
            return BootOutcome(.booted)
        }
        do {
            _ = try await execute(executor, .sample(boots: 3), in: folder)
            XCTFail("no error")
        } catch let error as RunnerError {
            XCTAssertEqual(error.problem, "disk full")
        }
        XCTAssertEqual(try folder.load().boots.map(\.index), [1, 2])
    }

    func testARunThatIsStoppedWhileItWaitsEndsWithoutAFault() async throws {
        let held = try await MachineLease.acquire(stop: StopSignal()) {}
        let stop = StopSignal()
        let progress = Waiting { stop.raise() }
        let run = try await Runner(executor: ScriptedExecutor(), progress: progress, stop: stop)
            .execute(.sample(boots: 2), in: try newFolder())
        XCTAssertEqual(run.boots, [])
        held?.end()
    }

    func testTwoRunsAtOnceTakeTurnsAndNeverOverlap() async throws {
        let boots = Shared<[(run: Int, began: Nanoseconds, ended: Nanoseconds)]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<2 {
                let folder = try newFolder()
                group.addTask {
                    let executor = TimedExecutor { began, ended in
                        boots.change { $0.append((number, began, ended)) }
                    }
                    _ = try await Runner(executor: executor, progress: NoProgress())
                        .execute(.sample(boots: 4, warmUp: false), in: folder)
                }
            }
            try await group.waitForAll()
        }
        let inOrder = boots.value.sorted { $0.began < $1.began }
        XCTAssertEqual(inOrder.count, 8)
        for (one, next) in zip(inOrder, inOrder.dropFirst()) {
            XCTAssertLessThanOrEqual(one.ended, next.began)
        }
        let changes = zip(inOrder, inOrder.dropFirst()).count { $0.run != $1.run }
        XCTAssertGreaterThan(
            changes, 2, "neither run waits for the whole of the other: \(inOrder.map(\.run))")
    }

    private func newFolder() throws -> RunFolder { try RunFolder.create(at: try temporaryFolder() + "/run") }

    private func execute(_ executor: any BootExecutor, _ run: Run, in folder: RunFolder) async throws -> Run {
        try await Runner(executor: executor, progress: NoProgress()).execute(run, in: folder)
    }

    private struct Waiting: RunProgress {
        var act: @Sendable () -> Void
        func waitingForTheMachine() { act() }
        func began(_ boot: Plan.PlannedBoot, of plan: Plan) {}
        func ended(_ boot: Boot, of run: Run) {}
    }

    /// Tells when its boots, of 60 ms each, began and ended.
    private struct TimedExecutor: BootExecutor {
        var tell: @Sendable (Nanoseconds, Nanoseconds) -> Void
        func boot(
            _ planned: Plan.PlannedBoot, of plan: Plan, folder: String, deadline: Nanoseconds?,
            stop: StopSignal
        ) async throws -> Boot {
            let began = Clock.now
            try await Task.sleep(for: .milliseconds(60))
            tell(began, Clock.now)
            return Boot(
                index: planned.index, purpose: planned.purpose, startedAt: 1, outcome: BootOutcome(.booted))
        }
    }
}
