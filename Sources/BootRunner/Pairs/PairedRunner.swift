import BootModel
import BootStore

/// Tells what a run of pairs is doing, while it does it.
public protocol PairedProgress: Sendable {
    /// Another measured boot holds the machine.
    func waitingForTheMachine()
    /// A boot of a pair begins.
    func began(_ side: BootFailure.Side, of pair: PairedPlan.Pair, in run: PairedRun)
    /// A boot of a pair has ended.
    func ended(_ boot: Boot, on side: BootFailure.Side, in run: PairedRun)
}

/// Takes the boots of two systems in pairs, until enough is known, and keeps every one of them.
///
/// What slows the host for a while slows both boots of a pair alike, and the random order within a pair keeps
/// the one that comes first from always being the same.
public struct PairedRunner: Sendable {
    private let executors: @Sendable (BootFailure.Side) -> any BootExecutor
    private let progress: any PairedProgress
    private let stop: StopSignal

    /// A runner.
    ///
    /// - Parameters:
    ///   - executors: what takes a boot of a side.
    ///   - progress: what is told.
    ///   - stop: raised to stop the run after the boot in flight has been ended.
    public init(
        executors: @escaping @Sendable (BootFailure.Side) -> any BootExecutor, progress: any PairedProgress,
        stop: StopSignal = StopSignal()
    ) {
        self.executors = executors
        self.progress = progress
        self.stop = stop
    }

    /// Takes the pairs that `run` still lacks, and saves it after each boot.
    ///
    /// Ends before the last timed pair where `isEnough` says so; then the pairs that profilers follow are
    /// taken. A boot that fails ends the run with its pair: that is the answer.
    /// - Parameter isEnough: asked after each timed pair that is complete.
    /// - Throws: `RunnerError` or `StoreError` for a fault that ends the run; the boots taken are on disk.
    public func execute(
        _ run: PairedRun, in folder: PairedFolder, isEnough: @Sendable (PairedRun) -> Bool
    ) async throws -> PairedRun {
        var run = run
        let deadline = run.after.plan.limits.run.map { Clock.now + $0 }
        run.dropIncompletePairs()
        run.after.notes.removeAll { $0.hasPrefix(Self.outOfTime) }
        try folder.save(run)
        var stands = run.after.boots.contains { $0.purpose == .timed } && isEnough(run)
        var isComplete = true
        for pair in run.plan.pairs where !run.holds(pair) && !(stands && pair.purpose == .timed) {
            if run.hasFailed { break }
            if let deadline, Clock.now >= deadline {
                run.after.notes.append("\(Self.outOfTime) after \(run.after.boots.count) pairs")
                isComplete = false
                break
            }
            guard try await take(pair, of: &run, in: folder, deadline: deadline) else {
                isComplete = false
                break
            }
            if pair.purpose == .timed { stands = isEnough(run) }
        }
        if isComplete { run.leaveOutWhatIsNotNeeded() }
        for side in [BootFailure.Side.before, .after] where !stop.isRaised {
            run[side].notes += try HostProfiles.fold(run[side], in: folder[side])
            run[side].notes += try GuestProfiles.merge(run[side], in: folder[side])
            run[side].notes += ExactRepetition.notes(run[side], in: folder[side])
            run[side].notes += try GuestCallGraphs.keep(run[side], in: folder[side])
        }
        try folder.save(run)
        return run
    }

    private static let outOfTime = "the time limit was reached"

    /// Takes both boots of a pair; false where the run was told to stop before both were over.
    private func take(
        _ pair: PairedPlan.Pair, of run: inout PairedRun, in folder: PairedFolder, deadline: Nanoseconds?
    ) async throws -> Bool {
        // Held for the pair: somebody else's boot between the two would undo the pairing.
        guard
            let lease = try await MachineLease.acquire(
                stop: stop, waiting: { progress.waitingForTheMachine() })
        else { return false }
        for side in pair.order {
            progress.began(side, of: pair, in: run)
            // What a boot that was interrupted has left would be taken for this one's.
            try folder[side].discardBootFolder(pair.index)
            let boot = try await executors(side).boot(
                Plan.PlannedBoot(index: pair.index, purpose: pair.purpose), of: run[side].plan,
                folder: try folder[side].bootFolder(pair.index), deadline: deadline, stop: stop)
            run[side].boots.append(boot)
            try folder[side].save(run[side])
            progress.ended(boot, on: side, in: run)
            if boot.outcome.kind == .interrupted { return false }
        }
        lease.end()
        return true
    }
}
