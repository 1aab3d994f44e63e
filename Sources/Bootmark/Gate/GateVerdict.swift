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
    init(_ outcome: ScenarioGate.Outcome, settings: GateSettings) {
        switch outcome {
        case .unavailable(let reason, let isMissingPart):
            self = isMissingPart && settings.isUnattended ? .fails(reason) : .skips(reason)
        case .recorded(let reason, _):
            // Asked for by name, it is what was wanted. By default it fails, as snapshot tests do: a pass would
            // be silent, and a skip would end a test that goes on to other scenarios.
            self = settings.policyIsNamed ? .passes(reason) : .fails(reason)
        case .judged(let comparison, let reports):
            let text = Self.text(comparison, reports: reports)
            self = [.pass, .improvement].contains(comparison.verdict) ? .passes(text) : .fails(text)
        }
    }

    /// The verdict, each gated metric that is to blame, the failed boots, and where to read on.
    private static func text(_ comparison: Comparison, reports: String) -> String {
        var lines = [
            "\(comparison.scenario) (\(comparison.machine)): \(comparison.verdict.rawValue). \(comparison.reason)"
        ]
        for result in comparison.results where result.role == .gates && result.verdict != .pass {
            lines.append("  \(result.metric.id): \(result.reason)")
        }
        for failure in comparison.failures.prefix(5) {
            lines.append(
                "  boot \(failure.boot) (\(failure.side.rawValue)): \(failure.outcome.kind.rawValue): \(failure.outcome.detail)"
            )
        }
        lines.append("  Reports: \(reports)/summary.md, \(reports)/junit.xml")
        return lines.map({ ConsoleText.line($0) }).joined(separator: "\n")
    }
}
