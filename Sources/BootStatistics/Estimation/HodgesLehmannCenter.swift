/// The center of paired differences: the one-sample estimator of Hodges and Lehmann (1963) and the interval
/// that inverting the signed-rank test gives.
///
/// The n (n + 1) / 2 Walsh averages are not listed: each order statistic is found by counting in O(n).
public struct HodgesLehmannCenter: Sendable {
    private let sorted: [Double]

    /// The center of `differences`.
    ///
    /// - Throws: `StatisticsError.empty` or `.unusable`.
    public init(of differences: [Double]) throws(StatisticsError) {
        try check(differences)
        sorted = differences.sorted()
    }

    /// The median of the Walsh averages.
    public var estimate: Double { middle(of: count) { average(at: $0) } }

    /// The largest bound that the center lies above with at least `confidence` (one-sided); nil where there
    /// are too few differences for it. With ties it is conservative.
    ///
    /// - Throws: `StatisticsError.parameter` unless `confidence` is between 0 and 1.
    public func lowerBound(confidence: Double) throws(StatisticsError) -> Double? {
        try check(probability: confidence, named: "the confidence")
        guard let critical = critical(confidence) else { return nil }
        return average(at: critical + 1)
    }

    /// The smallest bound that the center lies below with at least `confidence` (one-sided); nil where there
    /// are too few differences for it.
    ///
    /// - Throws: `StatisticsError.parameter` unless `confidence` is between 0 and 1.
    public func upperBound(confidence: Double) throws(StatisticsError) -> Double? {
        try check(probability: confidence, named: "the confidence")
        guard let critical = critical(confidence) else { return nil }
        return average(at: count - critical)
    }

    private func critical(_ confidence: Double) -> Int? {
        let level = ((1 - confidence) * 1e12).rounded() / 1e12
        guard let critical = SignedRank.criticalCount(sorted.count, level: level) else { return nil }
        return min(critical, count - 1)
    }

    private var count: Int { sorted.count * (sorted.count + 1) / 2 }

    /// The Walsh average of the rank `place`, from 1.
    private func average(at place: Int) -> Double {
        OrderedCounts.value(at: place, from: sorted[0], to: sorted[sorted.count - 1]) { bound in
            var total = 0
            var end = sorted.count
            // As the lower value grows, fewer partners at or above it keep the average within the bound.
            for (place, value) in sorted.enumerated() {
                while end > place, value / 2 + sorted[end - 1] / 2 > bound { end -= 1 }
                if end <= place { break }
                total += end - place
            }
            return total
        }
    }
}
