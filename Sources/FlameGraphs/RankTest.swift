import Glibc

/// Tells real changes of frames from noise by the boots' own spread.
///
/// The exact two-sided permutation test of the rank sum (Wilcoxon 1945, Mann and Whitney 1947), mid-ranks for
/// ties: it asks nothing of the shape of the shares' distribution. Distributions are kept by pattern of ties,
/// because thousands of frames share few patterns.
struct RankTest {
    /// Above this many boots the normal approximation, corrected for ties, takes the place of counting.
    static let exactLimit = 40

    let before: Int
    let after: Int
    private var tails: [[Int]: [Double]] = [:]

    /// A test of `before` boots against `after` boots.
    init(before: Int, after: Int) {
        self.before = before
        self.after = after
    }

    /// Whether two sides this small can be told apart at all at `level`: each needs two boots or more.
    func canReach(_ level: Double) -> Bool { before > 1 && after > 1 && smallest <= level }

    /// The smallest p-value that these numbers of boots can give.
    var smallest: Double {
        var ways = 1.0
        for index in 0..<min(before, after) {
            ways = ways * Double(before + after - index) / Double(index + 1)
        }
        return min(1, 2 / ways)
    }

    /// The two-sided p-value of the first `before` of `shares` against the rest.
    mutating func probability(_ shares: [Double]) -> Double {
        let ranks = Self.doubledRanks(shares)
        let sum = ranks.prefix(before).reduce(0, +)
        // The middle of the rank sum, doubled once more so that it stays whole.
        let middle = before * (before + after + 1)
        let distance = abs(sum - middle)
        let pattern = ranks.sorted()
        if before + after > Self.exactLimit { return approximate(pattern, distance) }
        if let tail = tails[pattern] { return tail[min(distance, tail.count - 1)] }
        let tail = exactTail(pattern, middle)
        tails[pattern] = tail
        return tail[min(distance, tail.count - 1)]
    }

    /// For every distance from the middle the probability of lying that far away or farther.
    private func exactTail(_ ranks: [Int], _ middle: Int) -> [Double] {
        let largest = ranks.reduce(0, +)
        var ways = [[Double]](repeating: [Double](repeating: 0, count: largest + 1), count: before + 1)
        ways[0][0] = 1
        var reached = 0
        for (taken, rank) in ranks.enumerated() {
            reached += rank
            for size in stride(from: min(before, taken + 1), through: 1, by: -1) {
                for sum in stride(from: reached, through: rank, by: -1) {
                    ways[size][sum] += ways[size - 1][sum - rank]
                }
            }
        }
        let all = ways[before].reduce(0, +)
        var tail = [Double](repeating: 0, count: max(middle, largest - middle) + 2)
        for (sum, count) in ways[before].enumerated() { tail[abs(sum - middle)] += count / all }
        for distance in stride(from: tail.count - 2, through: 0, by: -1) {
            tail[distance] += tail[distance + 1]
        }
        return tail.map { min(1, $0) }
    }

    private func approximate(_ ranks: [Int], _ distance: Int) -> Double {
        let count = Double(before + after)
        let mean = Double(ranks.reduce(0, +)) / count
        let squares = ranks.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        let variance = Double(before) * Double(after) / (count * (count - 1)) * squares
        guard variance > 0 else { return 1 }
        let score = max(0, Double(distance) - 1) / variance.squareRoot()
        return min(1, erfc(score / 2.0.squareRoot()))
    }

    /// Twice the mid-rank of every share.
    private static func doubledRanks(_ shares: [Double]) -> [Int] {
        let order = shares.indices.sorted { shares[$0] < shares[$1] }
        var ranks = [Int](repeating: 0, count: shares.count)
        var start = 0
        while start < order.count {
            var end = start
            while end + 1 < order.count, shares[order[end + 1]] == shares[order[start]] { end += 1 }
            for place in start...end { ranks[order[place]] = start + end + 2 }
            start = end + 1
        }
        return ranks
    }

    /// What Benjamini and Hochberg (1995) make of `probabilities`: the least rate of false discoveries at
    /// which each would be one. Holds where tests depend positively, as frames and their callers do.
    static func adjusted(_ probabilities: [Double]) -> [Double] {
        let order = probabilities.indices.sorted { probabilities[$0] > probabilities[$1] }
        var adjusted = probabilities
        var least = 1.0
        for (place, index) in order.enumerated() {
            let rank = Double(probabilities.count - place)
            least = min(least, probabilities[index] * Double(probabilities.count) / rank)
            adjusted[index] = least
        }
        return adjusted
    }
}
