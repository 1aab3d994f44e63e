/// Adds folded stacks to a profile, taking from the stack before what both have in common.
struct FoldedBuilder {
    var profile: Profile
    private var previous: [UInt8] = []
    private var ends: [Int] = []
    private var nodes: [Int32] = []

    init(profile: Profile) { self.profile = profile }

    /// Adds `weight` to the stack in `line`, whose frames are parted by semicolons.
    mutating func add(_ line: UnsafeRawBufferPointer, weight: Double) throws(ProfileError) {
        let shared = previous.withUnsafeBytes { ByteSearch.commonPrefix($0, line) }
        var kept = ends.count
        while kept > 0 {
            let end = ends[kept - 1]
            if end <= shared, end == line.count || line[end] == 0x3B { break }
            kept -= 1
        }
        ends.removeLast(ends.count - kept)
        nodes.removeLast(nodes.count - kept)
        var node = nodes.last ?? CallTree.root
        var start = kept == 0 ? 0 : ends[kept - 1] + 1
        while start <= line.count {
            let end = ByteSearch.first(0x3B, in: line, from: start)
            let frame = profile.frames.intern(UnsafeRawBufferPointer(rebasing: line[start..<end]))
            node = profile.child(of: node, frame)
            ends.append(end)
            nodes.append(node)
            start = end + 1
        }
        previous.removeAll(keepingCapacity: true)
        previous.append(contentsOf: line)
        try profile.add(weight, to: node)
    }
}
