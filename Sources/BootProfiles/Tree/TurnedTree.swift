extension Profile {
    /// The stacks from their innermost function outwards: what time was spent in, with who called it under it.
    ///
    /// Its time is that of the stacks' depths together. Single samples are not kept.
    /// - Throws: `ProfileError` as `add(stack:weight:)` does.
    public func reversed() throws(ProfileError) -> Profile {
        try rebuilt { (path: inout [FrameID]) in path.reverse() }
    }

    /// The stacks from the function of the name `name` on inwards: what it calls.
    ///
    /// A stack in which it recurs counts once, from its outermost call; stacks without it are left out.
    /// - Throws: `ProfileError` of the code `empty` where no stack holds the function.
    public func callees(of name: String) throws(ProfileError) -> Profile {
        let function = try frame(named: name)
        return try rebuilt { (path: inout [FrameID]) in
            path.removeFirst(path.firstIndex(of: function) ?? path.count)
        }
    }

    /// The stacks from the function of the name `name` on outwards: who calls it.
    ///
    /// A stack in which it recurs counts once, from its outermost call; stacks without it are left out.
    /// - Throws: `ProfileError` of the code `empty` where no stack holds the function.
    public func callers(of name: String) throws(ProfileError) -> Profile {
        let function = try frame(named: name)
        return try rebuilt { (path: inout [FrameID]) in
            guard let place = path.firstIndex(of: function) else { return path.removeAll() }
            path.removeLast(path.count - place - 1)
            path.reverse()
        }
    }

    /// The stacks without their outermost frames, which name the process, and with neighbouring equal frames as one.
    public func joiningNeighbours(withoutFirst: Bool = true) throws(ProfileError) -> Profile {
        try rebuilt { (path: inout [FrameID]) in
            var joined: [FrameID] = []
            for frame in path.dropFirst(withoutFirst ? 1 : 0) where joined.last != frame {
                joined.append(frame)
            }
            path = joined
        }
    }

    /// The weights of what is called directly by the outermost frame of every stack, the largest first; what
    /// ends there has no name. Of `callees(of:)` and `callers(of:)` that is a function's table of neighbours.
    public func neighbours() -> (own: Double, neighbours: [FunctionTotals]) {
        let totals = tree.totals()
        let children = tree.children()
        var own = 0.0
        var weights: [FunctionTotals] = []
        var places: [FrameID: Int] = [:]
        for outermost in children[CallTree.root] {
            own += tree.weights[Int(outermost)]
            for child in children[outermost] {
                let frame = tree.frames[Int(child)]
                let place = places[frame] ?? weights.count
                if place == weights.count {
                    places[frame] = place
                    weights.append(FunctionTotals(name: frames.name(of: frame), own: 0, total: 0))
                }
                weights[place].own += tree.weights[Int(child)]
                weights[place].total += totals[Int(child)]
            }
        }
        weights.sort {
            $0.total == $1.total ? ByteOrder.stringsPrecede($0.name, $1.name) : $0.total > $1.total
        }
        return (own, weights)
    }

    private func frame(named name: String) throws(ProfileError) -> FrameID {
        if let frame = frames.find(name) { return frame }
        throw ProfileError(
            .empty, file: "profile", "no stack holds the function \(Printable.line(name))",
            nextStep: "Names are those that bootmark hotspots prints, letter by letter.")
    }

    /// A profile with every stack that has a weight changed by `change`; those that it empties are left out.
    private func rebuilt(_ change: (inout [FrameID]) -> Void) throws(ProfileError) -> Profile {
        var rebuilt = Profile(origin: origin, unit: unit)
        rebuilt.notes = notes
        rebuilt.frames = frames
        var path: [FrameID] = []
        for node in 1..<max(1, tree.count) where tree.weights[node] > 0 {
            path.removeAll(keepingCapacity: true)
            var place = node
            while place > 0 {
                path.append(tree.frames[place])
                place = Int(tree.parents[place])
            }
            path.reverse()
            change(&path)
            if !path.isEmpty { try rebuilt.add(stack: path, weight: tree.weights[node]) }
        }
        return rebuilt
    }
}
