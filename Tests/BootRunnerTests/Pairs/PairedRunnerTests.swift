import BootModel
import BootStatistics
import BootStore
import BootTestSupport
import Synchronization
import XCTest

@testable import BootRunner

final class PairedRunnerTests: XCTestCase {
    override func setUp() { useOwnLease() }

    func testTheOrderFollowsFromTheSeedAndIsMixed() {
        let plan = Run.sample(boots: 100).plan
        let first = PairedPlan(pairing: plan, seed: 7, rule: SequentialRule())
        XCTAssertEqual(first, PairedPlan(pairing: plan, seed: 7, rule: SequentialRule()))
        XCTAssertNotEqual(first.pairs, PairedPlan(pairing: plan, seed: 8, rule: SequentialRule()).pairs)
        XCTAssertTrue((30...70).contains(first.pairs.count { $0.first == .before }))
    }

    func testEachPairIsTakenWhollyAndInItsOrderBeforeTheNext() async throws {
        let log = TakenBoots()
        let folder = try PairedFolder.create(at: try temporaryFolder() + "/ab")
        let planned = PairedRun.sample(pairs: 4)
        let run = try await runner(log).execute(planned, in: folder) { _ in false }
        XCTAssertEqual(
            log.boots,
            planned.plan.pairs.flatMap { pair in pair.order.map { "\($0.rawValue) \(pair.index)" } })
        XCTAssertEqual(run.before.boots.map(\.purpose), [.warmUp, .timed, .timed, .timed, .timed])
        XCTAssertEqual(try folder.load(), run)
    }

    func testItEndsWhenEnoughIsKnownAndLeavesCompleteRuns() async throws {
        let folder = try PairedFolder.create(at: try temporaryFolder() + "/ab")
        let run = try await runner(TakenBoots()).execute(.sample(pairs: 9), in: folder) { run in
            run.after.boots.count { $0.purpose == .timed } == 3
        }
        XCTAssertEqual(run.before.boots.count, 4)
        XCTAssertEqual(run.after.boots.count, 4)
        XCTAssertTrue(run.before.isComplete && run.after.isComplete)
        XCTAssertEqual(run.plan.pairs.count, 10, "the plan of the pairs stays as it was made")
    }

    func testAFailedBootEndsTheRunWithItsPair() async throws {
        let log = TakenBoots { side, boot in side == .after && boot.index == 2 ? .panicked : .booted }
        let folder = try PairedFolder.create(at: try temporaryFolder() + "/ab")
        let run = try await runner(log).execute(.sample(pairs: 9), in: folder) { _ in false }
        XCTAssertEqual(run.before.boots.count, 2)
        XCTAssertEqual(run.after.failures.map(\.index), [2])
    }

    func testAPairThatWasInterruptedIsTakenAgainAsAWhole() async throws {
        let path = try temporaryFolder() + "/ab"
        let planned = PairedRun.sample(pairs: 3)
        let second = try XCTUnwrap(planned.plan.pairs.first { $0.index == 3 }).order[1]
        let first = TakenBoots { side, boot in
            side == second && boot.index == 3 ? .interrupted : .booted
        }
        let begun = try await runner(first).execute(planned, in: try PairedFolder.create(at: path)) { _ in
            false
        }
        XCTAssertFalse(begun[second].isComplete)

        let again = TakenBoots()
        let folder = try PairedFolder.resume(at: path)
        let done = try await runner(again).execute(try folder.load(), in: folder) { _ in false }
        XCTAssertEqual(again.boots.count, 4, "pairs 3 and 4, both sides: \(again.boots)")
        XCTAssertTrue(done.before.isComplete && done.after.isComplete)
        XCTAssertEqual(done.before.boots.map(\.index), [1, 2, 3, 4])
    }

    func testResumingACompleteRunTakesNothing() async throws {
        let path = try temporaryFolder() + "/ab"
        let enough: @Sendable (PairedRun) -> Bool = { $0.after.boots.count >= 3 }
        _ = try await runner(TakenBoots()).execute(
            .sample(pairs: 5), in: try PairedFolder.create(at: path), isEnough: enough)
        let log = TakenBoots()
        let folder = try PairedFolder.resume(at: path)
        _ = try await runner(log).execute(try folder.load(), in: folder, isEnough: enough)
        XCTAssertEqual(log.boots, [])
    }

    func testAFolderThatHoldsPairsIsNotOverwritten() throws {
        let path = try temporaryFolder() + "/ab"
        _ = try PairedFolder.create(at: path)
        XCTAssertThrowsError(try PairedFolder.create(at: path)) {
            XCTAssertEqual(($0 as? StoreError)?.code, .exists)
        }
    }

    func testADamagedPlanIsAClearError() async throws {
        let path = try temporaryFolder() + "/ab"
        let made = try PairedFolder.create(at: path)
        try made.save(.sample(pairs: 2))
        let good = File.text(made.file)
        let damages: [(String, StoreError.Code)] = [
            ("", .malformed), ("{", .malformed),
            (good.replacingOccurrences(of: "\"schema\" : 1", with: "\"schema\" : 9"), .newerSchema),
            (good.replacingOccurrences(of: "\"index\" : 2", with: "\"index\" : 7"), .malformed),
        ]
        for (text, code) in damages {
            XCTAssertNotEqual(text, good)
            try File.write(Array(text.utf8), to: made.file)
            XCTAssertThrowsError(try made.load(), text) { error in
                let fault = error as? StoreError
                XCTAssertTrue(fault?.code == code || fault?.code == .cutShort, "\(error)")
                XCTAssertEqual(fault?.path, made.file)
            }
        }
    }

    private func runner(_ log: TakenBoots) -> PairedRunner {
        PairedRunner(executors: { log.executor($0) }, progress: NoPairedProgress())
    }
}

/// Takes boots of both sides that end as they are told to, and remembers their order.
private final class TakenBoots: Sendable {
    private let taken = Mutex<[String]>([])
    private let outcome: @Sendable (BootFailure.Side, Plan.PlannedBoot) -> BootOutcome.Kind

    init(
        _ outcome: @escaping @Sendable (BootFailure.Side, Plan.PlannedBoot) -> BootOutcome.Kind = { _, _ in
            .booted
        }
    ) {
        self.outcome = outcome
    }

    var boots: [String] { taken.withLock { $0 } }

    func executor(_ side: BootFailure.Side) -> ScriptedExecutor {
        ScriptedExecutor { [self] planned in
            taken.withLock { $0.append("\(side.rawValue) \(planned.index)") }
            return BootOutcome(outcome(side, planned))
        }
    }
}

private struct NoPairedProgress: PairedProgress {
    func waitingForTheMachine() {}
    func began(_ side: BootFailure.Side, of pair: PairedPlan.Pair, in run: PairedRun) {}
    func ended(_ boot: Boot, on side: BootFailure.Side, in run: PairedRun) {}
}

extension PairedRun {
    /// So many timed pairs after one to warm up.
    fileprivate static func sample(pairs: Int) -> PairedRun {
        let run = Run.sample(boots: pairs)
        return PairedRun(
            plan: PairedPlan(pairing: run.plan, seed: 3, rule: SequentialRule().ending(at: pairs)),
            before: run, after: run)
    }
}
