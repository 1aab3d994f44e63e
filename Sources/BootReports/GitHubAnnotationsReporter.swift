import BootModel

/// Annotations for GitHub's checks: lines that a workflow's step prints to its standard output.
///
/// GitHub shows ten errors and ten warnings of a step, so each scenario gives one line for each metric that
/// decides and for the boots, and none where all is well.
public struct GitHubAnnotationsReporter: Reporter {
    /// A reporter with nothing to set.
    public init() {}

    /// `annotations.txt`.
    public var fileName: String { "annotations.txt" }

    /// The lines as UTF-8; empty where nothing is to be said.
    public func report(on comparisons: [Comparison], beside neighbours: Set<String>) throws -> [UInt8] {
        Array(comparisons.flatMap(Self.lines).joined().utf8)
    }

    private static func lines(_ comparison: Comparison) -> [String] {
        let title = "\(Wording.title(comparison)): \(Wording.verdict(comparison.verdict))"
        let again = Wording.reproduction(comparison).map { "\nReproduce with: \($0)" } ?? ""
        switch comparison.verdict {
        case .pass, .improvement:
            return []
        case .regression:
            let regressions = comparison.results.filter { $0.role == .gates && $0.verdict == .regression }
            let messages =
                regressions.isEmpty ? [Wording.reason(comparison)] : regressions.map(Wording.judgement)
            return messages.map { line("error", title, $0 + again) }
        case .failed:
            let first = comparison.failures.first.map { "\nFirst: " + Wording.failure($0) } ?? ""
            return [line("error", title, Wording.reason(comparison) + first + again)]
        case .inconclusive, .incomparable, .invalidEnvironment:
            return [line("warning", title, Wording.reason(comparison))]
        }
    }

    /// A workflow command. GitHub decodes `%XX`, so these characters must not stand for themselves.
    private static func line(_ level: String, _ title: String, _ message: String) -> String {
        func escaped(_ text: String) -> String {
            text.replacing("%", by: "%25").replacing("\r", by: "%0D").replacing("\n", by: "%0A")
        }
        let property = escaped(title).replacing(":", by: "%3A").replacing(",", by: "%2C")
        return "::\(level) title=\(property)::\(escaped(message))\n"
    }
}
