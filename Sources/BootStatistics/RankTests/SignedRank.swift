import Foundation

/// Wilcoxon's signed-rank test of paired differences.
public enum SignedRank {
    /// The number of differences that are not zero up to which the p-value is exact. The exact distribution
    /// then takes at most 8 million additions.
    public static let exactLimit = 200

    /// Tests whether the differences are centred below or above `center`.
    ///
    /// Differences that equal `center` are dropped, as in Wilcoxon (1945); the test is exact given those that
    /// remain. Ties take mid-ranks, and the exact distribution is that of the observed mid-ranks. Above
    /// `exactLimit`: the normal approximation with the variance corrected for ties and a continuity
    /// correction of one half. Where no difference remains, the p-value is 1.
    /// - Throws: `StatisticsError.empty` or `.unusable`.
    public static func test(
        _ differences: [Double], center: Double = 0, alternative: Alternative
    ) throws(StatisticsError) -> RankTest {
        try check(differences)
        try check([center])
        let moved = differences.map { $0 - center }.filter { $0 != 0 }
        guard !moved.isEmpty else { return RankTest(statistic: 0, pValue: 1, method: .exact) }
        let ranks = Ranks(moved.map(\.magnitude))
        let positive = zip(moved, ranks.doubled).reduce(0) { $1.0 > 0 ? $0 + $1.1 : $0 }
        let statistic = Double(positive) / 2
        if moved.count <= exactLimit {
            let probabilities = signedSums(of: ranks.doubled)
            let lower = probabilities[...positive].reduce(0, +)
            let upper = probabilities[positive...].reduce(0, +)
            let p = alternative.pValue(lower: lower, upper: upper)
            return RankTest(statistic: statistic, pValue: p, method: .exact)
        }
        let tails = normalTails(moved.count, statistic: statistic, tieTerm: ranks.tieTerm)
        let p = alternative.pValue(lower: tails.lower, upper: tails.upper)
        return RankTest(statistic: statistic, pValue: p, method: .normal)
    }

    /// The smallest p-value that a one-sided test of `count` differences can give.
    public static func smallestPValue(_ count: Int) -> Double { pow(0.5, Double(max(count, 0))) }

    /// The largest count c such that the sum of positive ranks is at most c with a probability of at most
    /// `level`, without ties; nil where even 0 is likelier than that.
    static func criticalCount(_ count: Int, level: Double) -> Int? {
        guard count <= exactLimit else {
            let below = { (sum: Int) in normalTails(count, statistic: Double(sum), tieTerm: 0).lower }
            return largestCount(upTo: count * (count + 1) / 2, level: level, lowerTail: below)
        }
        var tail = 0.0
        for (sum, probability) in signedSums(of: Array(1...count)).enumerated() {
            tail += probability
            if tail > level { return sum == 0 ? nil : sum - 1 }
        }
        return count * (count + 1) / 2
    }

    /// The probability of each sum of the ranks that get a plus, when each sign is a fair coin's.
    ///
    /// By a dynamic program over the ranks: O(n S) time for sums up to S.
    private static func signedSums(of ranks: [Int]) -> [Double] {
        var probabilities = [Double](repeating: 0, count: ranks.reduce(0, +) + 1)
        probabilities[0] = 1
        probabilities.withUnsafeMutableBufferPointer { probabilities in
            var reach = 0
            for rank in ranks.sorted() {
                reach += rank
                var sum = reach
                while sum >= rank {
                    probabilities[sum] = (probabilities[sum] + probabilities[sum - rank]) / 2
                    sum -= 1
                }
                while sum >= 0 {
                    probabilities[sum] /= 2
                    sum -= 1
                }
            }
        }
        return probabilities
    }

    private static func normalTails(
        _ count: Int, statistic: Double, tieTerm: Double
    ) -> (lower: Double, upper: Double) {
        let n = Double(count)
        let variance = (n * (n + 1) * (2 * n + 1) - tieTerm / 2) / 24
        guard variance > 0 else { return (1, 1) }
        let deviation = statistic - n * (n + 1) / 4
        return (
            NormalDistribution.lowerTail((deviation + 0.5) / variance.squareRoot()),
            NormalDistribution.upperTail((deviation - 0.5) / variance.squareRoot())
        )
    }
}
