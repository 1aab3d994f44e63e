/// Mid-ranks, doubled so that they stay whole.
struct Ranks {
    /// Twice the mid-rank of each value, in the order of the values: 2 for the lowest.
    var doubled: [Int]
    /// The sum of t^3 - t over the groups of t equal values.
    var tieTerm: Double

    /// Ranks values, of which none is NaN. O(n log n) time.
    init(_ values: [Double]) {
        let order = values.indices.sorted { values[$0] < values[$1] }
        doubled = [Int](repeating: 0, count: values.count)
        tieTerm = 0
        var start = 0
        while start < order.count {
            var end = start
            while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
            // The mean of the ranks start+1 ... end+1, doubled.
            for place in start...end { doubled[order[place]] = start + end + 2 }
            let size = Double(end - start + 1)
            tieTerm += size * size * size - size
            start = end + 1
        }
    }
}
