import BootProfiles

/// The stacks of both sides in one tree, with their shares.
struct ComparedTree {
    /// All stacks, without weights.
    private(set) var union = Profile()
    /// The mean share of each node with all that lies under it, before.
    private(set) var before: [Double]
    /// The mean share of each node with all that lies under it, after.
    private(set) var after: [Double]
    /// The share of each node when every stack has the larger of its two shares.
    private(set) var larger: [Double]
    /// The mean share of each node's own, before.
    let ownBefore: [Double]
    /// The mean share of each node's own, after.
    let ownAfter: [Double]
    /// For each profile, those before first, the node of `union` for each of its nodes.
    private let places: [[Int32]]

    /// What every profile's weights are divided by; nil where each is divided by its own total.
    private let scale: Double?

    /// - Parameter isAbsolute: whether both sides are measured by the mean total before, as guests' are, who
    ///   count all that a boot executed.
    init(before: [Profile], after: [Profile], isAbsolute: Bool = false) throws(ProfileError) {
        let scale = isAbsolute ? ProfileScale.meanTotal(before.filter { $0.total > 0 }) : nil
        self.scale = scale
        // The first tree is taken as it is: half of the work where there are two.
        var union = (before + after).first ?? Profile()
        var places: [[Int32]] = [(0..<Int32(union.tree.count)).map { $0 }]
        for profile in (before + after).dropFirst() { places.append(try union.graft(profile)) }
        let count = union.tree.count
        let own = [(before, 0), (after, before.count)].map { profiles, first in
            var shares = [Double](repeating: 0, count: count)
            let weighty = profiles.count { $0.total > 0 }
            for (index, profile) in profiles.enumerated() where profile.total > 0 {
                let scale = 1 / ((scale ?? profile.total) * Double(weighty))
                Self.add(profile.tree.weights, places[first + index], scale, to: &shares)
            }
            return shares
        }
        self.union = union
        self.places = places
        ownBefore = own[0]
        ownAfter = own[1]
        let parents = union.tree.parents
        self.before = Self.summed(own[0], parents)
        self.after = Self.summed(own[1], parents)
        larger = own[0]
        for node in larger.indices { larger[node] = max(larger[node], own[1][node]) }
        Self.sum(&larger, parents)
        let all = larger[0]
        if all > 0 { for node in larger.indices { larger[node] /= all } }
    }

    /// The name of `node`, as it may be shown.
    func name(_ node: Int) -> String {
        node == 0 ? "all" : union.frames.withBytes(of: union.tree.frames[node]) { Label.clean($0) }
    }

    /// For each of `nodes` its share in every profile that has weight, those before first.
    ///
    /// - Parameters:
    ///   - before: The profiles before that this tree was made of.
    ///   - after: Those after.
    func shares(of nodes: [Int], before: [Profile], after: [Profile]) -> [[Double]] {
        let profiles = before + after
        var byNode = [[Double]](repeating: [], count: nodes.count)
        let parents = union.tree.parents
        for (index, profile) in profiles.enumerated() where profile.total > 0 {
            var shares = [Double](repeating: 0, count: union.tree.count)
            Self.add(profile.tree.weights, places[index], 1 / (scale ?? profile.total), to: &shares)
            let totals = Self.summed(shares, parents)
            for (place, node) in nodes.enumerated() { byNode[place].append(totals[node]) }
        }
        return byNode
    }

    private static func add(
        _ weights: [Double], _ places: [Int32], _ scale: Double, to shares: inout [Double]
    ) {
        for node in weights.indices where weights[node] != 0 {
            shares[Int(places[node])] += weights[node] * scale
        }
    }

    private static func summed(_ own: [Double], _ parents: [Int32]) -> [Double] {
        var totals = own
        sum(&totals, parents)
        return totals
    }

    /// Adds to each node what its children have.
    private static func sum(_ totals: inout [Double], _ parents: [Int32]) {
        for node in stride(from: totals.count - 1, to: 0, by: -1) {
            totals[Int(parents[node])] += totals[node]
        }
    }
}
