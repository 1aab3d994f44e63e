/// Whether a single number belongs among some others: Crawford and Howell's t test (1998).
///
/// The others are taken as a sample of a normal distribution, and the newcomer as one more draw of it: its
/// own chance counts, so that one bad day is no proof.
public struct NewcomerTest: Sendable, Hashable {
    /// How far the newcomer lies above the others' mean.
    public var difference: Double
    /// The standard error of that difference.
    public var error: Double
    /// The degrees of freedom: one less than there are others.
    public var freedom: Int

    /// A test of `newcomer` against `others`.
    ///
    /// - Throws: `StatisticsError.empty` or `.unusable`, or `.parameter` for fewer than two others.
    public init(_ newcomer: Double, among others: [Double]) throws(StatisticsError) {
        try check(others)
        try check([newcomer])
        guard others.count >= 2 else { throw .parameter("one other number has no spread to belong to") }
        let count = Double(others.count)
        // Summed up, the shares of equal numbers may miss them by a digit, which would then pass for a spread.
        let areEqual = others.allSatisfy { $0 == others[0] }
        let mean = areEqual ? others[0] : others.reduce(0) { $0 + $1 / count }
        let variance = others.reduce(0) { $0 + ($1 - mean) * ($1 - mean) / (count - 1) }
        difference = newcomer - mean
        error = (variance * (1 + 1 / count)).squareRoot()
        freedom = others.count - 1
    }

    /// The p-value of "the newcomer lies above the others by more than `center`", one-sided.
    ///
    /// Where the others are all equal, 0 or 1.
    public func pValue(above center: Double) -> Double {
        guard error > 0 else { return difference > center ? 0 : 1 }
        return StudentDistribution.upperTail((difference - center) / error, freedom: freedom)
    }

    /// The p-value of "the newcomer lies above the others by less than `center`", one-sided.
    public func pValue(below center: Double) -> Double {
        guard error > 0 else { return difference < center ? 0 : 1 }
        return StudentDistribution.upperTail((center - difference) / error, freedom: freedom)
    }

    /// How far each one-sided bound of the difference lies from it, at `confidence` between 0 and 1.
    public func margin(confidence: Double) -> Double {
        error > 0 ? error * StudentDistribution.upperQuantile(1 - confidence, freedom: freedom) : 0
    }
}
