import BootModel

/// Compares what functions weigh in two sets of profiles.
public enum FunctionDifferences {
    /// The functions whose share changed most, the largest change first.
    ///
    /// A share of a host's profile is a function's weight divided by its own profile's total, averaged over the
    /// profiles of a side, so recordings of different length or rate compare. Guests' are divided by the mean
    /// total before, on both sides: what a boot executes is counted whole. Ranked by the change of the own share; a
    /// function that only calls what changed comes behind what changed. Profiles without weight are ignored.
    /// - Parameters:
    ///   - count: How many functions are returned at most.
    ///   - origin: Where the profiles come from.
    /// - Returns: Nothing where a side has no weight at all.
    public static func top(
        before: [Profile], after: [Profile], count: Int = 10, origin: FunctionChange.Origin = .host
    ) -> [FunctionChange] {
        let changes = all(before: before, after: after, origin: origin)
        return Array(
            changes.filter { $0.selfBefore != $0.selfAfter || $0.totalBefore != $0.totalAfter }
                .sorted(by: moreChanged).prefix(max(0, count)))
    }

    /// The shares of every function of either side, sorted by name.
    public static func all(
        before: [Profile], after: [Profile], origin: FunctionChange.Origin = .host
    ) -> [FunctionChange] {
        var changes: [String: FunctionChange] = [:]
        let weighty = [before, after].map { $0.filter { $0.total > 0 } }
        guard !weighty[0].isEmpty, !weighty[1].isEmpty else { return [] }
        let basis = origin == .guest ? ProfileScale.meanTotal(weighty[0]) : nil
        for (side, profiles) in weighty.enumerated() {
            for profile in profiles {
                let scale = 1 / ((basis ?? profile.total) * Double(profiles.count))
                let weights = profile.functionWeights()
                for frame in profile.frames.all where weights.total[frame.place] > 0 {
                    let name = profile.frames.name(of: frame)
                    let own = weights.own[frame.place] * scale
                    let total = weights.total[frame.place] * scale
                    changes[name, default: FunctionChange(name, origin, basis)].add(
                        own, total, after: side == 1)
                }
            }
        }
        return changes.values.sorted { ByteOrder.stringsPrecede($0.name, $1.name) }
    }

    private static func moreChanged(_ left: FunctionChange, _ right: FunctionChange) -> Bool {
        let own = (abs(left.selfAfter - left.selfBefore), abs(right.selfAfter - right.selfBefore))
        if own.0 != own.1 { return own.0 > own.1 }
        let total = (abs(left.totalAfter - left.totalBefore), abs(right.totalAfter - right.totalBefore))
        if total.0 != total.1 { return total.0 > total.1 }
        return ByteOrder.stringsPrecede(left.name, right.name)
    }
}

extension FunctionChange {
    fileprivate init(_ name: String, _ origin: Origin, _ basis: Double?) {
        self.init(
            name: name, origin: origin, basis: basis, selfBefore: 0, selfAfter: 0, totalBefore: 0,
            totalAfter: 0)
    }

    // Sums of shares of their own total may pass 1 by a rounding error; a share never does.
    fileprivate mutating func add(_ own: Double, _ total: Double, after: Bool) {
        let most = basis == nil ? 1 : Double.infinity
        if after {
            selfAfter = min(most, selfAfter + own)
            totalAfter = min(most, totalAfter + total)
        } else {
            selfBefore = min(most, selfBefore + own)
            totalBefore = min(most, totalBefore + total)
        }
    }
}

/// What two sides' weights are divided by, where both are measured on one scale.
package enum ProfileScale {
    /// The mean total of the profiles; nil for none, or none with weight.
    package static func meanTotal(_ profiles: [Profile]) -> Double? {
        let total = profiles.reduce(0) { $0 + $1.total }
        return total > 0 ? total / Double(profiles.count) : nil
    }
}
