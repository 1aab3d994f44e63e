/// Where the middle of some values lies, how far they spread, and which of them stand apart: all by order, so
/// that a few wild values change little.
public enum Description {
    /// The middle value, or the mean of the two middle ones.
    ///
    /// - Throws: `StatisticsError.empty` or `.unusable`.
    public static func median(_ values: [Double]) throws(StatisticsError) -> Double {
        try quantile(values, 0.5)
    }

    /// The value below which the given share lies, interpolated between neighbours: type 7 of Hyndman and Fan
    /// (1996), numpy's and R's default.
    ///
    /// - Throws: `StatisticsError.empty`, `.unusable`, or `.parameter` unless `share` is in 0...1.
    public static func quantile(_ values: [Double], _ share: Double) throws(StatisticsError) -> Double {
        try check(values)
        guard (0...1).contains(share) else {
            throw .parameter("a quantile's share must lie in 0...1, and is \(share)")
        }
        let sorted = values.sorted()
        let place = share * Double(sorted.count - 1)
        let lower = min(Int(place), sorted.count - 1)
        let upper = min(lower + 1, sorted.count - 1)
        let weight = place - Double(lower)
        if weight == 0.5 { return sorted[lower] / 2 + sorted[upper] / 2 }
        return sorted[lower] + weight * (sorted[upper] - sorted[lower])
    }

    /// The median distance from the median, times 1.4826: the standard deviation where the values are normal.
    ///
    /// - Throws: `StatisticsError.empty` or `.unusable`.
    public static func robustSpread(_ values: [Double]) throws(StatisticsError) -> Double {
        let center = try median(values)
        return 1.482602218505602 * (try median(values.map { ($0 - center).magnitude }))
    }

    /// How far each value stands from the median, in robust standard deviations (Iglewicz and Hoaglin, 1993).
    ///
    /// Where more than half of the values are equal, the mean distance times 1.2533 takes the place of the
    /// median one; where all are equal, every score is 0.
    /// - Throws: `StatisticsError.empty` or `.unusable`.
    public static func modifiedZ(_ values: [Double]) throws(StatisticsError) -> [Double] {
        let center = try median(values)
        var spread = try robustSpread(values)
        if spread == 0 {
            let distances = values.map { ($0 - center).magnitude }
            spread = 1.2533141373155 * (distances.reduce(0) { $0 + $1 / Double(values.count) })
        }
        guard spread > 0 else { return values.map { _ in 0 } }
        return values.map { ($0 - center) / spread }
    }

    /// The places of the values whose modified z-score is beyond `threshold`, 3.5 by the rule's authors.
    ///
    /// - Throws: `StatisticsError.empty` or `.unusable`.
    public static func outliers(
        _ values: [Double], threshold: Double = 3.5
    ) throws(StatisticsError) -> [Int] {
        try modifiedZ(values).enumerated().filter { $0.element.magnitude > threshold }.map(\.offset)
    }
}
