/// What a test looks for when it doubts its null hypothesis.
public enum Alternative: String, Sendable, Hashable, Codable, CaseIterable {
    /// The first sample, or the differences, lie lower.
    case less
    /// The first sample, or the differences, lie higher.
    case greater
    /// Either.
    case twoSided

    /// The p-value from the two tails, each of which holds the observed value.
    ///
    /// The two-sided one is twice the smaller tail, as in scipy.
    func pValue(lower: Double, upper: Double) -> Double {
        switch self {
        case .less: min(1, lower)
        case .greater: min(1, upper)
        case .twoSided: min(1, 2 * min(lower, upper))
        }
    }
}

/// The result of a rank test.
public struct RankTest: Sendable, Hashable {
    /// Where the p-value comes from.
    public enum Method: String, Sendable, Hashable {
        /// Every arrangement of the observed ranks was counted.
        case exact
        /// The normal approximation, corrected for ties and for continuity.
        case normal
    }

    /// The statistic: Mann-Whitney's U of the first sample, or the sum of the positive ranks. Half a unit for
    /// each tie.
    public var statistic: Double
    /// The probability of a statistic at least as extreme if the null hypothesis holds.
    public var pValue: Double
    /// Where the p-value comes from.
    public var method: Method
}
