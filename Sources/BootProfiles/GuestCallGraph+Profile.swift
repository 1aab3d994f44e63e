import BootModel

extension GuestCallGraph {
    /// The call graph of a guest's stacks: O(nodes) time.
    ///
    /// A function's weight for one caller is that of its outermost calls from there, so the weights for all its
    /// callers add up to its total.
    public init(_ profile: Profile) {
        let names = profile.frames.all.map(profile.frames.name(of:))
        let weights = profile.functionWeights()
        var calls: [UInt64: Double] = [:]
        let (tree, totals) = (profile.tree, profile.tree.totals())
        tree.forEachCall(frames: names.count) { node, isOutermost in
            let caller = tree.parents[node]
            guard isOutermost, caller != CallTree.root, totals[node] > 0 else { return }
            let key = UInt64(tree.frames[Int(caller)].index) << 32 | UInt64(tree.frames[node].index)
            calls[key, default: 0] += totals[node]
        }
        // Names that differ in broken UTF-8 alone are one name.
        var places: [String: Int] = [:]
        var functions: [Function] = []
        let place = names.indices.map { index -> Int in
            if let known = places[names[index]] {
                functions[known].own += weights.own[index]
                functions[known].total += weights.total[index]
                return known
            }
            places[names[index]] = functions.count
            functions.append(
                Function(name: names[index], own: weights.own[index], total: weights.total[index]))
            return functions.count - 1
        }
        self.init(
            total: profile.total, functions: functions,
            calls: calls.sorted { $0.key < $1.key }.map { key, weight in
                Call(caller: place[Int(key >> 32)], callee: place[Int(key & 0xffff_ffff)], weight: weight)
            })
    }
}
