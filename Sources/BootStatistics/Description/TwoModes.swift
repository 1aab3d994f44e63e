import Foundation

/// Two ways that the values take, where one does not describe them.
///
/// Two normal distributions of one common width are fitted by expectation and maximisation. They are believed
/// only where three published rules agree: the Bayesian information criterion prefers them to a single normal
/// distribution by more than 10 ("very strong": Kass and Raftery, 1995); their centers are more than
/// `leastSeparation` widths apart (Ashman, Bird and Zepf, 1994, ask for 2, where two equal modes begin to
/// show as two; the larger default keeps skewed values from passing as two modes); and the smaller mode holds
/// at least three values and a twentieth of them, for one or two wild values are outliers and not a mode.
public struct TwoModes: Sendable, Hashable {
    /// The center of the lower mode.
    public var lower: Double
    /// The center of the upper mode.
    public var upper: Double
    /// The places of the values that belong rather to the upper mode.
    public var upperPlaces: [Int]
    /// The share of the values that belong to the upper mode: 0 to 1.
    public var upperShare: Double
    /// The distance of the centers in widths of the modes.
    public var separation: Double

    /// The smallest distance between two modes, in widths, that counts as two.
    public static let leastSeparation = 4.0

    /// The two modes of the values, or nil where one describes them.
    ///
    /// - Parameter leastSeparation: how far apart they have to lie, in their widths.
    /// - Throws: `StatisticsError.empty` or `.unusable`.
    public init?(
        in values: [Double], leastSeparation: Double = TwoModes.leastSeparation
    ) throws(StatisticsError) {
        try check(values)
        let sorted = values.sorted()
        let (lowest, highest) = (sorted[0], sorted[sorted.count - 1])
        let range = highest - lowest
        guard values.count >= 6, range > 0 else { return nil }
        // In units of the range, so that neither large nor tiny values lose digits.
        let scaled = sorted.map { ($0 - lowest) / range }
        guard let fit = Mixture(scaled, leastSeparation: leastSeparation) else { return nil }
        let places = values.indices.filter { fit.prefersUpper((values[$0] - lowest) / range) }
        let smaller = min(places.count, values.count - places.count)
        guard smaller >= 3, Double(smaller) >= 0.05 * Double(values.count) else { return nil }
        guard fit.evidence > 10, fit.separation > leastSeparation else { return nil }
        lower = lowest + fit.lower * range
        upper = lowest + fit.upper * range
        upperPlaces = places
        upperShare = Double(places.count) / Double(values.count)
        separation = fit.separation
    }
}

/// Two normal distributions of one width, fitted to values in 0...1.
private struct Mixture {
    var lower: Double
    var upper: Double
    var upperWeight: Double
    var width: Double
    /// By how much the Bayesian information criterion prefers two distributions to one.
    var evidence = 0.0

    /// Narrower than this share of the range, a mode would be a point of infinite likelihood.
    private static let narrowest = 1e-4

    var separation: Double { (upper - lower) / width }

    /// Fits from the split into two groups that lie closest around their own means; nil where already these, with
    /// their inner tails cut off, lie no farther apart than `leastSeparation` widths.
    init?(_ sorted: [Double], leastSeparation: Double) {
        let n = Double(sorted.count)
        let total = sorted.reduce(0, +)
        var best = -1.0
        var split = 0
        var sum = 0.0
        for (place, value) in sorted.dropLast().enumerated() {
            sum += value
            let k = Double(place + 1)
            let apart = sum / k - (total - sum) / (n - k)
            if k * (n - k) * apart * apart > best {
                best = k * (n - k) * apart * apart
                split = place + 1
            }
        }
        lower = sorted[..<split].reduce(0, +) / Double(split)
        upper = sorted[split...].reduce(0, +) / (n - Double(split))
        upperWeight = 1 - Double(split) / n
        let (low, high) = (lower, upper)
        let within = sorted.enumerated().map { pow($0.element - ($0.offset < split ? low : high), 2) }
        width = max((within.reduce(0, +) / n).squareRoot(), Self.narrowest)
        guard separation > leastSeparation else { return nil }
        for _ in 0..<200 {
            let before = (lower, upper)
            guard improve(sorted) else { return nil }
            if abs(before.0 - lower) + abs(before.1 - upper) < 1e-10 { break }
        }
        let mean = total / n
        let variance = sorted.reduce(0) { $0 + pow($1 - mean, 2) } / n
        let single = sorted.reduce(0) { $0 + Self.logDensity($1, mean, variance.squareRoot()) }
        let double = sorted.reduce(0) { $0 + logDensity($1) }
        evidence = 2 * (double - single) - 2 * log(n)
    }

    /// Whether a value belongs rather to the upper distribution.
    func prefersUpper(_ value: Double) -> Bool { upperResponsibility(value) > 0.5 }

    private mutating func improve(_ values: [Double]) -> Bool {
        let shares = values.map(upperResponsibility)
        let n = Double(values.count)
        let above = shares.reduce(0, +)
        guard above > 1e-9, above < n - 1e-9 else { return false }
        upper = zip(values, shares).reduce(0) { $0 + $1.0 * $1.1 } / above
        lower = zip(values, shares).reduce(0) { $0 + $1.0 * (1 - $1.1) } / (n - above)
        upperWeight = above / n
        let (low, high) = (lower, upper)
        let within = zip(values, shares).reduce(0) {
            $0 + $1.1 * pow($1.0 - high, 2) + (1 - $1.1) * pow($1.0 - low, 2)
        }
        width = max((within / n).squareRoot(), Self.narrowest)
        return true
    }

    private func upperResponsibility(_ value: Double) -> Double {
        let high = log(upperWeight) + Self.logDensity(value, upper, width)
        let low = log(1 - upperWeight) + Self.logDensity(value, lower, width)
        return 1 / (1 + exp(low - high))
    }

    private func logDensity(_ value: Double) -> Double {
        let high = log(upperWeight) + Self.logDensity(value, upper, width)
        let low = log(1 - upperWeight) + Self.logDensity(value, lower, width)
        return max(high, low) + log(1 + exp(-abs(high - low)))
    }

    private static func logDensity(_ value: Double, _ mean: Double, _ width: Double) -> Double {
        let z = (value - mean) / width
        return -z * z / 2 - log(width) - log(2 * .pi) / 2
    }
}
