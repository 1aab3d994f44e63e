import Foundation

/// The standard normal distribution.
public enum NormalDistribution {
    /// The probability of a value of at least `z`; accurate far out in the tail too.
    public static func upperTail(_ z: Double) -> Double { erfc(z / 2.squareRoot()) / 2 }

    /// The probability of a value of at most `z`.
    public static func lowerTail(_ z: Double) -> Double { erfc(-z / 2.squareRoot()) / 2 }

    /// The value below which the share `probability` lies, to 1e-14; infinite at 0 and 1, NaN outside.
    ///
    /// By bisection on the tail: slow, and used only where that does not matter.
    public static func quantile(_ probability: Double) -> Double {
        guard probability >= 0, probability <= 1 else { return .nan }
        if probability == 0 { return -.infinity }
        if probability == 1 { return .infinity }
        var low = -40.0
        var high = 40.0
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if lowerTail(middle) < probability { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
