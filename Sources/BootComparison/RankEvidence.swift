import BootModel
import BootStatistics
import Foundation

/// What the values of two runs say about a change: tests, an estimate, an interval.
///
/// Effects are turned so that more is worse. Where all values are positive, effects are differences of
/// logarithms, so that a share of more is a shift; where some are zero, they are differences in units of the
/// median before; where that is zero too, there are tests but no estimate.
struct RankEvidence {
    /// The p-value of "worse by more than the tolerance", uncorrected.
    var pWorse: Double
    /// The p-value of "not worse by as much as the tolerance".
    var pWithin: Double
    /// The p-value of "better than before", uncorrected.
    var pBetter: Double
    /// The shift and its bounds; nil where there is no scale to state it on.
    var shift: Shift?
    /// The same among boots that took the same way, where boots take two; it has no bound for a pass, which
    /// always has to hold for all boots together.
    var shiftByMode: Shift?
    /// Whether "worse" was found so, rather than among the pairs as they are.
    var isByMode = false

    /// An estimated effect, on the scale of the tests.
    struct Shift {
        /// The estimate; more is worse.
        var estimate: Double
        /// The one-sided bounds at the alarm's confidence; nil where the boots are too few.
        var low: Double?
        var high: Double?
        /// The upper bound at the pass's confidence, which is lower and so gives a closer bound.
        var passHigh: Double?
        /// The tolerance.
        var tolerance: Double
        /// The confidence of both alarm bounds together.
        var confidence: Double
        var scale: Scale
        var polarity: Metric.Polarity

        enum Scale { case logarithmic, linear }

        /// The change of the metric, as a share, that an effect means: for a metric of which more is better,
        /// the other way round.
        func share(_ effect: Double) -> Double {
            let change = polarity == .lowerIsBetter ? effect : -effect
            return max(scale == .logarithmic ? expm1(change) : change, -1)
        }

        /// The estimate and the interval as reports show them; nil where a share overflows.
        var change: MetricComparison.Change? {
            let ends = polarity == .lowerIsBetter ? (low, high) : (high, low)
            let shares = [estimate, ends.0, ends.1].map { $0.map(share) }
            guard shares.allSatisfy({ $0?.isFinite ?? true }), let middle = shares[0] else { return nil }
            return MetricComparison.Change(
                estimate: middle, low: shares[1], high: shares[2], confidence: confidence)
        }

        /// The smallest worsening that as many boots with as much noise could have found, as a share.
        var detectable: Double? {
            guard let low else { return nil }
            let found = share(tolerance + estimate - low).magnitude
            return found.isFinite ? found : nil
        }
    }

    /// The evidence of `after` against `before`; neither is empty, and pairs are of equal number.
    init(
        metric: Metric, before: [Double], after: [Double], tolerance: Double, procedure: Procedure,
        run: ComparedRun
    ) throws(StatisticsError) {
        switch procedure.design {
        case .unpaired: try self.init(metric, before, after, tolerance, procedure)
        case .pairs(let rule): try self.init(metric, before, after, tolerance, procedure, rule)
        case .runs(let runs):
            try self.init(metric, before, after, tolerance, procedure)
            let groups = procedure.pooled(runs, of: metric.id, with: run).map(\.usable)
            if groups.count >= Procedure.fewestRuns {
                try weigh(metric, groups, after, tolerance, procedure)
            }
        }
    }

    private init(
        _ metric: Metric, _ before: [Double], _ after: [Double], _ tolerance: Double, _ procedure: Procedure
    ) throws(StatisticsError) {
        let lowerIsBetter = metric.polarity == .lowerIsBetter
        // Exactly at the edge is within it, whatever the last digit of a product says.
        let bound = lowerIsBetter ? (1 + tolerance) * (1 + 1e-12) : max(1 - tolerance, 0) * (1 - 1e-12)
        let edge = before.map { $0 * bound }
        let worse: Alternative = lowerIsBetter ? .greater : .less
        let better: Alternative = lowerIsBetter ? .less : .greater
        pWorse = try MannWhitney.test(after, edge, alternative: worse).pValue
        pWithin = try MannWhitney.test(after, edge, alternative: better).pValue
        pBetter = try MannWhitney.test(after, before, alternative: better).pValue
        guard let effects = try Effects(metric, before, after) else { return }
        let estimator = try HodgesLehmannShift(of: effects.after, over: effects.before)
        shift = Shift(
            estimate: estimator.estimate,
            low: try estimator.lowerBound(confidence: 1 - procedure.alpha),
            high: try estimator.upperBound(confidence: 1 - procedure.alpha),
            passHigh: try estimator.upperBound(confidence: procedure.passConfidence),
            tolerance: effects.bound(tolerance), confidence: 1 - 2 * procedure.alpha, scale: effects.scale,
            polarity: metric.polarity)
    }

    /// Takes each run as one number beside what its boots say, whichever is less sure: the runs' centers tell
    /// how much sittings differ, and the new run is one more sitting.
    private mutating func weigh(
        _ metric: Metric, _ groups: [[Double]], _ after: [Double], _ tolerance: Double,
        _ procedure: Procedure
    ) throws(StatisticsError) {
        guard let effects = try Effects(metric, groups.flatMap { $0 }, after) else { return }
        var rest = effects.before[...]
        var centers: [Double] = []
        for group in groups {
            centers.append(try Description.median(Array(rest.prefix(group.count))))
            rest = rest.dropFirst(group.count)
        }
        let test = try NewcomerTest(try Description.median(effects.after), among: centers)
        let limit = effects.bound(tolerance)
        pWorse = max(pWorse, test.pValue(above: limit + 1e-12))
        pWithin = max(pWithin, test.pValue(below: limit + 1e-12))
        pBetter = max(pBetter, test.pValue(below: 0))
        let margin = test.margin(confidence: 1 - procedure.alpha)
        shift = Shift(
            estimate: test.difference, low: test.difference - margin, high: test.difference + margin,
            passHigh: test.difference + test.margin(confidence: procedure.passConfidence), tolerance: limit,
            confidence: 1 - 2 * procedure.alpha, scale: effects.scale, polarity: metric.polarity)
    }

    /// The bounds are those of the last look at its own share of the error, so that they hold over all looks.
    private init(
        _ metric: Metric, _ before: [Double], _ after: [Double], _ tolerance: Double, _ procedure: Procedure,
        _ rule: SequentialRule
    ) throws(StatisticsError) {
        guard let effects = try Effects(metric, before, after) else {
            // Without a scale, a share of nothing is nothing: any difference is beyond the tolerance.
            let sign: Double = metric.polarity == .lowerIsBetter ? 1 : -1
            let raw = zip(after, before).map { sign * ($0 - $1) }
            let evidence = try rule.evidence(raw, tolerance: 0)
            (pWorse, pWithin, pBetter) = (evidence.pWorse, evidence.pWithin, evidence.pBetter)
            return
        }
        let differences = zip(effects.after, effects.before).map { $0 - $1 }
        let limit = effects.bound(tolerance)
        let passLimit = max(effects.bound(procedure.passBound(tolerance)), limit)
        let evidence = try rule.evidence(
            before: effects.before, after: effects.after, tolerance: limit + 1e-12,
            passBound: passLimit + 1e-12)
        (pWorse, pWithin, pBetter) = (evidence.pWorse, evidence.pWithin, evidence.pBetter)
        isByMode = evidence.isByMode
        let seen = evidence.pairs > 0 ? Array(differences.prefix(evidence.pairs)) : differences
        let weight = zip(rule.looks, rule.weights).first { $0.0 == evidence.pairs }?.1
        let spent = evidence.matched == nil ? 1 : 1 - SequentialRule.matchedShare
        func shift(_ effects: Effects, _ differences: [Double], spending share: Double, passes: Bool)
            throws(StatisticsError) -> Shift
        {
            let center = try HodgesLehmannCenter(of: differences)
            func bound(_ level: Double, _ find: (Double) throws(StatisticsError) -> Double?)
                throws(StatisticsError) -> Double?
            {
                guard let weight else { return nil }
                return try find(1 - level * weight)
            }
            return Shift(
                estimate: center.estimate, low: try bound(rule.level * share, center.lowerBound(confidence:)),
                high: try bound(rule.level * share, center.upperBound(confidence:)),
                passHigh: passes ? try bound(rule.passLevel, center.upperBound(confidence:)) : nil,
                tolerance: limit, confidence: 1 - 2 * rule.level, scale: effects.scale,
                polarity: metric.polarity)
        }
        self.shift = try shift(effects, seen, spending: spent, passes: true)
        if let matched = evidence.matched {
            shiftByMode = try shift(
                effects, matched, spending: SequentialRule.matchedShare, passes: false)
        }
    }

    /// The smallest worsening that as many boots with as much noise could have found, as a share.
    var detectable: Double? {
        [shift, shiftByMode].compactMap { $0?.detectable }.min()
    }
}

/// Values on a scale on which a share of more is a shift, turned so that more is worse.
private struct Effects {
    var before: [Double]
    var after: [Double]
    var scale: RankEvidence.Shift.Scale
    private let polarity: Metric.Polarity

    /// Nil where no scale has room for the values: a median of zero, or values of too different sizes.
    init?(_ metric: Metric, _ before: [Double], _ after: [Double]) throws(StatisticsError) {
        scale = (before + after).allSatisfy { $0 > 0 } ? .logarithmic : .linear
        polarity = metric.polarity
        let unit = try Description.median(before)
        guard unit > 0 else { return nil }
        let (scale, sign): (RankEvidence.Shift.Scale, Double) = (
            scale, metric.polarity == .lowerIsBetter ? 1 : -1
        )
        let effect = { (value: Double) in sign * (scale == .logarithmic ? log(value) : value / unit) }
        self.before = before.map(effect)
        self.after = after.map(effect)
        guard (self.before + self.after).allSatisfy({ $0.magnitude <= 1e300 }) else { return nil }
    }

    /// The shift that a worsening by the share means.
    func bound(_ share: Double) -> Double {
        guard scale == .logarithmic else { return share }
        return polarity == .lowerIsBetter ? log1p(share) : -log1p(-min(share, 0.999_999))
    }
}
