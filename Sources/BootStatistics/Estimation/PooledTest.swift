/// How far the means of two samples of one normal distribution lie apart by chance: Student's t with the spread that
/// both samples show together (1908); where one of them is a single number, Crawford and Howell's (1998).
///
/// It holds for as few as two numbers in one sample: the fewer there are, the further its quantiles lie out. Made from
/// the samples' sizes, so that it serves thousands of quantities which were measured together.
public struct PooledTest: Sendable, Hashable {
    /// The degrees of freedom.
    public let freedom: Int
    private let before: Double
    private let after: Double

    /// A test of samples of these sizes, each at least 1; nil where neither holds two numbers.
    public init?(_ before: Int, _ after: Int) {
        guard min(before, after) >= 1, before > 1 || after > 1 else { return nil }
        freedom = before + after - 2
        self.before = Double(before)
        self.after = Double(after)
    }

    /// The standard deviation of one number, given those of the samples; that of a single number counts for nothing.
    public func deviation(_ one: Double, _ other: Double) -> Double {
        ((one * one * (before - 1) + other * other * (after - 1)) / Double(freedom)).squareRoot()
    }

    /// The p-value of means that lie `difference` apart, in either direction, where one number has this standard
    /// deviation; 0 or 1 where that is nothing.
    public func pValue(_ difference: Double, deviation: Double) -> Double {
        guard deviation > 0 else { return difference == 0 ? 1 : 0 }
        let t = difference.magnitude / (deviation * factor)
        return min(2 * StudentDistribution.upperTail(t, freedom: freedom), 1)
    }

    /// How many standard deviations of one number apart chance puts the means with the probability `level` (above 0,
    /// below 1), in either direction.
    public func margin(level: Double) -> Double {
        factor * StudentDistribution.upperQuantile(level / 2, freedom: freedom)
    }

    private var factor: Double { (1 / before + 1 / after).squareRoot() }
}
