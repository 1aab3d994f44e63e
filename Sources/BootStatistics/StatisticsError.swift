/// Why a statistic cannot be computed from what was given.
public enum StatisticsError: Error, Sendable, Hashable {
    /// There are no values.
    case empty
    /// A value is not a number, infinite, or so large (1e300) that differences of such values overflow.
    case unusable(Double)
    /// Two lists that belong together differ in length.
    case lengthsDiffer(Int, Int)
    /// A parameter lies outside what the statistic is defined for; the text names it and its range.
    case parameter(String)
}

extension StatisticsError: CustomStringConvertible {
    /// One line for a person.
    public var description: String {
        switch self {
        case .empty: "there are no values"
        case .unusable(let value): "the value \(value) is not a usable number"
        case .lengthsDiffer(let one, let other): "\(one) values do not pair with \(other)"
        case .parameter(let text): text
        }
    }
}

/// Refuses what no statistic is defined for.
///
/// - Throws: `StatisticsError.empty` or `.unusable`.
func check(_ values: [Double]) throws(StatisticsError) {
    guard !values.isEmpty else { throw .empty }
    for value in values where !value.isFinite || value.magnitude > 1e300 { throw .unusable(value) }
}

/// Refuses a probability that is none.
func check(probability: Double, named name: String) throws(StatisticsError) {
    guard probability > 0, probability < 1 else {
        throw .parameter("\(name) must lie between 0 and 1, and is \(probability)")
    }
}
