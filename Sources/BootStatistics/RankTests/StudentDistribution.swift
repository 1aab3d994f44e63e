import Foundation

/// Student's t distribution with a whole number of degrees of freedom.
public enum StudentDistribution {
    /// The probability of a value of at least `t`; NaN where `freedom` is below 1.
    ///
    /// The finite series of Abramowitz and Stegun, 26.7.3 and 26.7.4: O(freedom) time, right to about 1e-15,
    /// which for far tails is an absolute and no relative accuracy.
    public static func upperTail(_ t: Double, freedom: Int) -> Double {
        guard freedom >= 1, !t.isNaN else { return .nan }
        let angle = atan(t.magnitude / Double(freedom).squareRoot())
        let (sine, cosine) = (sin(angle), cos(angle))
        let isOdd = !freedom.isMultiple(of: 2)
        var term = isOdd ? cosine : 1.0
        var sum = freedom == 1 ? 0 : term
        var place = isOdd ? 2 : 1
        while place + 1 < freedom {
            term *= cosine * cosine * Double(place) / Double(place + 1)
            sum += term
            place += 2
        }
        let inside = isOdd ? 2 / Double.pi * (angle + sine * sum) : sine * sum
        let tail = max(1 - inside, 0) / 2
        return t >= 0 ? tail : 1 - tail
    }

    /// The value that is exceeded with the probability `tail`, between 0 and 1 (by bisection); NaN outside.
    public static func upperQuantile(_ tail: Double, freedom: Int) -> Double {
        guard freedom >= 1, tail > 0, tail < 1 else { return .nan }
        var (low, high) = (-1e9, 1e9)
        for _ in 0..<100 {
            let middle = (low + high) / 2
            if upperTail(middle, freedom: freedom) > tail { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
