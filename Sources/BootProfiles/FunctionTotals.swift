/// What one function weighs in a profile.
public struct FunctionTotals: Sendable, Hashable {
    /// The function's name; what is not UTF-8 in it became U+FFFD.
    public var name: String
    /// The weight of the stacks that end in it, in the profile's unit.
    public var own: Double
    /// The weight of the stacks that hold it anywhere, each counted once however often it recurs.
    public var total: Double

    /// What a function weighs.
    public init(name: String, own: Double, total: Double) {
        self.name = name
        self.own = own
        self.total = total
    }
}

extension Profile {
    /// The weights of every function, the largest own weight first, equal ones by name: O(n log n) in the
    /// number of functions, O(n) in the number of nodes.
    public func functions() -> [FunctionTotals] {
        let weights = functionWeights()
        return frames.all.map {
            FunctionTotals(
                name: frames.name(of: $0), own: weights.own[$0.place], total: weights.total[$0.place])
        }
        .sorted {
            ($1.own, $1.total) == ($0.own, $0.total)
                ? ByteOrder.stringsPrecede($0.name, $1.name) : ($1.own, $1.total) < ($0.own, $0.total)
        }
    }

    /// The `count` functions with the largest own weight.
    public func hotspots(_ count: Int = 20) -> [FunctionTotals] {
        Array(functions().prefix(max(0, count)))
    }

    /// The own and the total weight of each frame, by its place.
    func functionWeights() -> (own: [Double], total: [Double]) {
        var own = [Double](repeating: 0, count: frames.count)
        var total = own
        let totals = tree.totals()
        tree.forEachCall(frames: frames.count) { node, isOutermost in
            let frame = tree.frames[node].place
            own[frame] += tree.weights[node]
            if isOutermost { total[frame] += totals[node] }
        }
        return (own, total)
    }
}

extension ByteOrder {
    /// Whether the UTF-8 bytes of `left` sort before those of `right`.
    static func stringsPrecede(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
