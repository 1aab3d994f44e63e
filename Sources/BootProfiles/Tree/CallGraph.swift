/// Functions and what their calls cost, as formats keep them that know no stacks (callgrind, cProfile).
///
/// Of a graph, stacks can only be estimated: what a function costs under one caller is taken to be spread over
/// its own code and its callees as all of it is. What a function costs when it is called below itself is counted
/// with its first call: recursion is not unrolled. Totals stay exact: every cost is shared out to the last unit.
struct CallGraph {
    private struct Call {
        var callee: Int32
        var cost: Double
    }

    /// Shares below this part of the total are not followed any further: they stay with the caller.
    private static let smallest = 1e-6
    /// The most calls that are followed; beyond, costs stay with the callers.
    private static let mostSteps = 20_000_000

    private var own: [Double] = []
    private var calls: [[Call]] = []
    private var places: [Int64: Int] = [:]

    /// Makes room for `frame` of the profile whose graph this is.
    private mutating func grow(to frame: FrameID) {
        while own.count <= frame.place {
            own.append(0)
            calls.append([])
        }
    }

    /// Adds to what the code of `frame` costs itself.
    mutating func add(_ cost: Double, to frame: FrameID) {
        grow(to: frame)
        own[frame.place] += cost
    }

    /// Adds to what calls of `callee` by `caller` cost, with all that they call.
    mutating func addCall(from caller: FrameID, to callee: FrameID, cost: Double) {
        grow(to: caller)
        grow(to: callee)
        // A function's calls of itself are within what it costs already.
        guard caller != callee, cost > 0 else { return }
        let key = Int64(caller.place) << 32 | Int64(callee.place)
        if let place = places[key] {
            calls[caller.place][place].cost += cost
        } else {
            places[key] = calls[caller.place].count
            calls[caller.place].append(Call(callee: Int32(callee.place), cost: cost))
        }
    }

    /// What all functions cost themselves.
    var total: Double { own.reduce(0, +) }

    /// Adds the stacks to `profile`, whose frames the functions are, with a note.
    func addStacks(to profile: inout Profile) throws(ProfileError) {
        let total = self.total
        guard total > 0, total.isFinite else { return }
        var walk = Walk(graph: self, smallest: max(total * Self.smallest, .leastNormalMagnitude))
        let roots = self.roots()
        let known = roots.reduce(0) { $0 + $1.weight }
        // Graphs that do not add up (a recording that began inside a call) are scaled to what the code costs.
        var shares = Shares(whole: total, of: known)
        for root in roots {
            try walk.descend(from: root.function, weight: shares.next(root.weight), into: &profile)
        }
        profile.notes.append("stacks are estimated: the input knows only callers and callees")
        if walk.kept > total * 0.001 {
            profile.notes.append(
                "calls too small to follow, \(Int((walk.kept / total * 100).rounded())) % in all, "
                    + "are counted with their callers")
        }
    }

    /// The functions that nobody is seen to call, or for more than their callers say.
    private func roots() -> [(function: Int, weight: Double)] {
        let groups = CallGroups(calls: calls.map { $0.map(\.callee) }).groups
        var group = [Int](repeating: 0, count: own.count)
        for (index, members) in groups.enumerated() {
            for member in members { group[member] = index }
        }
        var inclusive = [Double](repeating: 0, count: groups.count)
        var entered = [Double](repeating: 0, count: groups.count)
        var entries = [Double](repeating: 0, count: own.count)
        for function in own.indices {
            inclusive[group[function]] += own[function]
            for call in calls[function] where group[Int(call.callee)] != group[function] {
                inclusive[group[function]] += call.cost
                entered[group[Int(call.callee)]] += call.cost
                entries[Int(call.callee)] += call.cost
            }
        }
        var roots: [(function: Int, weight: Double)] = []
        for (index, members) in groups.enumerated() {
            let weight = inclusive[index] - entered[index]
            guard weight > inclusive[index] * 1e-9 else { continue }
            // Functions that call one another are entered where they mostly are from outside.
            let cost = { (function: Int) in self.calls[function].reduce(self.own[function]) { $0 + $1.cost } }
            let first = members.max { (entries[$0], cost($0), $1) < (entries[$1], cost($1), $0) }
            if let first { roots.append((first, weight)) }
        }
        return roots.sorted { ($1.weight, $0.function) < ($0.weight, $1.function) }
    }

    /// The way down from a function to all that it calls.
    private struct Walk {
        private struct Step {
            var function: Int
            var parent: Int32
            /// What the function costs here; nil on the way back up.
            var weight: Double?
        }

        /// How often what comes back to a function is shared out once more.
        private static let mostRounds: UInt8 = 64

        let graph: CallGraph
        let smallest: Double
        /// What stays with callers because it is too small to follow.
        private(set) var kept = 0.0
        private var steps = 0
        private var pending: [Step] = []
        // Of the functions on the way down: their nodes, and what calls of them below themselves cost.
        private var nodes: [Int32]
        private var returned: [Double]
        private var rounds: [UInt8]

        init(graph: CallGraph, smallest: Double) {
            self.graph = graph
            self.smallest = smallest
            nodes = [Int32](repeating: -1, count: graph.own.count)
            returned = [Double](repeating: 0, count: graph.own.count)
            rounds = [UInt8](repeating: 0, count: graph.own.count)
        }

        mutating func descend(
            from root: Int, weight: Double, into profile: inout Profile
        ) throws(ProfileError) {
            pending.append(Step(function: root, parent: CallTree.root, weight: weight))
            while let step = pending.popLast() {
                let function = step.function
                guard let weight = step.weight else {
                    try leave(step, into: &profile)
                    continue
                }
                guard nodes[function] < 0 else {
                    returned[function] += weight
                    continue
                }
                let node = profile.child(of: step.parent, FrameID(function))
                guard !graph.calls[function].isEmpty, follows(weight) else {
                    try keep(weight, function, node, into: &profile)
                    continue
                }
                nodes[function] = node
                rounds[function] = 0
                try share(weight, step, into: &profile)
            }
        }

        private func follows(_ weight: Double) -> Bool {
            weight >= smallest && steps < CallGraph.mostSteps
        }

        /// Shares `weight` out among the function's own code and its calls.
        private mutating func share(
            _ weight: Double, _ step: Step, into profile: inout Profile
        ) throws(ProfileError) {
            let function = step.function
            let calls = graph.calls[function]
            steps += calls.count
            let whole = calls.reduce(graph.own[function]) { $0 + $1.cost }
            pending.append(Step(function: function, parent: step.parent, weight: nil))
            var shares = Shares(whole: weight, of: whole)
            let own = shares.next(graph.own[function])
            if own > 0 { try profile.add(own, to: nodes[function]) }
            for call in calls {
                let share = shares.next(call.cost)
                if share > 0 {
                    pending.append(Step(function: Int(call.callee), parent: nodes[function], weight: share))
                }
            }
        }

        /// Leaves a function, or shares out once more what came back to it.
        private mutating func leave(_ step: Step, into profile: inout Profile) throws(ProfileError) {
            let function = step.function
            let weight = returned[function]
            returned[function] = 0
            if follows(weight), rounds[function] < Self.mostRounds {
                rounds[function] += 1
                return try share(weight, step, into: &profile)
            }
            try keep(weight, function, nodes[function], into: &profile)
            nodes[function] = -1
        }

        private mutating func keep(
            _ weight: Double, _ function: Int, _ node: Int32, into profile: inout Profile
        ) throws(ProfileError) {
            guard weight > 0 else { return }
            if !graph.calls[function].isEmpty { kept += weight }
            try profile.add(weight, to: node)
        }
    }

    /// Shares out a weight in whole units, so that the shares add up to it exactly.
    private struct Shares {
        let whole: Double
        let parts: Double
        private var seen = 0.0
        private var given = 0.0

        init(whole: Double, of parts: Double) {
            self.whole = whole
            self.parts = parts
        }

        /// The share of the next part; all parts together get the whole.
        mutating func next(_ part: Double) -> Double {
            seen += part
            let due = parts > 0 ? min(whole, (whole * (seen / parts)).rounded()) : 0
            let share = seen >= parts ? whole - given : due - given
            given += max(0, share)
            return max(0, share)
        }
    }
}

/// The groups of functions that call one another (strongly connected components), by Tarjan's algorithm with a
/// stack of its own: O(functions + calls).
private struct CallGroups {
    private(set) var groups: [[Int]] = []

    init(calls: [[Int32]]) {
        let count = calls.count
        var number = [Int](repeating: -1, count: count)
        var low = number
        var isOpen = [Bool](repeating: false, count: count)
        var open: [Int] = []
        var next = 0
        for start in 0..<count where number[start] < 0 {
            var path: [(function: Int, call: Int)] = [(start, 0)]
            while let (function, call) = path.last {
                if call == 0 {
                    number[function] = next
                    low[function] = next
                    next += 1
                    open.append(function)
                    isOpen[function] = true
                }
                if call < calls[function].count {
                    path[path.count - 1].call += 1
                    let callee = Int(calls[function][call])
                    if number[callee] < 0 {
                        path.append((callee, 0))
                    } else if isOpen[callee] {
                        low[function] = min(low[function], number[callee])
                    }
                    continue
                }
                path.removeLast()
                if let caller = path.last?.function { low[caller] = min(low[caller], low[function]) }
                if low[function] == number[function] {
                    var group: [Int] = []
                    while let member = open.popLast() {
                        isOpen[member] = false
                        group.append(member)
                        if member == function { break }
                    }
                    groups.append(group)
                }
            }
        }
    }
}
