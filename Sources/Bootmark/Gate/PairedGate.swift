import BootComparison
import BootModel
import BootReports
import BootRunner
import BootStatistics
import BootStore
import Foundation

extension ScenarioGate {
    /// Boots a scenario and its reference in turns until enough is known, judges the pairs, and leaves both runs and
    /// the reports in the scenario's folder. No baseline is read or recorded.
    ///
    /// - Parameters:
    ///   - scenario: what is judged; it has no problems, and its files are there.
    ///   - reference: what it is compared with.
    ///   - test: what `swift test --filter` takes to run this again.
    /// - Throws: `RunnerError` and `StoreError` for what ends a run.
    func judgeInPairs(
        _ scenario: Scenario, against reference: Scenario, test: String
    ) async throws -> Outcome {
        let most = settings.pairs ?? scenario.pairs.most ?? (scenario.isExact ? 2 : 40)
        let rule = SequentialRule().ending(at: most)
        let comparator = PairedComparator(settings: .init(rule: rule))
        var options = options(scenario)
        options.boots = most
        let before = await PairedRun.System(
            reference.qemuCommand(), machine: reference.machine.summary, collectors: scenario.collectors,
            script: scenario.script)
        let after = await PairedRun.System(
            scenario.qemuCommand(), machine: scenario.machine.summary, collectors: scenario.collectors,
            script: scenario.script)
        let planned: PairedRun
        do {
            planned = try await PairedRun.planned(
                scenario: scenario.name, script: scenario.script, before: before, after: after,
                options: options, pins: true, rule: rule, seed: scenario.pairs.seed,
                reproduction: { _ in ["swift", "test", "--filter", test] }, budgets: { _ in scenario.budgets }
            )
        } catch let error as RunnerError where error.code == .environment {
            return .unavailable(error.description, isMissingPart: true)
        }
        return try await Turn.taking("\(settings.reports)/\(scenario.name)/.lock") {
            try removeStale(scenario.name)
            let reports = "\(settings.reports)/\(scenario.name)"
            let folder = try PairedFolder.create(at: "\(reports)/pairs")
            let executors = (before: executor(before.host), after: executor(after.host))
            let progress = GateProgress(scenario.name)
            progress.tellWhatDisturbs(Diagnosis.disturbances(before: [planned.before, planned.after]))
            let runner = PairedRunner(
                executors: { $0 == .before ? executors.before : executors.after },
                progress: progress)
            let done = try await runner.execute(planned, in: folder) { run in
                comparator.isEnough(
                    comparator.progress(
                        before: ComparedRun(run: run.before, location: folder.before.path),
                        after: ComparedRun(run: run.after, location: folder.after.path)))
            }
            let sides = [BootFailure.Side.before, .after].map { side in
                ComparedRun(
                    run: done[side], location: folder[side].path,
                    failures: folder[side].failures(of: done[side], side: side))
            }
            let comparison = try ComparisonFolder(path: reports).write(
                comparator.compare(
                    before: sides[0], after: sides[1], reproduction: done.plan.reproduction),
                before: try ProfiledSide(folder.before), after: try ProfiledSide(folder.after))
            return .judged(comparison, note: "Seed of the pairs' order: \(done.plan.seed).", reports: reports)
        }
    }
}
