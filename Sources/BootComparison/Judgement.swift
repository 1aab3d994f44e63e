import BootModel
import BootStatistics

/// The way from one metric's values to its verdict.
struct Judgement {
    /// The result; final but for the verdict where there is evidence that waits for its family.
    private(set) var comparison: MetricComparison
    /// The tests, where only they can tell.
    private(set) var evidence: RankEvidence?
    /// Whether neither side holds a value.
    let isEmpty: Bool
    /// What the boots of a metric that should be exact disagree about.
    private var prefix = ""
    private let procedure: Procedure
    private let run: ComparedRun

    init(
        metric: Metric, role: MetricComparison.Role, tolerance: Double, floor: Floor?, before: ComparedRun?,
        after: ComparedRun, objection: String?, disturbance: String?, procedure: Procedure
    ) {
        self.procedure = procedure
        run = after
        let (old, new) = procedure.values(of: metric.id, before: before, after: after)
        isEmpty = old.isEmpty && new.isEmpty
        let usable = tolerance.isFinite && tolerance >= 0 ? tolerance : 0
        comparison = MetricComparison(
            metric: metric, role: role, tolerance: usable, verdict: .inconclusive, reason: "",
            before: old.usable, after: new.usable)
        comparison.spreads = [(BootFailure.Side.before, before), (.after, after)].compactMap { side, run in
            run.flatMap { BootSpread(of: comparison, in: $0, on: side) }
        }
        comparison.floor = floor?.value
        comparison.controls = floor?.controls
        if let objection {
            settle(.incomparable, objection)
        } else if tolerance != usable {
            settle(.inconclusive, Reasons.badTolerance(metric, tolerance))
        } else if !old.refused.isEmpty || !new.refused.isEmpty {
            settle(.inconclusive, Reasons.refused(metric, old, new))
        } else if new.isEmpty {
            settle(.incomparable, Reasons.missing(metric, "after", after.whyUnavailable(metric.id)))
        } else if old.isEmpty {
            settle(.incomparable, Reasons.missing(metric, "before", before?.whyUnavailable(metric.id)))
        } else if let disturbance {
            settle(.invalidEnvironment, disturbance)
        } else {
            judge()
        }
    }

    private mutating func settle(_ verdict: Verdict, _ reason: String) {
        comparison.verdict = verdict
        comparison.reason = prefix + reason
    }

    private mutating func judge() {
        let (before, after) = (comparison.before, comparison.after)
        let constant = Set(before).count == 1 && Set(after).count == 1
        if comparison.metric.determinism == .exact {
            if constant { return judgeExactly(before[0], after[0]) }
            prefix = Reasons.notExact(comparison.metric)
        }
        guard min(before.count, after.count) >= Self.fewestBoots else {
            return settle(.inconclusive, Reasons.fewBoots(comparison, procedure))
        }
        let stuck = stuckSides
        if stuck.count == 2 { return settle(.inconclusive, Reasons.stuckClock(comparison, stuck)) }
        if constant, before[0] == after[0] {
            comparison.change = .init(estimate: 0, low: 0, high: 0, confidence: 1 - 2 * procedure.alpha)
            // Boots that do not vary at all would have shown whatever is more than is allowed.
            if procedure.smallestPValue(before.count, after.count) <= procedure.alpha {
                comparison.detectable = comparison.tolerance
            }
            return settle(.pass, Reasons.allEqual(comparison, procedure))
        }
        do {
            evidence = try RankEvidence(
                metric: comparison.metric, before: before, after: after, tolerance: comparison.tolerance,
                procedure: procedure, run: run)
        } catch {
            settle(.inconclusive, Reasons.noStatistics(comparison.metric, error))
        }
        comparison.change = evidence?.shift?.change
        comparison.detectable = evidence?.detectable
    }

    /// Two boots may be equal by chance, and say nothing of how a metric varies.
    private static let fewestBoots = 3

    /// The sides on which a time is the same to the nanosecond in every boot: no clock that runs gives that.
    private var stuckSides: [BootFailure.Side] {
        guard comparison.metric.unit == .nanoseconds else { return [] }
        return [(BootFailure.Side.before, comparison.before), (.after, comparison.after)]
            .filter { Set($0.1).count == 1 }.map(\.0)
    }

    /// Any difference of an exact metric is real: the tolerance says whether it matters, and controls whether layout
    /// alone may have made it.
    private mutating func judgeExactly(_ before: Double, _ after: Double) {
        let change = before == after ? 0 : before > 0 ? after / before - 1 : nil
        if let change, change.isFinite {
            comparison.change = .init(estimate: change, low: change, high: change, confidence: 1)
        }
        let floor = comparison.floor.flatMap { before > 0 ? $0 / before : nil } ?? 0
        comparison.detectable = max(comparison.tolerance, floor)
        let lowerIsBetter = comparison.metric.polarity == .lowerIsBetter
        let worse = change.map { lowerIsBetter ? $0 : -$0 } ?? (lowerIsBetter ? .infinity : -.infinity)
        // A change that equals the tolerance is within it, whatever the last digit of the division says.
        let digits = 1 + 1e-9
        if let floor = comparison.floor, before != after, abs(after - before) <= floor {
            // Few controls make a wide floor: what would be too much without them is no pass for their sake.
            let metric = comparison.metric
            let allowed = comparison.tolerance > 0 ? comparison.tolerance : procedure.tolerance(metric, nil)
            return worse > allowed * digits
                ? settle(
                    .inconclusive, Reasons.hiddenByFloor(comparison, before, after, floor, allowed: allowed))
                : settle(.pass, Reasons.withinFloor(comparison, before, after, floor))
        }
        if worse > comparison.tolerance * digits {
            settle(.regression, Reasons.exactRegression(comparison, before, after))
        } else if worse < 0, -worse >= comparison.tolerance * procedure.smallestImprovement {
            settle(.improvement, Reasons.exactImprovement(comparison, before, after))
        } else {
            settle(.pass, Reasons.exactPass(comparison, before, after))
        }
    }

    /// Decides by the p-values that were corrected over the family.
    mutating func decide(pWorse: Double, pBetter: Double, level: Double, gates: Int) {
        guard let evidence else { return }
        comparison.pWorse = pWorse
        comparison.pBetter = pBetter
        let gain = evidence.shift.map { -Double($0.estimate) } ?? .infinity
        let least = comparison.tolerance * procedure.smallestImprovement
        if pWorse <= level {
            if evidence.isByMode, let change = evidence.shiftByMode?.change { comparison.change = change }
            settle(.regression, Reasons.regression(comparison, procedure, isByMode: evidence.isByMode))
        } else if pBetter <= level, gain >= least {
            settle(.improvement, Reasons.improvement(comparison, procedure))
        } else if evidence.pWithin <= 1 - procedure.passConfidence + 1e-12 {
            let stuck = stuckSides
            guard stuck.isEmpty else {
                return settle(.inconclusive, Reasons.stuckClock(comparison, stuck))
            }
            settle(.pass, Reasons.pass(comparison, evidence, procedure))
        } else {
            let share = level / Double(max(gates, 1))
            settle(.inconclusive, Reasons.inconclusive(comparison, evidence, procedure, level: share))
        }
    }
}
