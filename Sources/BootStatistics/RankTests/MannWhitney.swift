import Foundation

/// The Mann-Whitney U test (Wilcoxon's rank-sum test) of two independent samples.
public enum MannWhitney {
    /// The largest product of the two sample sizes up to which the p-value is exact: 50 against 50. The exact
    /// distribution then takes at most 25 million additions.
    public static let exactLimit = 2_500

    /// Tests whether the values of `first` lie lower or higher than those of `second`.
    ///
    /// Up to `exactLimit` the p-value is that of the permutation distribution of the observed mid-ranks, exact
    /// with ties too (Lehmann, Nonparametrics, 1975, section 1.4); above, the normal approximation with the
    /// variance corrected for ties and a continuity correction of one half.
    /// - Throws: `StatisticsError.empty` or `.unusable`.
    public static func test(
        _ first: [Double], _ second: [Double], alternative: Alternative
    ) throws(StatisticsError) -> RankTest {
        try check(first)
        try check(second)
        let ranks = Ranks(first + second)
        let (m, n) = (first.count, second.count)
        let doubledSum = ranks.doubled[..<m].reduce(0, +)
        let statistic = Double(doubledSum - m * (m + 1)) / 2
        if isExact(m, n) {
            // The smaller sample is the cheaper one to place; the sums of the two are complements.
            let swapped = m > n
            let placed = swapped ? ranks.doubled.reduce(0, +) - doubledSum : doubledSum
            let distribution = RankSums(choosing: min(m, n), from: ranks.doubled)
            let (below, above) = distribution.tails(at: placed)
            let p = alternative.pValue(lower: swapped ? above : below, upper: swapped ? below : above)
            return RankTest(statistic: statistic, pValue: p, method: .exact)
        }
        let normal = normalTails(m, n, statistic: statistic, tieTerm: ranks.tieTerm)
        let p = alternative.pValue(lower: normal.lower, upper: normal.upper)
        return RankTest(statistic: statistic, pValue: p, method: .normal)
    }

    /// The smallest p-value that a one-sided test of `m` against `n` values can give: what no effect, however
    /// large, gets below.
    public static func smallestPValue(_ m: Int, _ n: Int) -> Double {
        guard m > 0, n > 0 else { return 1 }
        return exp(lgamma(Double(m + 1)) + lgamma(Double(n + 1)) - lgamma(Double(m + n + 1)))
    }

    static func isExact(_ m: Int, _ n: Int) -> Bool {
        let (product, overflows) = m.multipliedReportingOverflow(by: n)
        return !overflows && product <= exactLimit
    }

    /// The largest count c such that U is at most c with a probability of at most `level`, without ties; nil
    /// where even 0 is likelier than that.
    static func criticalCount(_ m: Int, _ n: Int, level: Double) -> Int? {
        if isExact(m, n) {
            let ranks = (1...(m + n)).map { 2 * $0 }
            let distribution = RankSums(choosing: min(m, n), from: ranks)
            return distribution.criticalStep(level: level)
        }
        let below = { (count: Int) in normalTails(m, n, statistic: Double(count), tieTerm: 0).lower }
        return largestCount(upTo: m * n, level: level, lowerTail: below)
    }

    private static func normalTails(
        _ m: Int, _ n: Int, statistic: Double, tieTerm: Double
    ) -> (lower: Double, upper: Double) {
        let (a, b) = (Double(m), Double(n))
        let total = a + b
        let variance = a * b / 12 * (total + 1 - tieTerm / (total * (total - 1)))
        guard variance > 0 else { return (1, 1) }
        let deviation = statistic - a * b / 2
        return (
            NormalDistribution.lowerTail((deviation + 0.5) / variance.squareRoot()),
            NormalDistribution.upperTail((deviation - 0.5) / variance.squareRoot())
        )
    }
}

/// The largest count in 0...limit whose lower tail is at most `level`, by bisection; nil where there is none.
func largestCount(upTo limit: Int, level: Double, lowerTail: (Int) -> Double) -> Int? {
    guard lowerTail(0) <= level else { return nil }
    var low = 0
    var high = limit
    while low < high {
        let middle = low + (high - low + 1) / 2
        if lowerTail(middle) <= level { low = middle } else { high = middle - 1 }
    }
    return low
}
