import BootComparison
import BootModel
import BootReports
import BootRunner
import BootStore
import Foundation

/// Takes a scenario's boots, judges them against its baseline, writes the reports: the one core under XCTest
/// and Swift Testing.
public struct ScenarioGate: Sendable {
    /// What became of a scenario.
    public enum Outcome: Sendable {
        /// It was compared. `note`: what became of the baseline, or how to get one.
        case judged(Comparison, note: String?, reports: String)
        /// It became the baseline: there was nothing to compare it with.
        case recorded(String, reports: String)
        /// It could not be booted here, for this reason. `isMissingPart`: a tool or guest that an unattended
        /// build has to have; else something of the user's own that was not named.
        case unavailable(String, isMissingPart: Bool)
    }

    let settings: GateSettings
    private let comparator: UnpairedComparator
    let executor: (@Sendable (HostTools) -> any BootExecutor)

    /// A gate.
    ///
    /// - Parameters:
    ///   - settings: folders and policies.
    ///   - comparator: how runs are compared.
    public init(settings: GateSettings, comparator: UnpairedComparator = UnpairedComparator()) {
        self.init(settings: settings, comparator: comparator) { QEMUExecutor($0) }
    }

    init(
        settings: GateSettings, comparator: UnpairedComparator = UnpairedComparator(),
        executor: @escaping @Sendable (HostTools) -> any BootExecutor
    ) {
        self.settings = settings
        self.comparator = comparator
        self.executor = executor
    }

    /// Boots a scenario, judges it, and leaves run and reports in a folder of its name.
    ///
    /// - Parameters:
    ///   - scenario: what is booted.
    ///   - test: what `swift test --filter` takes to run this again.
    /// - Throws: `GateError` for a scenario that is wrong, `RunnerError` and `StoreError` for what ends a run.
    public func judge(_ scenario: Scenario, test: String) async throws -> Outcome {
        guard scenario.problems.isEmpty else {
            throw GateError(
                "The scenario \(scenario.name) is wrong. \(scenario.problems.joined(separator: " "))")
        }
        let sitting = Sitting(in: settings.reports)
        try await sitting.begin()
        if let absence = scenario.absence, let artifact = scenario.absentArtifact {
            // A variable that is not set asks for nothing; one that names a file which is not there is wrong.
            return .unavailable(
                absence, isMissingPart: artifact.variable == nil || !artifact.path.isEmpty)
        }
        if let reference = scenario.referenceScenario {
            let outcome = try await judgeInPairs(scenario, against: reference, test: test)
            if case .judged = outcome { try await sitting.add(scenario.name) }
            return outcome
        }
        let command = scenario.qemuCommand()
        let host = await HostTools.probe(
            for: command, collectors: scenario.collectors, script: scenario.script)
        let planned: Run
        do {
            planned = try await Run.planned(
                scenario: scenario.name, command: command, script: scenario.script,
                machine: scenario.machine.summary, budgets: scenario.budgets, options: options(scenario),
                host: host)
        } catch let error as RunnerError where error.code == .environment {
            return .unavailable(error.description, isMissingPart: true)
        }
        // Two tests may boot one scenario, and its folder holds one run.
        let outcome = try await Turn.taking("\(settings.reports)/\(scenario.name)/.lock") {
            let folder = try newFolder(scenario.name)
            let progress = GateProgress(scenario.name)
            progress.tellWhatDisturbs(Diagnosis.disturbances(before: [planned]))
            let runner = Runner(executor: executor(host), progress: progress)
            let run = try await runner.execute(planned, in: folder)
            return try conclude(run, in: folder, test: test)
        }
        try await sitting.add(scenario.name)
        return outcome
    }

    func options(_ scenario: Scenario) -> RunOptions {
        RunOptions(
            boots: settings.boots ?? scenario.boots, recordedBoots: scenario.recordedBoots,
            warmUp: settings.warmsUp,
            collectors: scenario.collectors, limits: scenario.limits, isExact: scenario.isExact,
            controls: scenario.controls,
            symbols: scenario.symbols, rules: scenario.rules, instruments: scenario.instruments)
    }

    /// The folder of the scenario's run, in place of the one of the last time.
    private func newFolder(_ name: String) throws -> RunFolder {
        try removeStale(name)
        return try RunFolder.create(at: "\(settings.reports)/\(name)/run")
    }

    /// Removes the boots and the reports of the last time: should this run come to no end, they would be taken for
    /// its.
    func removeStale(_ name: String) throws {
        let reports = "\(settings.reports)/\(name)"
        for stale in ReportSet.standard.reporters.map(\.fileName) + ["run", "pairs"] {
            let path = "\(reports)/\(stale)"
            guard FileManager.default.fileExists(atPath: path) else { continue }
            do {
                try FileManager.default.removeItem(atPath: path)
            } catch {
                throw GateError(
                    "\(path), of the last time, could not be removed: \(error.localizedDescription). Remove it by hand."
                )
            }
        }
    }

    private func conclude(_ run: Run, in folder: RunFolder, test: String) throws -> Outcome {
        let store = BaselineStore(root: settings.baselines)
        let baseline = try store.load(run.scenario)
        let reports = "\(settings.reports)/\(run.scenario)"
        let after = ComparedRun(
            run: run, location: folder.path, failures: folder.failures(of: run, side: .after))
        let accepted = try baseline?.accepted().map { ComparedRun(run: $0.run, location: $0.file) } ?? []
        let fixed = try baseline?.fixed().map { ComparedRun(run: $0.run, location: $0.file) }
        let comparison = try ComparisonFolder(path: reports).write(
            comparator.compare(
                settings.reference, accepted: accepted, fixed: fixed, after: after,
                reproduction: ["swift", "test", "--filter", test]),
            before: try baseline.map { try ProfiledSide($0) }, after: try ProfiledSide(folder))
        let decision = settings.policy.decision(hasBaseline: baseline != nil, verdict: comparison.verdict)
        if decision.records {
            _ = try store.accept(
                folder, keeping: settings.reference.runs,
                fixing: settings.reference == .fixed ? .first : .asBefore)
        }
        // A run that was compared is judged by that, recorded or not.
        if let reason = decision.reason, decision.records, !decision.compares {
            return .recorded(reason, reports: reports)
        }
        return .judged(comparison, note: decision.reason, reports: reports)
    }
}
