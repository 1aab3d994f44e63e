/// Adds folded stacks to a profile, taking from the stack before what both have in common.
///
/// In sorted stacks a frame that comes after its neighbours is a new one, and need not be looked for.
struct FoldedBuilder {
    /// A frame of the stack before.
    private struct Step {
        /// Where its name ends in the line.
        var end: Int
        var node: Int32
        /// Whether the frames under it came in the order of their names, the stack's own last.
        var isSorted: Bool
    }

    var profile: Profile
    private var previous: [UInt8] = []
    /// Those of the stack before, from the outermost; the first stands for the root.
    private var steps: [Step]

    init(profile: Profile) {
        self.profile = profile
        steps = [Step(end: -1, node: CallTree.root, isSorted: profile.isEmpty)]
    }

    /// Adds `weight` to the stack in `line`, whose frames are parted by semicolons.
    mutating func add(_ line: UnsafeRawBufferPointer, weight: Double) throws(ProfileError) {
        let (shared, order) = previous.withUnsafeBytes { previous in
            let shared = ByteSearch.commonPrefix(previous, line)
            return (shared, Self.byte(line, shared) - Self.byte(previous, shared))
        }
        var kept = steps.count
        while kept > 1 {
            let end = steps[kept - 1].end
            if end <= shared, end == line.count || line[end] == 0x3B { break }
            kept -= 1
        }
        // A node without nodes under it, or one whose last one comes before what is added now.
        var isNew =
            kept < steps.count ? steps[kept - 1].isSorted && order > 0 : isNewest(steps[kept - 1].node)
        steps.removeLast(steps.count - kept)
        var start = steps[kept - 1].end + 1
        while start <= line.count {
            let end = ByteSearch.first(0x3B, in: line, from: start)
            let frame = profile.frames.intern(UnsafeRawBufferPointer(rebasing: line[start..<end]))
            let parent = steps[steps.count - 1].node
            if isNew {
                steps.append(Step(end: end, node: try profile.append(frame, under: parent), isSorted: true))
            } else {
                steps[steps.count - 1].isSorted = false
                let count = profile.nodeCount
                let node = profile.child(of: parent, frame)
                isNew = profile.nodeCount > count
                steps.append(Step(end: end, node: node, isSorted: isNew))
            }
            start = end + 1
        }
        previous.removeAll(keepingCapacity: true)
        previous.append(contentsOf: line)
        try profile.add(weight, to: steps[steps.count - 1].node)
    }

    private func isNewest(_ node: Int32) -> Bool { node == profile.nodeCount }

    /// What a name is compared by at `place`: its end comes before every byte.
    private static func byte(_ line: UnsafeRawBufferPointer, _ place: Int) -> Int {
        place < line.count && line[place] != 0x3B ? Int(line[place]) + 1 : 0
    }
}
