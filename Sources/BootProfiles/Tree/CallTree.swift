/// A call tree in columns: a node is a frame under its callers, and a stack is the path to a node.
///
/// Nodes are numbered so that callers come before what they call; passes over whole trees are loops over
/// arrays because of it. Finding or adding a child takes O(1).
package struct CallTree: Sendable {
    /// The number of the node above all stacks.
    package static let root: Int32 = 0
    /// The most nodes that a tree may hold; each takes about 36 bytes.
    static let mostNodes = 1 << 26

    package private(set) var parents: [Int32] = [-1]
    package private(set) var frames: [FrameID] = [FrameID(Int(UInt32.max))]
    package var weights: [Double] = [0]
    private var slots: [Int32]
    /// The most nodes that this one may hold.
    let limit: Int

    init(limit: Int = mostNodes) {
        self.limit = limit
        slots = [Int32](repeating: 0, count: 64)
    }

    /// The number of nodes, the root among them.
    package var count: Int { parents.count }

    /// The node of `frame` under `parent`, added where it is new.
    @inline(__always)
    mutating func child(of parent: Int32, _ frame: FrameID) -> Int32 {
        let mask = slots.count - 1
        var slot = Self.hash(parent, frame) & mask
        while true {
            let candidate = slots[slot]
            if candidate == 0 { break }
            if parents[Int(candidate)] == parent, frames[Int(candidate)] == frame { return candidate }
            slot = (slot + 1) & mask
        }
        let node = Int32(truncatingIfNeeded: parents.count)
        parents.append(parent)
        frames.append(frame)
        weights.append(0)
        slots[slot] = node
        if parents.count * 2 > slots.count { grow() }
        return node
    }

    /// A new node of `frame` under `parent`, which `child` does not find.
    mutating func append(_ frame: FrameID, under parent: Int32) -> Int32 {
        let node = Int32(truncatingIfNeeded: parents.count)
        parents.append(parent)
        frames.append(frame)
        weights.append(0)
        return node
    }

    /// The node of `frame` under `parent`, or nil.
    func find(under parent: Int32, _ frame: FrameID) -> Int32? {
        let mask = slots.count - 1
        var slot = Self.hash(parent, frame) & mask
        while slots[slot] != 0 {
            let candidate = slots[slot]
            if parents[Int(candidate)] == parent, frames[Int(candidate)] == frame { return candidate }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// The weight of each node with all that lies under it.
    package func totals() -> [Double] {
        var totals = weights
        for node in stride(from: count - 1, to: 0, by: -1) {
            totals[Int(parents[node])] += totals[node]
        }
        return totals
    }

    /// For each node the nodes directly under it, in the order in which they came.
    package func children() -> CallTreeChildren { CallTreeChildren(parents: parents) }

    @inline(__always)
    private static func hash(_ parent: Int32, _ frame: FrameID) -> Int {
        let key = UInt64(UInt32(bitPattern: parent)) << 32 | UInt64(frame.index)
        let product = key.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: (product.high ^ product.low) >> 1)
    }

    private mutating func grow() {
        var size = slots.count * 4
        while size < count * 2 { size *= 4 }
        slots = [Int32](repeating: 0, count: size)
        let mask = slots.count - 1
        for node in 1..<count {
            var slot = Self.hash(parents[node], frames[node]) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(node)
        }
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
