import BootModel

/// The phrases of every report, so that each format says the same, and nothing in them can act: what comes
/// from a guest, a symbol table or a command line is cleaned and cut to one line here.
enum Wording {
    /// The verdict in one or two words.
    static func verdict(_ verdict: Verdict) -> String {
        switch verdict {
        case .pass: "pass"
        case .improvement: "improvement"
        case .regression: "regression"
        case .inconclusive: "inconclusive"
        case .failed: "boot failed"
        case .incomparable: "incomparable"
        case .invalidEnvironment: "invalid environment"
        }
    }

    /// The verdict of a whole test run: the one that asks most urgently for a person.
    static func overall(_ comparisons: [Comparison]) -> Verdict {
        let byUrgency: [Verdict] = [
            .failed, .regression, .invalidEnvironment, .incomparable, .inconclusive, .improvement,
        ]
        return byUrgency.first { verdict in comparisons.contains { $0.verdict == verdict } } ?? .pass
    }

    /// What was booted, on what.
    static func title(_ comparison: Comparison) -> String {
        let scenario = nonEmpty(ConsoleText.line(comparison.scenario), "unnamed scenario")
        let machine = ConsoleText.line(comparison.machine)
        return machine.isEmpty ? scenario : "\(scenario) (\(machine))"
    }

    /// Why the verdict is what it is.
    static func reason(_ comparison: Comparison) -> String {
        nonEmpty(ConsoleText.line(comparison.reason, limit: 2000), "No reason was given.")
    }

    /// What the metric is called.
    static func name(_ metric: Metric) -> String {
        nonEmpty(ConsoleText.line(metric.id, limit: 200), "unnamed")
    }

    /// A value of the metric; all its digits where it is exact.
    static func value(_ value: Double?, _ metric: Metric) -> String {
        guard let value else { return "-" }
        let isExact = metric.determinism == .exact && metric.unit == .count
        return isExact ? Quantity.exactText(value) : Quantity.text(value, unit: metric.unit)
    }

    /// The estimated change: `+12.3 %`; `-` where there is none.
    static func change(_ result: MetricComparison) -> String {
        result.change.map { Quantity.percent($0.estimate) } ?? "-"
    }

    /// The interval of the change: `+10.1 % to +14.5 %`.
    static func interval(_ result: MetricComparison) -> String {
        switch (result.change?.low, result.change?.high) {
        case (nil, nil): "-"
        case (let low?, nil): "\(Quantity.percent(low)) or more"
        case (nil, let high?): "\(Quantity.percent(high)) or less"
        case (let low?, let high?): "\(Quantity.percent(low)) to \(Quantity.percent(high))"
        }
    }

    /// The change that is still allowed: `at most +3.0 %`.
    static func allowedChange(_ result: MetricComparison) -> String {
        switch result.metric.polarity {
        case .lowerIsBetter: "at most \(Quantity.percent(result.tolerance))"
        case .higherIsBetter: "at least \(Quantity.percent(-result.tolerance))"
        }
    }

    /// The range that is still allowed, in the metric's unit: `at most 1.27 s`. Nil without values before.
    static func allowedValue(_ result: MetricComparison) -> String? {
        guard let before = result.medianBefore, before.isFinite else { return nil }
        return switch result.metric.polarity {
        case .lowerIsBetter: "at most \(value(before * (1 + result.tolerance), result.metric))"
        case .higherIsBetter: "at least \(value(before * (1 - result.tolerance), result.metric))"
        }
    }

    /// How many boots there were: `n = 20 before, 19 after`.
    static func count(_ result: MetricComparison) -> String {
        "n = \(result.before.count) before, \(result.after.count) after"
    }

    /// The judgement on one metric in one line: number, allowed range, interval, n.
    static func judgement(_ result: MetricComparison) -> String {
        var parts = ["\(name(result.metric)): \(verdict(result.verdict))"]
        if result.change != nil { parts.append("changed by \(change(result))") }
        if let change = result.change, change.low != nil || change.high != nil {
            parts.append("\(Quantity.share(change.confidence)) interval \(interval(result))")
        }
        let range = allowedValue(result).map { " (\($0))" } ?? ""
        parts.append("allowed \(allowedChange(result))\(range)")
        parts.append("median \(value(result.medianBefore, result.metric)) before")
        parts.append("\(value(result.medianAfter, result.metric)) after")
        parts.append(count(result))
        return parts.joined(separator: ", ")
    }

    /// All that is known of one metric, as labels and values.
    static func facts(_ result: MetricComparison) -> [(label: String, value: String)] {
        var facts = [("judgement", judgement(result))]
        let reason = ConsoleText.line(result.reason, limit: 2000)
        if !reason.isEmpty { facts.append(("reason", reason)) }
        facts.append(("role", result.role == .gates ? "decides the verdict" : "informs, and fails no build"))
        if let p = result.pWorse { facts.append(("p of worse", probability(p))) }
        if let p = result.pBetter { facts.append(("p of better", probability(p))) }
        if let share = result.detectable {
            facts.append(("smallest slowdown that could be found", Quantity.share(share)))
        }
        if let floor = floor(result) { facts.append(("layout alone can move it by", floor)) }
        if result.metric.determinism == .exact, let spread = spread(result) {
            facts.append(("the same images differ by", value(spread, result.metric)))
        }
        facts.append(("before", values(result.before, result.metric)))
        facts.append(("after", values(result.after, result.metric)))
        return facts
    }

    /// What layout alone can move an exact metric by, with what that rests on: `330,000 (4 controls)`; nil where it is
    /// unknown.
    static func floor(_ result: MetricComparison) -> String? {
        guard let floor = result.floor else { return nil }
        let count = result.controls.map { " (\(controls($0)))" } ?? ""
        return value(floor.rounded(.up), result.metric) + count
    }

    /// `1 control`, `4 controls`.
    static func controls(_ count: Int) -> String { "\(count) control\(count == 1 ? "" : "s")" }

    /// How far the boots of one side lie apart; nil where no side was booted twice.
    static func spread(_ result: MetricComparison) -> Double? {
        [result.before, result.after].filter { $0.count > 1 }
            .compactMap { values in zip(values.max(), values.min()).map { $0 - $1 } }.max()
    }

    private static func zip(_ one: Double?, _ other: Double?) -> (Double, Double)? {
        if let one, let other { (one, other) } else { nil }
    }

    /// A probability with four decimals.
    static func probability(_ p: Double) -> String {
        p.isFinite ? (p < 0.00005 ? "below 0.0001" : FixedDecimal.text(p, places: 4)) : "unknown"
    }

    /// The first hundred values, by boot.
    private static func values(_ values: [Double], _ metric: Metric) -> String {
        let limit = 100
        let shown = values.prefix(limit).map { value($0, metric) }.joined(separator: "; ")
        let rest = values.count > limit ? "; and \(values.count - limit) more" : ""
        return values.isEmpty ? "no values" : shown + rest
    }

    /// The end of a boot that failed: `boot 3 of the run after: panicked: Kernel panic ...`.
    static func failure(_ failure: BootFailure) -> String {
        let detail = ConsoleText.line(failure.outcome.detail)
        let end = outcome(failure.outcome.kind)
        return "boot \(failure.boot) of the run \(failure.side.rawValue): \(end)"
            + (detail.isEmpty ? "" : ": \(detail)")
    }

    /// How a boot ended, in words.
    static func outcome(_ kind: BootOutcome.Kind) -> String {
        switch kind {
        case .booted: "booted"
        case .panicked: "panicked"
        case .reset: "reset"
        case .poweredOff: "powered off before it was booted"
        case .hung: "hung"
        case .refused: "QEMU ended with an error"
        case .crashed: "QEMU was ended by a signal"
        case .timedOut: "out of time"
        case .interrupted: "interrupted"
        }
    }

    /// A function's change: `memset (guest): 4.0 % itself before, 19.0 % after; with what it calls ...`.
    static func function(_ change: FunctionChange) -> String {
        if let instructions = instructions(change) { return "\(name(change)) (guest): \(instructions)" }
        return "\(name(change)) (\(change.origin.rawValue)): "
            + "itself \(Quantity.share(change.selfBefore)) before, \(Quantity.share(change.selfAfter)) after; "
            + "with what it calls \(Quantity.share(change.totalBefore)) before, "
            + "\(Quantity.share(change.totalAfter)) after"
    }

    /// A guest function's change in instructions; nil for a function of the host.
    static func instructions(_ change: FunctionChange) -> String? {
        guard let basis = change.basis else { return nil }
        let own = amount((change.selfAfter - change.selfBefore) * basis)
        let total = amount((change.totalAfter - change.totalBefore) * basis)
        let caller = caller(change).map { ", called from \($0)" } ?? ""
        return "itself \(own) instructions, with what it calls \(total)\(caller)"
    }

    /// The caller for whom a function changed most.
    static func caller(_ change: FunctionChange) -> String? {
        change.caller.map { nonEmpty(ConsoleText.line($0, limit: 160), "unnamed") }
    }

    /// A signed number of instructions.
    static func amount(_ value: Double) -> String {
        (value < 0 ? "-" : "+") + Quantity.text(abs(value).rounded(), unit: .count)
    }

    /// The functions of an exact comparison as rows: name, itself, with what it calls, caller, floors. Nil where
    /// the comparison is not exact.
    static func exactFunctions(_ comparison: Comparison) -> [[String]]? {
        let exact = comparison.functions.filter { $0.selfFloor != nil }
        guard !exact.isEmpty else { return nil }
        return exact.map { change in
            let basis = change.basis ?? 0
            let floor = { (share: Double?) in Quantity.text(((share ?? 0) * basis).rounded(), unit: .count) }
            return [
                name(change), amount((change.selfAfter - change.selfBefore) * basis),
                amount((change.totalAfter - change.totalBefore) * basis), caller(change) ?? "",
                comparison.guest?.controls == 0
                    ? "unknown" : "\(floor(change.selfFloor)), \(floor(change.totalFloor))",
            ]
        }
    }

    /// The titles of `exactFunctions`.
    static let exactFunctionsHeader = [
        "function of the guest", "itself", "with what it calls", "called from", "layout alone moves these by",
    ]

    /// The function's name.
    static func name(_ change: FunctionChange) -> String {
        nonEmpty(ConsoleText.line(change.name, limit: 160), "unnamed")
    }

    /// The command that takes the measurements again; nil where there is none.
    static func reproduction(_ comparison: Comparison) -> String? {
        guard !comparison.reproduction.isEmpty else { return nil }
        // A command that is cut would do something else, so it is given whole or not at all.
        let command = ShellCommand.line(comparison.reproduction)
        return command.utf8.count <= 16 << 10 ? command : nil
    }

    /// What a reader should know.
    static func notes(_ comparison: Comparison) -> [String] {
        comparison.notes.prefix(50).map { ConsoleText.line($0, limit: 1000) }.filter { !$0.isEmpty }
    }

    static func nonEmpty(_ text: String, _ otherwise: String) -> String { text.isEmpty ? otherwise : text }
}
