/// Finds order statistics of sums that are too many to list, by counting.
///
/// Bisection over the ordered bit patterns of `Double`: at most 64 counts, no memory, and the answer is one of
/// the sums exactly.
enum OrderedCounts {
    /// The smallest number v such that `countUpTo(v)` is at least `place` (from 1).
    static func value(
        at place: Int, from low: Double, to high: Double, countUpTo: (Double) -> Int
    ) -> Double {
        var (low, high) = (key(low), key(high))
        while low < high {
            // Without overflow: the keys span more than Int64 has on either side of zero.
            let middle = (low & high) + ((low ^ high) >> 1)
            if countUpTo(number(middle)) >= place { high = middle } else { low = middle + 1 }
        }
        return number(low)
    }

    /// A whole number that orders as the numbers do.
    private static func key(_ number: Double) -> Int64 {
        let bits = Int64(bitPattern: number.bitPattern)
        return bits >= 0 ? bits : Int64.min &- bits
    }

    private static func number(_ key: Int64) -> Double {
        Double(bitPattern: UInt64(bitPattern: key >= 0 ? key : Int64.min &- key))
    }
}

/// The mean of the two middle order statistics, or the middle one.
func middle(of count: Int, value: (Int) -> Double) -> Double {
    let half = (count + 1) / 2
    let lower = value(half)
    return count.isMultiple(of: 2) ? lower / 2 + value(half + 1) / 2 : lower
}
