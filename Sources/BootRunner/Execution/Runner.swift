import BootModel
import BootStore
import Foundation

/// Tells what a run is doing, while it does it.
public protocol RunProgress: Sendable {
    /// Another measured boot holds the machine.
    func waitingForTheMachine()
    /// A boot begins.
    func began(_ boot: Plan.PlannedBoot, of plan: Plan)
    /// A boot has ended.
    func ended(_ boot: Boot, of run: Run)
}

/// Takes the boots of a plan, one after the other, and keeps every one of them.
public struct Runner: Sendable {
    private let executor: any BootExecutor
    private let progress: any RunProgress
    private let stop: StopSignal

    /// A runner.
    ///
    /// - Parameters:
    ///   - executor: what takes a boot.
    ///   - progress: what is told.
    ///   - stop: raised to stop the run after the boot in flight has been ended.
    public init(executor: any BootExecutor, progress: any RunProgress, stop: StopSignal = StopSignal()) {
        self.executor = executor
        self.progress = progress
        self.stop = stop
    }

    /// Takes the boots that `run` still lacks, and saves it after each.
    ///
    /// A boot that fails is kept and the run goes on, so that the report shows whether it was one boot or
    /// all; after three failures with no boot that worked between them, the rest is left.
    /// - Throws: `RunnerError` or `StoreError` for a fault that ends the run; the boots taken are on disk.
    public func execute(_ run: Run, in folder: RunFolder) async throws -> Run {
        var run = run
        let deadline = run.plan.limits.run.map { Clock.now + $0 }
        run.notes.removeAll { note in Self.endings.contains { note.hasPrefix($0) } }
        // An interrupted boot was ended by the runner, not by the guest: it is taken again.
        run.boots.removeAll { $0.outcome.kind == .interrupted }
        try folder.save(run)
        for planned in run.plan.boots where !run.boots.contains(where: { $0.index == planned.index }) {
            if let deadline, Clock.now >= deadline {
                run.notes.append(
                    "\(Self.outOfTime) after \(run.boots.count) of \(run.plan.boots.count) boots; --resume takes the rest"
                )
                break
            }
            guard let boot = try await take(planned, of: run.plan, in: folder, deadline: deadline) else {
                break
            }
            run.boots.append(boot)
            try folder.save(run)
            progress.ended(boot, of: run)
            if boot.outcome.kind == .interrupted { break }
            if run.boots.suffix(3).count == 3, run.boots.suffix(3).allSatisfy({ !$0.outcome.isBooted }) {
                run.notes.append(
                    "\(Self.threeFailures), so the remaining \(run.plan.boots.count - run.boots.count) were not taken"
                )
                break
            }
        }
        if stop.isRaised == false { run.notes += try HostProfiles.fold(run, in: folder) }
        if stop.isRaised == false { run.notes += try GuestProfiles.merge(run, in: folder) }
        run.notes += ExactRepetition.notes(run, in: folder)
        run.notes += UnreachedMilestones.notes(run, in: folder)
        if stop.isRaised == false { run.notes += try GuestCallGraphs.keep(run, in: folder) }
        try folder.save(run)
        return run
    }

    private static let outOfTime = "the run's time limit was reached"
    private static let threeFailures = "three boots in a row failed"
    /// How notes begin that are no longer true once the run has gone on.
    private static let endings = [
        outOfTime, threeFailures, ExactRepetition.note, ExactRepetition.withoutCount,
        UnreachedMilestones.note,
    ]

    /// Takes a boot; nil where the run was told to stop before it began.
    private func take(
        _ planned: Plan.PlannedBoot, of plan: Plan, in folder: RunFolder, deadline: Nanoseconds?
    ) async throws -> Boot? {
        // Held for one boot, not for the run: two runs at once take turns rather than one starve.
        guard
            let lease = try await MachineLease.acquire(
                stop: stop, waiting: { progress.waitingForTheMachine() })
        else { return nil }
        progress.began(planned, of: plan)
        // What a boot that was interrupted has left would be taken for this one's.
        try folder.discardBootFolder(planned.index)
        let boot = try await executor.boot(
            planned, of: plan, folder: try folder.bootFolder(planned.index), deadline: deadline, stop: stop)
        lease.end()
        return boot
    }
}
