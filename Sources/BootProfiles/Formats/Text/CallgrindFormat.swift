/// callgrind's text: what each function costs itself, and what its calls cost.
enum CallgrindFormat: Sendable {
    private struct Edge: Hashable {
        var caller: Int
        var callee: Int
    }

    /// Costs are rounded to whole numbers, which is all that the format holds.
    ///
    /// - Throws: `ProfileError` where one is 2^64 or more.
    static func bytes(_ profile: Profile) throws(ProfileError) -> [UInt8] {
        guard profile.total < 0x1p64 else { throw PprofFormat.tooHeavy(profile.total, "callgrind") }
        let weights = profile.functionWeights()
        let edges = calls(profile)
        // Sorted by name, and functions that nothing weighs left out, so that equal profiles give equal bytes.
        let order = profile.frames.all.filter { weights.total[$0.place] > 0 }
            .sorted { profile.frames.precedes($0, $1) }
        var numbers = [Int](repeating: 0, count: profile.frames.count)
        for (index, frame) in order.enumerated() { numbers[frame.place] = index + 1 }
        var calls: [Int: [(callee: Int, cost: Double)]] = [:]
        for (edge, cost) in edges { calls[edge.caller, default: []].append((edge.callee, cost)) }
        var text =
            "# callgrind format\nversion: 1\ncreator: bootmark\npositions: line\nevents: \(event(profile.unit))\nfl=???\n"
        var named: Set<Int> = []
        func name(_ frame: Int) -> String {
            let number = numbers[frame]
            guard named.insert(number).inserted else { return "(\(number))" }
            let name = profile.frames.name(of: FrameID(frame)).map { $0.isNewline ? " " : String($0) }
                .joined()
            // A name of blanks would be taken for a reference to one that was given before.
            return "(\(number)) \(name.allSatisfy(\.isWhitespace) ? "???" : name)"
        }
        for frame in order {
            text += "\nfn=\(name(frame.place))\n0 \(whole(weights.own[frame.place]))\n"
            for call in (calls[frame.place] ?? []).sorted(by: { numbers[$0.callee] < numbers[$1.callee] }) {
                text += "cfn=\(name(call.callee))\ncalls=1 0\n0 \(whole(call.cost))\n"
            }
        }
        return Array((text + "\ntotals: \(whole(profile.total))\n").utf8)
    }

    /// The weight under each call from one function to another; a call within the same call counts once.
    private static func calls(_ profile: Profile) -> [Edge: Double] {
        var costs: [Edge: Double] = [:]
        var active: [Edge: Int] = [:]
        let tree = profile.tree
        let totals = tree.totals()
        let children = tree.children()
        var pending = Array(children[CallTree.root])
        while let entry = pending.popLast() {
            let node = Int(entry < 0 ? ~entry : entry)
            let parent = Int(tree.parents[node])
            let edge = Edge(
                caller: parent == 0 ? -1 : tree.frames[parent].place, callee: tree.frames[node].place)
            if entry < 0 {
                active[edge, default: 0] -= 1
                continue
            }
            // A function's calls of itself would be added to what it costs with all that it calls.
            if edge.caller >= 0, edge.caller != edge.callee, active[edge, default: 0] == 0, totals[node] > 0 {
                costs[edge, default: 0] += totals[node]
            }
            active[edge, default: 0] += 1
            pending.append(~entry)
            pending.append(contentsOf: children[entry])
        }
        return costs
    }

    private static func whole(_ value: Double) -> String {
        String(UInt64(min(value.rounded(), 0x1p64 - 2048)))
    }

    /// An event's name is one word there.
    private static func event(_ unit: String) -> String {
        let word = unit.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
        return word.isEmpty ? "samples" : String(word)
    }
}
