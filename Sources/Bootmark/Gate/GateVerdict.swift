import BootModel
import BootReports

/// What a test framework is to do with a scenario's outcome.
enum GateVerdict: Sendable, Hashable {
    /// The test passes; this may be said.
    case passes(String)
    /// The test is skipped, for this reason.
    case skips(String)
    /// The test fails, with this message.
    case fails(String)

    /// A verdict on an outcome.
    ///
    /// Whatever is not known to be good fails: a gate that passed on "cannot tell" would be no gate. What
    /// cannot be booted here is skipped for a person, who is told what to install, and fails in a build that
    /// runs unattended, where nobody reads.
    init(_ outcome: ScenarioGate.Outcome, of scenario: String, settings: GateSettings) {
        switch outcome {
        case .unavailable(let reason, let isMissingPart):
            let reason = "\(scenario): \(ConsoleText.line(reason))"
            self = isMissingPart && settings.isUnattended ? .fails(reason) : .skips(reason)
        case .recorded(let reason, let reports):
            let reason = "\(scenario): \(reason)\n  Reports: \(reports)/summary.md"
            // Asked for by name, it is what was wanted. By default it fails, as snapshot tests do: a pass would
            // be silent, and a skip would end a test that goes on to other scenarios.
            self = settings.policyIsNamed ? .passes(reason) : .fails(reason)
        case .judged(let comparison, let note, let reports):
            let text = Self.text(comparison, note: note, reports: reports)
            self = [.pass, .improvement].contains(comparison.verdict) ? .passes(text) : .fails(text)
        }
    }

    /// Judges a scenario under the settings of the environment, and says on standard error how a pass came
    /// about. The outcome is nil where a fault kept it from being judged, which fails.
    static func reached(by scenario: Scenario, test: String) async -> (Self, ScenarioGate.Outcome?) {
        do {
            let settings = try GateSettings()
            let outcome = try await ScenarioGate(settings: settings).judge(scenario, test: test)
            let verdict = GateVerdict(outcome, of: scenario.name, settings: settings)
            if case .passes(let text) = verdict { GateProgress.tell(text) }
            return (verdict, outcome)
        } catch {
            // One line of our own, in place of the error's type with all its fields.
            return (.fails("\(scenario.name): \(error)"), nil)
        }
    }

    /// The verdict, each gated metric that is to blame, the failed boots, and where to read on.
    private static func text(_ comparison: Comparison, note: String?, reports: String) -> String {
        var lines = [
            "\(comparison.scenario) (\(comparison.machine)): \(comparison.verdict.rawValue). \(comparison.reason)"
        ]
        for result in comparison.results where result.role == .gates && result.verdict != .pass {
            lines.append("  \(result.metric.id): \(result.reason)")
        }
        if let blame = comparison.blame { lines.append("  \(blame)") }
        for failure in comparison.failures.prefix(5) {
            lines.append(
                "  boot \(failure.boot) (\(failure.side.rawValue)): \(failure.outcome.kind.rawValue): \(failure.outcome.detail)"
            )
        }
        if let note { lines.append("  \(note)") }
        lines.append("  Reports: \(reports)/summary.md, \(reports)/junit.xml")
        return lines.map({ ConsoleText.line($0) }).joined(separator: "\n")
    }
}
