import BootModel

extension JUnitSuite {
    /// A console in a body: its first and last bytes. Jenkins keeps 50,000 of each end, GitLab refuses text
    /// of more than some megabytes.
    private static let consoleHead = 4 << 10
    private static let consoleTail = 24 << 10
    /// More consoles than this are named only.
    private static let mostConsoles = 3
    /// More failed boots than this are counted only.
    private static let mostFailures = 50

    /// The suite of a comparison.
    ///
    /// What the outcomes mean, so that they and the exit code agree: an `error` is there exactly where the
    /// verdict is that a boot failed (exit code 3); a `failure` only where the verdict is a regression (1) or
    /// a failed boot; where there is neither, the build passes (0), or cases are skipped with the reason: too
    /// noisy (2), no baseline or an environment that cannot answer (4). JUnit has no word for "cannot tell",
    /// and a build server takes a skip for no failure, so who wants noise to fail a build reads the exit code.
    init(_ comparison: Comparison) {
        let after = comparison.after
        name = Wording.title(comparison)
        startedAt = after.startedAt
        duration = Double(max(0, after.duration.count))
        properties = Self.properties(of: comparison)
        // A dot would make consumers split the name into a package and a class.
        let className = Wording.nonEmpty(
            String(ConsoleText.line(comparison.scenario).map { $0 == "." ? "_" : $0 }), "unnamed scenario")
        let metrics = comparison.results.map { Self.metricCase($0, of: comparison, className) }
        cases = [Self.bootsCase(comparison, className), Self.comparisonCase(comparison, className, metrics)]
        cases += metrics
        var names = UniqueNames()
        for index in cases.indices { cases[index].name = names.unique(cases[index].name) }
    }

    private static func properties(of comparison: Comparison) -> [Environment.Property] {
        typealias Property = Environment.Property
        var properties = [
            Property(name: "scenario", value: ConsoleText.line(comparison.scenario)),
            Property(name: "machine", value: ConsoleText.line(comparison.machine)),
            Property(name: "verdict", value: comparison.verdict.rawValue),
            Property(name: "exit-code", value: String(comparison.verdict.exitCode)),
            Property(name: "reason", value: Wording.reason(comparison)),
        ]
        if let before = comparison.before {
            properties.append(Property(name: "before", value: ConsoleText.line(before.location)))
            properties.append(Property(name: "boots-before", value: String(before.boots)))
        }
        properties.append(Property(name: "after", value: ConsoleText.line(comparison.after.location)))
        properties.append(Property(name: "boots-after", value: String(comparison.after.boots)))
        properties += Environment.properties(comparison.after.fingerprint)
        properties += Environment.differences(comparison).map {
            Property(name: "changed-\($0.name)", value: "\($0.before) -> \($0.after)")
        }
        if let command = Wording.reproduction(comparison) {
            properties.append(Property(name: "reproduce", value: command))
        }
        var names = UniqueNames()
        return properties.map {
            Property(name: names.unique(Wording.nonEmpty($0.name, "unnamed")), value: $0.value)
        }
    }

    /// Every boot reached its end.
    private static func bootsCase(_ comparison: Comparison, _ className: String) -> Case {
        let failures = comparison.failures
        let summary =
            failures.isEmpty
            ? "\(comparison.after.boots) boots of the run after were timed; none failed."
            : "\(failures.count) \(failures.count == 1 ? "boot" : "boots") failed."
        var testCase = Case(
            className: className, name: "boots", duration: Double(max(0, comparison.after.duration.count)),
            outcome: .passed, output: summary, attachments: failures.compactMap(\.console))
        guard comparison.verdict == .failed else {
            if !failures.isEmpty { testCase.output += "\n" + list(failures) }
            return testCase
        }
        let first = failures.first.map { " First: \(Wording.failure($0))" } ?? ""
        let message = failures.isEmpty ? Wording.reason(comparison) : summary + first + again(comparison)
        var body = [message]
        if !failures.isEmpty {
            body.append(Wording.reason(comparison))
            body.append(list(failures))
            body += failures.prefix(mostConsoles).map(console)
        }
        testCase.outcome = .error(
            type: failures.first?.outcome.kind.rawValue ?? "boot-failed", message: message,
            body: body.joined(separator: "\n\n"))
        return testCase
    }

    private static func list(_ failures: [BootFailure]) -> String {
        var lines = failures.prefix(mostFailures).map { failure in
            let log = failure.console.map { " (console: \(ConsoleText.line($0)))" } ?? ""
            return Wording.failure(failure) + log
        }
        if failures.count > mostFailures { lines.append("and \(failures.count - mostFailures) more") }
        return lines.joined(separator: "\n")
    }

    private static func console(_ failure: BootFailure) -> String {
        let text = ConsoleText(failure.consoleTail)
        guard !text.text.isEmpty else {
            return "Boot \(failure.boot) (\(failure.side.rawValue)) wrote nothing."
        }
        return "The last of the console of boot \(failure.boot) (\(failure.side.rawValue)):\n"
            + text.capped(head: consoleHead, tail: consoleTail)
    }

    /// There was something to compare with; and the verdict, where nothing else accounts for it.
    private static func comparisonCase(
        _ comparison: Comparison, _ className: String, _ metrics: [Case]
    ) -> Case {
        let reason = Wording.reason(comparison)
        let explained: Bool
        var outcome = Case.Outcome.passed
        switch comparison.verdict {
        case .pass, .improvement, .failed:
            explained = true
        case .incomparable, .invalidEnvironment:
            explained = false
            outcome = .skipped(reason: "\(Wording.verdict(comparison.verdict)): \(reason)")
        case .inconclusive:
            explained = metrics.contains { if case .skipped = $0.outcome { true } else { false } }
            if !explained { outcome = .skipped(reason: "inconclusive: \(reason)") }
        case .regression:
            explained = metrics.contains { if case .failure = $0.outcome { true } else { false } }
            let message = reason + again(comparison)
            if !explained {
                outcome = .failure(
                    type: "regression", message: message,
                    body: ([message] + blame(comparison)).joined(separator: "\n"))
            }
        }
        var output = ["Verdict: \(Wording.verdict(comparison.verdict)). \(reason)"] + comparison.exactLines
        output += Environment.differences(comparison).map {
            "Changed: \($0.name): \($0.before) -> \($0.after)"
        }
        output += Wording.notes(comparison).map { "Note: \($0)" }
        return Case(
            className: className, name: "comparison", duration: 0, outcome: outcome,
            output: output.joined(separator: "\n"))
    }

    /// A metric is within what its budget allows.
    private static func metricCase(
        _ result: MetricComparison, of comparison: Comparison, _ className: String
    ) -> Case {
        let facts = Wording.facts(result).map { "\($0.label): \($0.value)" }
        let isTime = result.metric.unit == .nanoseconds
        var testCase = Case(
            className: className, name: Wording.name(result.metric),
            duration: isTime ? max(0, result.medianAfter ?? 0) : 0, outcome: .passed,
            output: facts.joined(separator: "\n"))
        let reason = Wording.nonEmpty(ConsoleText.line(result.reason, limit: 2000), Wording.judgement(result))
        switch result.verdict {
        case .pass, .improvement:
            break
        case .inconclusive, .incomparable, .invalidEnvironment, .failed:
            testCase.outcome = .skipped(reason: "\(Wording.verdict(result.verdict)): \(reason)")
        case .regression where result.role == .informs:
            testCase.output = "warning: worse than allowed, but this metric only informs\n" + testCase.output
        case .regression where comparison.verdict == .regression || comparison.verdict == .failed:
            let message = Wording.judgement(result) + blamed(result, comparison) + again(comparison)
            testCase.outcome = .failure(
                type: "regression", message: message,
                body: ([message] + facts.dropFirst() + blame(comparison)).joined(separator: "\n"))
        case .regression:
            // The whole comparison has no answer, so this one is none either; the exit code says the same.
            let verdict = Wording.verdict(comparison.verdict)
            testCase.outcome = .skipped(reason: "\(verdict): \(Wording.reason(comparison))")
        }
        return testCase
    }

    /// The functions that a change of exact counts is in.
    private static func blamed(_ result: MetricComparison, _ comparison: Comparison) -> String {
        guard result.metric.isOfTheGuest, let blame = comparison.blame else { return "" }
        return ". \(blame)"
    }

    /// The functions that a regression is seen in.
    private static func blame(_ comparison: Comparison) -> [String] {
        guard !comparison.functions.isEmpty else { return [] }
        return comparison.exactLines + ["functions that changed most:"]
            + comparison.functions.prefix(20).map { "  " + Wording.function($0) }
    }

    private static func again(_ comparison: Comparison) -> String {
        Wording.reproduction(comparison).map { ". Reproduce with: \($0)" } ?? ""
    }

    /// The suites of all comparisons of a test run, each with a name and a class of its own: two cases of one
    /// name would be one to a build server, and the second be taken for the first.
    static func suites(_ comparisons: [Comparison]) -> [JUnitSuite] {
        var names = UniqueNames()
        var classes = UniqueNames()
        return comparisons.map { comparison in
            var suite = JUnitSuite(comparison)
            suite.name = names.unique(suite.name)
            let className = classes.unique(suite.cases[0].className)
            for index in suite.cases.indices { suite.cases[index].className = className }
            return suite
        }
    }
}

/// Names that are told apart by a number where they are the same.
private struct UniqueNames {
    private var seen: [String: Int] = [:]

    mutating func unique(_ name: String) -> String {
        var candidate = name
        while seen[candidate] != nil {
            seen[name, default: 1] += 1
            candidate = "\(name) (\(seen[name, default: 1]))"
        }
        seen[candidate] = 1
        return candidate
    }
}
