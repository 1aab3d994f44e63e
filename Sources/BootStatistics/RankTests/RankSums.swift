/// How often each sum of ranks occurs over all ways to choose so many of them.
///
/// Counted by a dynamic program over the ranks: O(N k S) time and O(k S) space, for k out of N ranks and sums
/// that span S. Counts are kept as `Double`: they only ever add, so their relative error stays below N times
/// 2^-53, and C(100, 50) is far from overflowing.
struct RankSums {
    /// The smallest sum.
    private let base: Int
    /// The distance between neighbouring sums: 2 where no doubled rank is odd, else 1.
    private let step: Int
    /// The number of choices for each sum, from the smallest.
    private let counts: [Double]
    private let total: Double

    /// All choices of `chosen` of the doubled ranks. `chosen` is from 1 to the number of ranks.
    init(choosing chosen: Int, from doubledRanks: [Int]) {
        let ranks = doubledRanks.sorted()
        let step = ranks.allSatisfy { $0.isMultiple(of: 2) } ? 2 : 1
        let lowest = ranks[0]
        let offsets = ranks.map { ($0 - lowest) / step }
        // Sums of offsets are kept from 0, then moved to the smallest sum that can occur.
        let smallest = offsets.prefix(chosen).reduce(0, +)
        let span = offsets.suffix(chosen).reduce(0, +)
        let width = span + 1
        var ways = [Double](repeating: 0, count: (chosen + 1) * width)
        ways[0] = 1
        ways.withUnsafeMutableBufferPointer { ways in
            var reach = 0
            for (taken, offset) in offsets.enumerated() {
                reach = min(reach + offset, span)
                guard offset <= span else { continue }
                for size in stride(from: min(taken + 1, chosen), through: 1, by: -1) {
                    let (into, from) = (size * width, (size - 1) * width)
                    var sum = reach
                    while sum >= offset {
                        ways[into + sum] += ways[from + sum - offset]
                        sum -= 1
                    }
                }
            }
        }
        counts = Array(ways[(chosen * width + smallest)...])
        total = counts.reduce(0, +)
        base = lowest * chosen + smallest * step
        self.step = step
    }

    /// The probabilities of a sum of at most, and of at least, `doubledSum`.
    func tails(at doubledSum: Int) -> (below: Double, above: Double) {
        let place = min(max((doubledSum - base) / step, 0), counts.count - 1)
        return (counts[...place].reduce(0, +) / total, counts[place...].reduce(0, +) / total)
    }

    /// The largest number of steps above the smallest sum whose lower tail is at most `level`; nil where
    /// there is none.
    func criticalStep(level: Double) -> Int? {
        var sum = 0.0
        for (place, count) in counts.enumerated() {
            sum += count
            if sum / total > level { return place == 0 ? nil : place - 1 }
        }
        return counts.count - 1
    }
}
