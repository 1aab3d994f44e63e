import BootProfiles

/// Where the frames of a picture go.
struct GraphLayout {
    /// A part of the picture's width: both from 0 to 1.
    struct Span {
        var left: Double
        var width: Double
    }

    /// A frame of the picture.
    struct Frame {
        /// Its node in the tree that was laid out.
        var node: Int
        /// The frame below it in the picture, its caller; the root's is itself.
        var caller: Int
        /// How many callers it has.
        var depth: Int
        /// Its span in each view.
        var spans: [Span]
    }

    /// The frames, callers before what they call, neighbours sorted by name.
    private(set) var frames: [Frame]
    /// How many frames were too narrow to draw, or too deep.
    private(set) var omitted: Int
    /// The largest depth among `frames`.
    private(set) var depth: Int

    /// Lays out a tree.
    ///
    /// - Parameters:
    ///   - profile: The tree and the names.
    ///   - totals: For each view the width of every node, what lies under it included, as a share of the root.
    ///   - narrowest: The least share that is drawn in at least one view.
    ///   - deepest: The largest depth that is drawn.
    ///   - limit: The most frames that are drawn; the narrowest are left out first.
    ///   - isInOrder: Whether neighbours stay in the order of their nodes, with what is left out as a gap
    ///     between them, rather than sorted by name.
    init(
        profile: Profile, totals: [[Double]], narrowest: Double, deepest: Int, limit: Int, isInOrder: Bool
    ) {
        let parents = profile.tree.parents
        var widest = totals.first ?? []
        for view in totals.dropFirst() {
            for node in widest.indices { widest[node] = max(widest[node], view[node]) }
        }
        var narrowest = narrowest
        var nodes: [Int32] = []
        repeat {
            nodes.removeAll(keepingCapacity: true)
            for node in 1..<max(1, parents.count) where widest[node] >= narrowest {
                nodes.append(Int32(node))
            }
            narrowest *= 1.5
        } while nodes.count > limit
        let children = Self.children(of: nodes, parents: parents, sortedBy: isInOrder ? nil : profile)
        let fixed = isInOrder ? totals.map { Self.lefts($0, parents) } : []
        frames = [
            Frame(node: 0, caller: 0, depth: 0, spans: totals.map { _ in Span(left: 0, width: 1) })
        ]
        depth = 0
        var next = 0
        while next < frames.count {
            let caller = frames[next]
            if caller.depth < deepest, let nodes = children[Int32(caller.node)] {
                var left = caller.spans.map(\.left)
                for node in nodes {
                    var spans: [Span] = []
                    for view in totals.indices {
                        let width = totals[view][Int(node)]
                        let place = isInOrder ? fixed[view][Int(node)] : left[view]
                        spans.append(Span(left: place, width: width))
                        left[view] += width
                    }
                    frames.append(
                        Frame(node: Int(node), caller: next, depth: caller.depth + 1, spans: spans))
                }
                if !nodes.isEmpty { depth = max(depth, caller.depth + 1) }
            }
            next += 1
        }
        omitted = parents.count - frames.count
    }

    /// Where each node begins when none is left out and neighbours stay in the order of their nodes.
    private static func lefts(_ totals: [Double], _ parents: [Int32]) -> [Double] {
        var lefts = [Double](repeating: 0, count: totals.count)
        var next = lefts
        for node in lefts.indices.dropFirst() {
            let parent = Int(parents[node])
            lefts[node] = next[parent]
            next[node] = next[parent]
            next[parent] += totals[node]
        }
        return lefts
    }

    private static func children(
        of nodes: [Int32], parents: [Int32], sortedBy profile: Profile?
    ) -> [Int32: [Int32]] {
        var children: [Int32: [Int32]] = [:]
        for node in nodes { children[parents[Int(node)], default: []].append(node) }
        guard let profile else { return children }
        let frames = profile.tree.frames
        return children.mapValues { siblings in
            siblings.count < 2
                ? siblings
                : siblings.sorted { left, right in
                    profile.frames.precedes(frames[Int(left)], frames[Int(right)])
                }
        }
    }
}
