import BootModel
import BootStatistics
import Foundation

/// The sentences that explain a verdict on one metric, in words that need no statistics.
enum Reasons {
    static func regression(
        _ result: MetricComparison, _ procedure: Procedure, isByMode: Bool
    ) -> String {
        let alike =
            isByMode
            ? " The boots take two ways, and the change is that among boots that took the same one." : ""
        return "\(result.metric.id) got worse by more than the \(Quantity.share(result.tolerance)) allowed: "
            + "\(medians(result))\(interval(result)).\(alike) \(boots(result))\(found(result, procedure))"
    }

    static func improvement(_ result: MetricComparison, _ procedure: Procedure) -> String {
        "\(result.metric.id) got better: \(medians(result))\(interval(result)). "
            + "\(boots(result))\(found(result, procedure))"
    }

    static func pass(
        _ result: MetricComparison, _ evidence: RankEvidence, _ procedure: Procedure
    ) -> String {
        var bound = ""
        if let shift = evidence.shift, let high = shift.passHigh {
            let end = shift.polarity == .lowerIsBetter ? "at most" : "at least"
            bound =
                ", and the change is \(end) \(Quantity.percent(shift.share(high))) with "
                + "\(confidence(procedure.passConfidence)) confidence"
        }
        let ruledOut = procedure.passBound(result.tolerance)
        let start =
            ruledOut > result.tolerance
            ? "\(result.metric.id) got no worse by \(Quantity.share(ruledOut)) or more, nor for sure by the "
                + "\(Quantity.share(result.tolerance)) allowed"
            : "\(result.metric.id) stays within the \(Quantity.share(result.tolerance)) allowed"
        return "\(start): \(medians(result))\(bound). \(boots(result))\(found(result, procedure))"
    }

    static func inconclusive(
        _ result: MetricComparison, _ evidence: RankEvidence, _ procedure: Procedure, level: Double
    ) -> String {
        let start =
            "These boots cannot tell whether \(result.metric.id) got worse by more than the "
            + "\(Quantity.share(result.tolerance)) allowed: \(medians(result))\(interval(result)). "
            + boots(result)
        if procedure.smallestPValue(result.before.count, result.after.count) > level {
            return start + tooFew(procedure, level)
        }
        return start + found(result, procedure) + advice(result, evidence, procedure)
    }

    /// The smallest change that such boots show, whatever they showed: what a verdict is worth.
    private static func found(_ result: MetricComparison, _ procedure: Procedure) -> String {
        if let detectable = result.detectable {
            return " They would have shown a change of \(Quantity.share(detectable)) or more."
        }
        let canShow = procedure.smallestPValue(result.before.count, result.after.count) <= procedure.alpha
        return canShow ? "" : tooFew(procedure, procedure.alpha)
    }

    private static func tooFew(_ procedure: Procedure, _ level: Double) -> String {
        " So few can never show a regression: take at least \(least(procedure, level))."
    }

    /// How many boots would probably do: the interval narrows with the root of their number. So many that
    /// four tries in five settle it, if the change is what it looks like.
    private static func advice(
        _ result: MetricComparison, _ evidence: RankEvidence, _ procedure: Procedure
    ) -> String {
        let other =
            " A metric that varies less (host-instructions, guest-instructions, exact mode) needs fewer."
        if case .runs = procedure.design {
            return " More accepted runs, taken on other days, would narrow it."
        }
        guard let shift = evidence.shift, let low = shift.low, let high = shift.passHigh else { return other }
        let distance = shift.estimate - shift.tolerance
        let width = distance > 0 ? shift.estimate - low : high - shift.estimate
        let level = distance > 0 ? procedure.alpha : 1 - procedure.passConfidence
        let sure = -NormalDistribution.quantile(level)
        guard sure > 0, distance != 0, width > 0 else { return other }
        let factor = pow((1 + 0.8416 / sure) * width / distance, 2)
        let now = Double(min(result.before.count, result.after.count))
        let needed = (now * max(factor, 1)).rounded(.up)
        let name = unit(procedure)
        guard needed <= 500 else { return " Not even 500 \(name) would probably settle it.\(other)" }
        let boots = Quantity.exactText(max(needed, now + 1))
        return " About \(boots) \(name) would probably settle it.\(other)"
    }

    /// The fewest boots with which a p-value can get down to `level`, in words.
    private static func least(_ procedure: Procedure, _ level: Double) -> String {
        let enough = (2...100).first { count in
            switch procedure.design {
            case .unpaired, .runs: MannWhitney.smallestPValue(count, count) <= level
            case .pairs(let rule): SignedRank.smallestPValue(count) <= level * (rule.weights.first ?? 1)
            }
        }
        return "\(enough ?? 100) \(unit(procedure))"
    }

    private static func unit(_ procedure: Procedure) -> String {
        switch procedure.design {
        case .unpaired, .runs: "boots on each side"
        case .pairs: "pairs"
        }
    }

    static func allEqual(_ result: MetricComparison, _ procedure: Procedure) -> String {
        "\(result.metric.id) is \(text(result.before[0], result.metric)) in every boot of both runs. "
            + boots(result) + found(result, procedure)
    }

    static func fewBoots(_ result: MetricComparison, _ procedure: Procedure) -> String {
        let few = min(result.before.count, result.after.count) == 1 ? "one boot" : "two boots"
        return "\(result.metric.id) varies from boot to boot, and \(few) cannot tell by how much: "
            + "\(boots(result)) Take at least \(least(procedure, procedure.alpha))."
    }

    static func stuckClock(_ result: MetricComparison, _ sides: [BootFailure.Side]) -> String {
        "\(result.metric.id) is the same to the nanosecond in every boot \(list(sides.map(\.rawValue))), which no "
            + "clock that runs gives: \(medians(result)). Look at the clock of that host, and take the boots again."
    }

    static func exactRegression(_ result: MetricComparison, _ before: Double, _ after: Double) -> String {
        "\(result.metric.id), which is counted exactly, got worse by more than "
            + "\(allowance(result)): \(exact(result, before, after))."
    }

    /// What an exact metric may change by: the tolerance, or where that is none, what layout alone moves.
    private static func allowance(_ result: MetricComparison) -> String {
        guard let floor = result.floor else { return "the \(Quantity.share(result.tolerance)) allowed" }
        let layout = "layout alone can move it (\(floorText(floor, result)))"
        return result.tolerance > 0 ? "the \(Quantity.share(result.tolerance)) allowed and \(layout)" : layout
    }

    static func exactImprovement(_ result: MetricComparison, _ before: Double, _ after: Double) -> String {
        "\(result.metric.id), which is counted exactly, got better: \(exact(result, before, after))."
    }

    static func exactPass(_ result: MetricComparison, _ before: Double, _ after: Double) -> String {
        if before == after {
            return "\(result.metric.id) is exactly \(exactText(before, result.metric)) before and after."
        }
        return "\(result.metric.id), which is counted exactly, changed within the "
            + "\(Quantity.share(result.tolerance)) allowed: \(exact(result, before, after))."
    }

    static func withinFloor(
        _ result: MetricComparison, _ before: Double, _ after: Double, _ floor: Double
    ) -> String {
        "\(result.metric.id), which is counted exactly, changed by no more than layout alone can "
            + "(\(floorText(floor, result))): \(exact(result, before, after))."
            + (isWide(result) ? " Take \(Floor.enoughControls) controls to see smaller changes." : "")
    }

    /// A change that is too large to be let pass, and too small to be told from layout.
    static func hiddenByFloor(
        _ result: MetricComparison, _ before: Double, _ after: Double, _ floor: Double, allowed: Double
    ) -> String {
        "\(result.metric.id), which is counted exactly, got worse by more than the \(Quantity.share(allowed)) allowed, "
            + "but cannot be told from what layout alone can do (\(floorText(floor, result))): "
            + "\(exact(result, before, after)). Take more controls: "
            + "boot --exact --controls \(isWide(result) ? Floor.enoughControls : 2 * Floor.enoughControls)."
    }

    /// A floor with what it rests on: `330,000, by 4 controls`.
    private static func floorText(_ floor: Double, _ result: MetricComparison) -> String {
        let text = exactText(floor.rounded(.up), result.metric)
        guard let controls = result.controls else { return text }
        return "\(text), by \(controls) control\(controls == 1 ? "" : "s")"
    }

    /// Whether the floor is wide only for want of controls.
    private static func isWide(_ result: MetricComparison) -> Bool {
        result.controls.map { $0 < Floor.enoughControls } ?? false
    }

    static func notExact(_ metric: Metric) -> String {
        "\(metric.id) should be the same in every boot and is not, so it was judged as one that varies. "
    }

    static func missing(_ metric: Metric, _ side: String, _ why: String?) -> String {
        "\(metric.id) has no values \(side), so it cannot be judged: \(why ?? "it was not measured")."
    }

    static func badTolerance(_ metric: Metric, _ tolerance: Double) -> String {
        "\(metric.id) cannot be judged: its tolerance is \(Quantity.share(tolerance)), and has to be 0 or more."
    }

    static func refused(_ metric: Metric, _ before: Values, _ after: Values) -> String {
        let found =
            before.refused.map { "boot \($0.boot) before: \($0.value)" }
            + after.refused.map { "boot \($0.boot) after: \($0.value)" }
        return "\(metric.id) holds what no measurement gives (\(list(found))). The stored run is damaged: "
            + "take it again."
    }

    static func noStatistics(_ metric: Metric, _ error: StatisticsError) -> String {
        "\(metric.id) cannot be judged: \(error)."
    }

    private static func medians(_ result: MetricComparison) -> String {
        guard let before = result.medianBefore, let after = result.medianAfter else { return "no values" }
        let texts = "\(text(before, result.metric)) before, \(text(after, result.metric)) after"
        guard let estimate = result.change?.estimate else { return texts }
        let change = Quantity.percent(estimate)
        // The middle of all differences need not be the difference of the middles; say so where it shows.
        let contradicts = (after - before) * estimate < 0
        return contradicts ? "\(texts) by the medians, \(change) over all boots" : "\(texts) (\(change))"
    }

    private static func interval(_ result: MetricComparison) -> String {
        guard let change = result.change else { return "" }
        let sure = "with \(confidence(change.confidence)) confidence"
        switch (change.low, change.high) {
        case (let low?, let high?):
            return ", and \(sure) between \(Quantity.percent(low)) and \(Quantity.percent(high))"
        case (let low?, nil): return ", and \(sure) \(Quantity.percent(low)) or more"
        case (nil, let high?): return ", and \(sure) \(Quantity.percent(high)) or less"
        case (nil, nil): return ""
        }
    }

    private static func exact(_ result: MetricComparison, _ before: Double, _ after: Double) -> String {
        let change = result.change.map { " (\(Quantity.percent($0.estimate)))" } ?? ""
        return "\(exactText(before, result.metric)) before, \(exactText(after, result.metric)) after\(change)"
    }

    private static func boots(_ result: MetricComparison) -> String {
        "\(result.before.count) \(result.before.count == 1 ? "boot" : "boots") before, "
            + "\(result.after.count) after\(noise(result))."
    }

    private static func noise(_ result: MetricComparison) -> String {
        let noise = (result.spreads ?? []).compactMap(\.noise).map { Quantity.share($0) }
        guard noise.count == 2, result.metric.determinism == .statistical else { return "" }
        return ", noise \(noise[0] == noise[1] ? noise[0] : list(noise))"
    }

    private static func text(_ value: Double, _ metric: Metric) -> String {
        Quantity.text(value, unit: metric.unit)
    }

    private static func exactText(_ value: Double, _ metric: Metric) -> String {
        switch metric.unit {
        case .count: Quantity.exactText(value)
        case .bytes: Quantity.exactText(value) + " bytes"
        case .nanoseconds: Quantity.exactText(value) + " ns"
        }
    }

    private static func confidence(_ share: Double) -> String {
        let text = Quantity.share(share)
        return text.hasSuffix(".0 %") ? text.dropLast(4) + " %" : text
    }
}
