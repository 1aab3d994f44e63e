import Foundation

/// Random numbers that are the same for the same seed on every machine and with every version of Swift:
/// SplitMix64 (Steele, Lea and Flood, 2014).
///
/// The standard library's own `shuffle` and `random` may draw differently from one version to the next, so
/// what must repeat is drawn by the methods here. Not for secrets.
public struct RepeatableGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator whose numbers follow from `seed`.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A whole number from 0 to `bound` - 1; `bound` is 1 or more, and the bias is below `bound` / 2^64.
    public mutating func uniform(below bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(max(bound, 1))).high)
    }

    /// A number from 0 up to, and without, 1.
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A number of the standard normal distribution (Box and Muller, 1958).
    public mutating func normal() -> Double {
        (-2 * log(1 - unit())).squareRoot() * cos(2 * .pi * unit())
    }

    /// Puts the elements in a random order, each order as likely as another (Fisher and Yates).
    public mutating func shuffle<Values: MutableCollection & RandomAccessCollection>(
        _ values: inout Values
    ) where Values.Index == Int {
        guard values.count > 1 else { return }
        for last in stride(from: values.endIndex - 1, to: values.startIndex, by: -1) {
            let other = values.startIndex + uniform(below: last - values.startIndex + 1)
            values.swapAt(last, other)
        }
    }
}
