import BootComparison
import BootModel
import BootRunner
import BootStatistics
import Foundation

/// Takes comparisons of one kind, one after the other.
struct Sitting {
    var guest: BenchmarkGuest
    /// By how much the run after is slowed, in percent of one phase.
    var percent: Double
    /// How many pairs each comparison takes; nil for as many as the rule wants.
    var pairs: Int?
    var file: String

    /// Takes so many comparisons and appends each to the file.
    func take(_ comparisons: Int) async throws {
        let (old, new) = (guest.command(percent: 0), guest.command(percent: percent))
        let host = await HostTools.probe(for: old, collectors: [.guestInstructions])
        let options = RunOptions(
            boots: pairs ?? SequentialRule().looks.last ?? 40, collectors: [.guestInstructions])
        let name = guest.rawValue
        let before = try await Run.planned(
            scenario: name, command: old, script: guest.script, options: options, host: host)
        let after = try await Run.planned(
            scenario: name, command: new, script: guest.script, options: options, host: host)
        let executor = QEMUExecutor(host)
        for number in 1...comparisons {
            let seed = UInt64.random(in: 1..<1 << 53)
            let plan = PairedPlan(pairing: after.plan, seed: seed, rule: SequentialRule())
            let path = NSTemporaryDirectory() + "/bootmark-verdicts-\(getpid())"
            defer { try? FileManager.default.removeItem(atPath: path) }
            let folder = try PairedFolder.create(at: path)
            let runner = PairedRunner(executors: { _ in executor }, progress: Silence())
            let done = try await runner.execute(
                PairedRun(plan: plan, before: before, after: after), in: folder
            ) { run in
                pairs == nil
                    && guest.metrics(slowed: percent > 0).allSatisfy { metric in
                        let comparator = PairedComparator()
                        let sides = [run.before, run.after].map { $0.gated(on: metric) }
                        return comparator.isEnough(
                            comparator.progress(before: sides[0], after: sides[1]))
                    }
            }
            try Taken(
                guest: guest, percent: percent, seed: seed, before: done.before.reduced,
                after: done.after.reduced
            ).append(to: file)
            FileHandle.standardError.write(
                Data(
                    "\(guest) +\(percent) %: comparison \(number) of \(comparisons), \(done.after.samples(of: .bootTime).count) pairs\n"
                        .utf8))
        }
    }
}

/// Progress that nobody watches.
private struct Silence: PairedProgress {
    func waitingForTheMachine() {}
    func began(_ side: BootFailure.Side, of pair: PairedPlan.Pair, in run: PairedRun) {}
    func ended(_ boot: Boot, on side: BootFailure.Side, in run: PairedRun) {}
}

extension Run {
    /// The run, to be judged by one metric alone, as a scenario's budget would have it.
    func gated(on metric: Metric) -> ComparedRun {
        var run = self
        run.plan.budgets = [
            Budget(metric: metric, tolerance: PairedComparator.Settings().tolerance(of: metric))
        ]
        return ComparedRun(run: run, location: scenario)
    }

    /// The run without what the table does not need.
    fileprivate var reduced: Run {
        var run = self
        run.boots = run.boots.map { boot in
            var boot = boot
            boot.milestones = []
            boot.notes = []
            return boot
        }
        return run
    }
}
