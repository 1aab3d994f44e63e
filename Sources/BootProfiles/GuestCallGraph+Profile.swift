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
        profile.forEachOutermostCall { caller, callee, weight in
            calls[UInt64(caller.index) << 32 | UInt64(callee.index), default: 0] += weight
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

extension Profile {
    /// Calls `body` with each call of a function that is not below itself already: caller, callee, weight.
    func forEachOutermostCall(_ body: (FrameID, FrameID, Double) -> Void) {
        var active = [Int32](repeating: 0, count: frames.count)
        let totals = tree.totals()
        let children = tree.children()
        var pending = Array(children[CallTree.root])
        while let entry = pending.popLast() {
            if entry < 0 {
                active[tree.frames[Int(~entry)].place] -= 1
                continue
            }
            let node = Int(entry)
            let frame = tree.frames[node]
            let parent = tree.parents[node]
            if active[frame.place] == 0, parent != CallTree.root, totals[node] > 0 {
                body(tree.frames[Int(parent)], frame, totals[node])
            }
            active[frame.place] += 1
            pending.append(~entry)
            pending.append(contentsOf: children[entry])
        }
    }
}
