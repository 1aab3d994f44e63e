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

    /// The evidence of `after` against `before`; neither is empty.
    init(
        metric: Metric, before: [Double], after: [Double], tolerance: Double,
        settings: UnpairedComparator.Settings
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
        shift = try Self.shift(
            metric: metric, before: before, after: after, tolerance: tolerance, settings: settings)
    }

    private static func shift(
        metric: Metric, before: [Double], after: [Double], tolerance: Double,
        settings: UnpairedComparator.Settings
    ) throws(StatisticsError) -> Shift? {
        let scale: Shift.Scale = (before + after).allSatisfy { $0 > 0 } ? .logarithmic : .linear
        let unit = try Description.median(before)
        guard unit > 0 else { return nil }
        let lowerIsBetter = metric.polarity == .lowerIsBetter
        let effect = { (value: Double) in
            (lowerIsBetter ? 1 : -1) * (scale == .logarithmic ? log(value) : value / unit)
        }
        // Beside a tiny median before, a value may have no share that a number can hold.
        guard (before + after).allSatisfy({ effect($0).magnitude <= 1e300 }) else { return nil }
        let shift = try HodgesLehmannShift(of: after.map(effect), over: before.map(effect))
        var limit = tolerance
        if scale == .logarithmic {
            limit = lowerIsBetter ? log1p(tolerance) : -log1p(-min(tolerance, 0.999_999))
        }
        return Shift(
            estimate: shift.estimate,
            low: try shift.lowerBound(confidence: 1 - settings.alpha),
            high: try shift.upperBound(confidence: 1 - settings.alpha),
            passHigh: try shift.upperBound(confidence: settings.passConfidence),
            tolerance: limit, confidence: 1 - 2 * settings.alpha, scale: scale, polarity: metric.polarity)
    }
}
