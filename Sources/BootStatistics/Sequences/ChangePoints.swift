/// Finds the places in a sequence where its distribution changes: E-divisive means of Matteson and James
/// (2014) with exponent 1.
///
/// Segments are split one at a time where the energy distance between both parts is largest, for as long as a
/// permutation test within the segments says that so large a distance is no accident. A split costs
/// O(n log n), so finding k changes costs O(k R n log n) time for R permutations, and O(n) space.
public struct ChangePoints: Sendable, Hashable {
    /// A place where the sequence changes.
    public struct Change: Sendable, Hashable {
        /// The place of the first value after the change, from 0.
        public var place: Int
        /// The p-value of the permutation test.
        public var pValue: Double
        /// The median of the segment before the change.
        public var before: Double
        /// The median of the segment after the change.
        public var after: Double
    }

    /// The largest p-value at which a change is believed.
    public var level: Double
    /// The fewest values in a segment: a spike that is shorter is no change.
    public var shortestSegment: Int
    /// How many permutations the test draws; the smallest p-value is 1 / (permutations + 1).
    public var permutations: Int
    /// The seed of the permutations: the same sequence always gives the same changes.
    public var seed: UInt64

    /// The longest sequence that is searched, so that hostile input cannot keep a machine busy.
    public static let longestSequence = 5_000

    /// A search for changes, by default with p <= 0.001 and segments of at least 3.
    public init(level: Double = 0.001, shortestSegment: Int = 3, permutations: Int = 999, seed: UInt64 = 1) {
        self.level = level
        self.shortestSegment = shortestSegment
        self.permutations = permutations
        self.seed = seed
    }

    /// The changes in the sequence, in order of place; none in a sequence too short for two segments.
    ///
    /// - Throws: `StatisticsError.unusable`, or `.parameter` for more than `longestSequence` values, segments
    ///   of fewer than 2, fewer permutations than the level needs or more than 100,000.
    public func find(in values: [Double]) throws(StatisticsError) -> [Change] {
        if values.isEmpty { return [] }
        try check(values)
        try check(probability: level, named: "the level")
        guard values.count <= Self.longestSequence else {
            throw .parameter("a sequence holds at most \(Self.longestSequence) values, not \(values.count)")
        }
        guard shortestSegment >= 2 else { throw .parameter("a segment holds at least 2 values") }
        guard (1...100_000).contains(permutations), 1 / Double(permutations + 1) <= level else {
            throw .parameter("\(permutations) permutations cannot answer at the level \(level)")
        }
        var generator = RepeatableGenerator(seed: seed)
        var segments = [Segment(0..<values.count, best: split(values[...]))]
        var found: [(place: Int, pValue: Double)] = []
        while let chosen = segments.indices.filter({ segments[$0].best != nil })
            .max(by: { segments[$0].energy < segments[$1].energy }), let best = segments[chosen].best
        {
            let p = pValue(of: best.energy, in: segments, values, &generator)
            guard p <= level else { break }
            found.append((best.place, p))
            let range = segments[chosen].range
            let parts = [range.lowerBound..<best.place, best.place..<range.upperBound]
            segments.replaceSubrange(
                chosen...chosen, with: parts.map { Segment($0, best: split(values[$0])) })
        }
        return try describe(found, values)
    }

    private struct Split {
        var place: Int
        var energy: Double
    }

    private struct Segment {
        var range: Range<Int>
        var best: Split?
        var energy: Double { best?.energy ?? 0 }

        init(_ range: Range<Int>, best: Split?) {
            self.range = range
            self.best = best
        }
    }

    private func describe(
        _ found: [(place: Int, pValue: Double)], _ values: [Double]
    ) throws(StatisticsError) -> [Change] {
        let sorted = found.sorted { $0.place < $1.place }
        var changes: [Change] = []
        for (index, change) in sorted.enumerated() {
            let start = index == 0 ? 0 : sorted[index - 1].place
            let end = index + 1 < sorted.count ? sorted[index + 1].place : values.count
            changes.append(
                Change(
                    place: change.place, pValue: change.pValue,
                    before: try Description.median(Array(values[start..<change.place])),
                    after: try Description.median(Array(values[change.place..<end]))))
        }
        return changes
    }

    /// How often values shuffled within their segments split as well as the observed ones, which count too.
    private func pValue(
        of energy: Double, in segments: [Segment], _ values: [Double],
        _ generator: inout RepeatableGenerator
    ) -> Double {
        var atLeast = 1
        for drawn in 1...permutations {
            let reached = segments.contains { segment in
                guard segment.best != nil else { return false }
                var shuffled = Array(values[segment.range])
                generator.shuffle(&shuffled)
                // Equal arrangements may differ in the last digits, since they add in another order.
                return (split(shuffled[...])?.energy ?? 0) >= energy * (1 - 1e-12)
            }
            if reached { atLeast += 1 }
            // No later draw can bring the p-value down to the level again.
            if Double(atLeast) / Double(permutations + 1) > level, drawn < permutations {
                return Double(atLeast) / Double(drawn + 1)
            }
        }
        return Double(atLeast) / Double(permutations + 1)
    }

    /// The best place to split at, or nil where the values are too few or all equal.
    private func split(_ values: ArraySlice<Double>) -> Split? {
        let n = values.count
        guard n >= 2 * shortestSegment else { return nil }
        let forward = PairDistances(Array(values))
        let backward = PairDistances(values.reversed())
        let all = forward.sums[n]
        guard all > 0 else { return nil }
        var best: Split?
        for size in shortestSegment...(n - shortestSegment) {
            let (m, k) = (Double(size), Double(n - size))
            let left = forward.sums[size]
            let right = backward.sums[n - size]
            let between = 2 * (all - left - right) / (m * k)
            let energy = m * k / (m + k) * (between - 2 * left / (m * (m - 1)) - 2 * right / (k * (k - 1)))
            if energy > best?.energy ?? 0 { best = Split(place: values.startIndex + size, energy: energy) }
        }
        return best
    }
}

/// The sum of the distances between all pairs of the first k values, for each k: O(n log n) by a tree of
/// partial sums over the values' ranks.
private struct PairDistances {
    /// The sums, from no values to all.
    var sums: [Double]

    init(_ values: [Double]) {
        let n = values.count
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Int](repeating: 0, count: n)
        for (place, index) in order.enumerated() { ranks[index] = place + 1 }
        // Distances do not change when all values move, and small numbers lose fewer digits.
        let center = values[order[n / 2]]
        var counts = [Int](repeating: 0, count: n + 1)
        var totals = [Double](repeating: 0, count: n + 1)
        var total = 0.0
        sums = [0]
        sums.reserveCapacity(n + 1)
        for (seen, value) in values.enumerated() {
            let moved = value - center
            var (below, belowTotal) = (0, 0.0)
            var place = ranks[seen]
            while place > 0 {
                below += counts[place]
                belowTotal += totals[place]
                place &= place - 1
            }
            let toLower = moved * Double(below) - belowTotal
            let toHigher = total - belowTotal - moved * Double(seen - below)
            sums.append(sums[seen] + max(toLower + toHigher, 0))
            total += moved
            place = ranks[seen]
            while place <= n {
                counts[place] += 1
                totals[place] += moved
                place += place & -place
            }
        }
    }
}
