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
        /// It was compared.
        case judged(Comparison, reports: String)
        /// It became the baseline; there was nothing to compare it with, or the policy asked for it.
        case recorded(String, reports: String)
        /// It could not be booted here, for this reason. `isMissingPart`: a tool or guest that an unattended
        /// build has to have; else something of the user's own that was not named.
        case unavailable(String, isMissingPart: Bool)
    }

    private let settings: GateSettings
    private let comparator: UnpairedComparator
    private let executor: (@Sendable (HostTools) -> any BootExecutor)

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
        if let absence = scenario.absence {
            return .unavailable(absence, isMissingPart: scenario.medium.artifact.variable == nil)
        }
        let command = scenario.qemuCommand()
        let host = await HostTools.probe(for: command, collectors: scenario.collectors)
        let planned: Run
        do {
            planned = try await Run.planned(
                scenario: scenario.name, command: command, script: scenario.script,
                machine: scenario.machine.summary, budgets: scenario.budgets, options: options(scenario),
                host: host)
        } catch let error as RunnerError where error.code == .environment {
            return .unavailable(error.description, isMissingPart: true)
        }
        let folder = try newFolder(scenario.name)
        let runner = Runner(executor: executor(host), progress: QuietProgress())
        let run = try await runner.execute(planned, in: folder)
        return try conclude(run, in: folder, test: test)
    }

    private func options(_ scenario: Scenario) -> RunOptions {
        RunOptions(
            boots: settings.boots ?? scenario.boots, recordedBoots: scenario.recordedBoots,
            collectors: scenario.collectors, limits: scenario.limits)
    }

    /// The folder of the scenario's run, in place of the one of the last time.
    private func newFolder(_ name: String) throws -> RunFolder {
        let path = "\(settings.reports)/\(name)/run"
        if FileManager.default.fileExists(atPath: path) {
            do {
                try FileManager.default.removeItem(atPath: path)
            } catch {
                throw GateError(
                    "\(path), the run of the last time, could not be removed: \(error.localizedDescription). Remove it by hand."
                )
            }
        }
        return try RunFolder.create(at: path)
    }

    private func conclude(_ run: Run, in folder: RunFolder, test: String) throws -> Outcome {
        let store = BaselineStore(root: settings.baselines)
        let baseline = try store.load(run.scenario)
        let reports = "\(settings.reports)/\(run.scenario)"
        let after = ComparedRun(
            run: run, location: folder.path, failures: folder.failures(of: run, side: .after))
        let before = baseline.map { ComparedRun(run: $0.run, location: $0.path) }
        let comparison = try ComparisonFolder(path: reports).write(
            comparator.compare(
                before: before, after: after, reproduction: ["swift", "test", "--filter", test]),
            before: try baseline.map(ProfiledSide.init), after: try ProfiledSide(folder))
        let decision = settings.policy.decision(hasBaseline: baseline != nil, verdict: comparison.verdict)
        if decision.records { _ = try store.accept(folder) }
        // A run that was compared is judged by that, recorded or not.
        if let reason = decision.reason, decision.records, !decision.compares {
            return .recorded(reason, reports: reports)
        }
        return .judged(comparison, reports: reports)
    }
}

/// Says nothing: a test's result is its message.
private struct QuietProgress: RunProgress {
    func waitingForTheMachine() {}
    func began(_ boot: Plan.PlannedBoot, of plan: Plan) {}
    func ended(_ boot: Boot, of run: Run) {}
}
