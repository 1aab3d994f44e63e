/// How far one sample lies above another: the estimator of Hodges and Lehmann (1963) and the interval that
/// inverting the Mann-Whitney test gives.
///
/// Nothing is listed: each order statistic of the m n differences is found by counting in O(m + n), so that
/// large samples take no memory.
public struct HodgesLehmannShift: Sendable {
    private let first: [Double]
    private let second: [Double]

    /// The shift of `first` over `second`.
    ///
    /// - Throws: `StatisticsError.empty` or `.unusable`.
    public init(of first: [Double], over second: [Double]) throws(StatisticsError) {
        try check(first)
        try check(second)
        self.first = first.sorted()
        self.second = second.sorted()
    }

    /// The median of all differences.
    public var estimate: Double { middle(of: count) { difference(at: $0) } }

    /// The largest bound that the shift lies above with at least `confidence` (one-sided); nil where the
    /// samples are too small for it.
    ///
    /// A shift is below the bound exactly where the one-sided Mann-Whitney test without ties rejects it; with
    /// ties in the data the bound is conservative (Noether, 1967).
    /// - Throws: `StatisticsError.parameter` unless `confidence` is between 0 and 1.
    public func lowerBound(confidence: Double) throws(StatisticsError) -> Double? {
        try check(probability: confidence, named: "the confidence")
        guard let critical = critical(confidence) else { return nil }
        return difference(at: critical + 1)
    }

    /// The smallest bound that the shift lies below with at least `confidence` (one-sided); nil where the
    /// samples are too small for it.
    ///
    /// - Throws: `StatisticsError.parameter` unless `confidence` is between 0 and 1.
    public func upperBound(confidence: Double) throws(StatisticsError) -> Double? {
        try check(probability: confidence, named: "the confidence")
        guard let critical = critical(confidence) else { return nil }
        return difference(at: count - critical)
    }

    private func critical(_ confidence: Double) -> Int? {
        // The level of 0.95 is 0.05 and not the 0.050000000000000044 that a subtraction leaves.
        let level = ((1 - confidence) * 1e12).rounded() / 1e12
        guard let critical = MannWhitney.criticalCount(first.count, second.count, level: level) else {
            return nil
        }
        return min(critical, count - 1)
    }

    private var count: Int { first.count * second.count }

    /// The difference of the rank `place`, from 1.
    private func difference(at place: Int) -> Double {
        let lowest = first[0] - second[second.count - 1]
        let highest = first[first.count - 1] - second[0]
        return OrderedCounts.value(at: place, from: lowest, to: highest) { bound in
            var total = 0
            var start = 0
            // As the first value grows, so does the smallest second value that keeps the difference within.
            for value in first {
                while start < second.count, value - second[start] > bound { start += 1 }
                total += second.count - start
            }
            return total
        }
    }
}
