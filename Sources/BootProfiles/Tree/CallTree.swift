/// A call tree in columns: a node is a frame under its callers, and a stack is the path to a node.
///
/// Nodes are numbered so that callers come before what they call; passes over whole trees are loops over
/// arrays because of it. Finding or adding a child takes O(1); the index that it takes covers only nodes that were
/// there when one was last looked for, so trees that are built without looking need none.
package struct CallTree: Sendable {
    /// The number of the node above all stacks.
    package static let root: Int32 = 0
    /// The most nodes that a tree may hold; each takes about 36 bytes.
    static let mostNodes = 1 << 26

    private static let mostReserved = 1 << 22

    package private(set) var parents: [Int32] = [-1]
    package private(set) var frames: [FrameID] = [FrameID(Int(UInt32.max))]
    package var weights: [Double] = [0]
    private var slots: [Int32]
    /// The nodes before this one are in `slots`.
    private var indexed = 1
    /// The most nodes that this one may hold.
    let limit: Int

    init(limit: Int = mostNodes) {
        self.limit = limit
        slots = [Int32](repeating: 0, count: 64)
    }

    /// Makes room for `count` nodes, as far as that many may be: growing moves all of them.
    mutating func reserve(_ count: Int) {
        let count = min(count, Self.mostReserved)
        parents.reserveCapacity(count)
        frames.reserveCapacity(count)
        weights.reserveCapacity(count)
    }

    /// The number of nodes, the root among them.
    package var count: Int { parents.count }

    /// The node of `frame` under `parent`, added where it is new.
    @inline(__always)
    mutating func child(of parent: Int32, _ frame: FrameID) -> Int32 {
        if indexed < count { index() }
        let mask = slots.count - 1
        var slot = Self.hash(parent, frame) & mask
        while true {
            let candidate = slots[slot]
            if candidate == 0 { break }
            if parents[Int(candidate)] == parent, frames[Int(candidate)] == frame { return candidate }
            slot = (slot + 1) & mask
        }
        let node = append(frame, under: parent)
        slots[slot] = node
        indexed = count
        if count * 2 > slots.count { grow() }
        return node
    }

    /// A new node of `frame` under `parent`, where there is none yet, or one beside it is wanted.
    @inline(__always)
    mutating func append(_ frame: FrameID, under parent: Int32) -> Int32 {
        let node = Int32(truncatingIfNeeded: parents.count)
        parents.append(parent)
        frames.append(frame)
        weights.append(0)
        return node
    }

    /// The weight of each node with all that lies under it.
    package func totals() -> [Double] {
        var totals = weights
        for node in stride(from: count - 1, to: 0, by: -1) {
            totals[Int(parents[node])] += totals[node]
        }
        return totals
    }

    /// Calls `body` with each node and whether its function is not below itself there; callers come first.
    package func forEachCall(frames count: Int, _ body: (_ node: Int, _ isOutermost: Bool) -> Void) {
        var active = [Int32](repeating: 0, count: count)
        // The last child of each node, and each one's sibling before it.
        var last = [Int32](repeating: 0, count: parents.count)
        var previous = last
        for node in parents.indices.dropFirst() {
            let parent = Int(parents[node])
            previous[node] = last[parent]
            last[parent] = Int32(truncatingIfNeeded: node)
        }
        var node = Int(last[0])
        while node != 0 {
            let frame = frames[node].place
            body(node, active[frame] == 0)
            if last[node] != 0 {
                active[frame] += 1
                node = Int(last[node])
                continue
            }
            while node != 0, previous[node] == 0 {
                node = Int(parents[node])
                if node != 0 { active[frames[node].place] -= 1 }
            }
            node = Int(previous[node])
        }
    }

    /// For each node the nodes directly under it, in the order in which they came.
    package func children() -> CallTreeChildren { CallTreeChildren(parents: parents) }

    @inline(__always)
    private static func hash(_ parent: Int32, _ frame: FrameID) -> Int {
        let key = UInt64(UInt32(bitPattern: parent)) << 32 | UInt64(frame.index)
        let product = key.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: (product.high ^ product.low) >> 1)
    }

    /// Puts the nodes that are not in the index yet into it.
    @inline(never)
    private mutating func index() {
        guard count * 2 <= slots.count else { return grow() }
        let mask = slots.count - 1
        for node in indexed..<count {
            var slot = Self.hash(parents[node], frames[node]) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(node)
        }
        indexed = count
    }

    private mutating func grow() {
        var size = slots.count
        while size < count * 2 { size *= 2 }
        slots = [Int32](repeating: 0, count: size)
        indexed = 1
        index()
    }
}

/// The children of every node of a call tree, in one array.
package struct CallTreeChildren: Sendable {
    private let starts: [Int32]
    private let nodes: [Int32]

    init(parents: [Int32]) {
        var starts = [Int32](repeating: 0, count: parents.count + 1)
        for parent in parents.dropFirst() { starts[Int(parent) + 1] += 1 }
        for index in 1..<starts.count { starts[index] += starts[index - 1] }
        var next = starts
        var nodes = [Int32](repeating: 0, count: max(0, parents.count - 1))
        for node in 1..<max(1, parents.count) {
            let parent = Int(parents[node])
            nodes[Int(next[parent])] = Int32(node)
            next[parent] += 1
        }
        self.starts = starts
        self.nodes = nodes
    }

    package subscript(node: Int32) -> ArraySlice<Int32> {
        nodes[Int(starts[Int(node)])..<Int(starts[Int(node) + 1])]
    }
}
