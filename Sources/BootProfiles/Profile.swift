import BootModel

/// Weighted call stacks, merged into one tree.
///
/// A stack is a list of frames from the outermost caller to the innermost function; a frame is a name.
/// Weights are what the reader counted (samples, nanoseconds, instructions) and are exact up to 2^53.
public struct Profile: Sendable {
    /// Which side of the machine the stacks come from.
    public var origin: FunctionChange.Origin
    /// What the weights count, in the plural: `samples`, `instructions`, `cpu-clock`.
    public var unit: String
    /// What a reader of the profile should know: events left out, samples lost.
    public var notes: [String] = []
    /// The single samples, where the reader was asked to keep them.
    public internal(set) var samples: [ProfileSample] = []
    /// When threads came back onto a processor, where the recording says so and samples are kept.
    package internal(set) var switchIns: [SwitchIn] = []
    /// When the first sample of the recording was taken, on its clock, whether it was selected or not; nil where the
    /// samples that there are say it.
    package internal(set) var start: UInt64?

    /// What the threads of the single samples are called, where their stacks do not begin with it.
    package internal(set) var threadNames: [Int32: String] = [:]

    /// The distinct frames.
    public package(set) var frames = FrameTable()
    /// The weight of all stacks.
    public private(set) var total: Double = 0
    package private(set) var tree = CallTree()

    /// A profile without stacks.
    public init(origin: FunctionChange.Origin = .host, unit: String = "samples") {
        self.origin = origin
        self.unit = unit
    }

    /// A profile without stacks and names, of the same recording as `other`.
    init(alike other: Profile) {
        self.init(origin: other.origin, unit: other.unit)
        notes = other.notes
        switchIns = other.switchIns
        start = other.start
        threadNames = other.threadNames
    }

    /// A profile whose tree may hold `limit` nodes, for tests.
    init(limit: Int) {
        self.init()
        tree = CallTree(limit: limit)
    }

    /// Whether nothing was added.
    public var isEmpty: Bool { tree.count == 1 }

    /// The number of distinct stacks and parts of stacks.
    public var nodeCount: Int { tree.count - 1 }

    /// The frame of the name `name`, added where it is new.
    public mutating func intern(_ name: String) -> FrameID { frames.intern(name) }

    /// Makes room for so many nodes.
    mutating func reserve(nodes count: Int) { tree.reserve(count) }

    /// Adds `weight` to a stack, outermost caller first.
    ///
    /// A stack without frames has no place in a tree and is ignored.
    /// - Precondition: the frames come from this profile's `intern`.
    /// - Throws: `ProfileError` where the weight is negative, not a number, or neither 0 nor between 2^-400 and 2^400, or the
    ///   tree has reached 67 million nodes.
    public mutating func add(stack: some Sequence<FrameID>, weight: Double) throws(ProfileError) {
        var node = CallTree.root
        for frame in stack { node = tree.child(of: node, frame) }
        try add(weight, to: node)
    }

    /// Adds `weight` to the stack of the names `names`, outermost caller first.
    ///
    /// - Throws: `ProfileError` as `add(stack:weight:)` does.
    public mutating func add(names: [String], weight: Double) throws(ProfileError) {
        var node = CallTree.root
        for name in names { node = tree.child(of: node, frames.intern(name)) }
        try add(weight, to: node)
    }

    /// Adds all stacks of `other`, each weight multiplied by `scale`: O(nodes of `other`).
    ///
    /// - Throws: `ProfileError` as `add(stack:weight:)` does.
    public mutating func merge(_ other: Profile, scale: Double = 1) throws(ProfileError) {
        if isEmpty && frames.count == 0 && notes.isEmpty && scale == 1 {
            self = other
            return
        }
        let places = try graft(other)
        for node in 1..<max(1, other.tree.count) where other.tree.weights[node] != 0 {
            try add(other.tree.weights[node] * scale, to: places[node])
        }
        keepSamples(of: other, at: places, scale: scale)
        for note in other.notes where !notes.contains(note) { notes.append(note) }
        if let first = other.start { start = min(first, start ?? first) }
    }

    /// Calls `body` with every stack that has a weight of its own, outermost caller first, in the order in
    /// which `LC_ALL=C sort` puts the folded lines.
    public func forEachStack(_ body: (ArraySlice<FrameID>, Double) throws -> Void) rethrows {
        try forEachStack(where: { tree.weights[$0] != 0 }) { try body($0, tree.weights[$1]) }
    }

    /// Calls `body` with the path to every node that is `chosen`, in the order of folded lines.
    func forEachStack(
        where chosen: (Int) -> Bool, _ body: (ArraySlice<FrameID>, Int) throws -> Void
    ) rethrows {
        let ranks = frames.lineRanks()
        let children = tree.children()
        var path: [FrameID] = []
        // A node has two places: its own line, and (as its complement) the lines of what it calls.
        var pending: [(entry: Int32, depth: Int)] = [(~CallTree.root, 0)]
        var below: [(rank: Int32, entry: Int32)] = []
        while let (entry, depth) = pending.popLast() {
            let node = entry < 0 ? ~entry : entry
            if depth > 0 {
                path.removeLast(path.count - (depth - 1))
                path.append(tree.frames[Int(node)])
            }
            if entry >= 0 {
                try body(path[...], Int(node))
                continue
            }
            below.removeAll(keepingCapacity: true)
            for child in children[node] {
                let frame = tree.frames[Int(child)].place
                if chosen(Int(child)) { below.append((ranks.ending[frame], child)) }
                if !children[child].isEmpty { below.append((ranks.continuing[frame], ~child)) }
            }
            below.sort { $0.rank > $1.rank }
            for (_, child) in below { pending.append((child, depth + 1)) }
        }
    }

    /// This profile with the names that its writer left mangled as they stand in the source; what marks inlined and
    /// other functions (`_[i]`) stays behind them.
    func demangled() -> Profile {
        let areMangled = frames.all.contains { frame in
            frames.withBytes(of: frame) { Demangler.isMangled(Array($0.prefix(4))) }
        }
        guard areMangled else { return self }
        return renamingFrames { name in
            guard Demangler.isMangled(name) else { return }
            let isMarked = name.count > 4 && name.last == 0x5D && name.suffix(4).starts(with: "_[".utf8)
            let mark = isMarked ? name.suffix(4) : []
            name.removeLast(mark.count)
            FrameNaming.demangle(&name)
            name += mark
        }
    }

    /// This profile with every name changed by `change`; stacks that become equal are merged.
    func renamingFrames(_ change: (inout [UInt8]) -> Void) -> Profile {
        var renamed = Profile(alike: self)
        let names = frames.all.map { frame in
            var name = frames.withBytes(of: frame) { Array($0) }
            change(&name)
            return name.withUnsafeBytes { renamed.frames.intern($0) }
        }
        var places = [Int32](repeating: CallTree.root, count: tree.count)
        for node in 1..<max(1, tree.count) {
            places[node] = renamed.tree.child(
                of: places[Int(tree.parents[node])], names[tree.frames[node].place])
            renamed.tree.weights[Int(places[node])] += tree.weights[node]
        }
        renamed.total = total
        renamed.keepSamples(of: self, at: places, scale: 1)
        return renamed
    }

    /// Calls `body` with the stack of `sample`, outermost caller first.
    public func withStack<Result>(
        of sample: ProfileSample, _ body: ([FrameID]) throws -> Result
    ) rethrows -> Result {
        var stack: [FrameID] = []
        var node = sample.node
        while node > CallTree.root {
            stack.append(tree.frames[Int(node)])
            node = tree.parents[Int(node)]
        }
        stack.reverse()
        return try body(stack)
    }

    mutating func keepSamples(of other: Profile, at places: [Int32], scale: Double) {
        for sample in other.samples {
            samples.append(
                ProfileSample(
                    facts: sample.facts, node: places[Int(sample.node)], weight: sample.weight * scale))
        }
    }

    /// Makes room in this tree for every stack of `other`, without weight.
    ///
    /// - Returns: for each node of `other` the node of this tree that stands for it.
    package mutating func graft(_ other: Profile) throws(ProfileError) -> [Int32] {
        let names = other.frames.all.map { frame in other.frames.withBytes(of: frame) { frames.intern($0) } }
        var places = [Int32](repeating: CallTree.root, count: other.tree.count)
        var latest = CallTree.root
        for node in 1..<max(1, other.tree.count) {
            let parent = places[Int(other.tree.parents[node])]
            let frame = names[other.tree.frames[node].place]
            // Trees of one program mostly have the same nodes in the same order.
            let next = Int(latest) + 1
            if next < tree.count, tree.parents[next] == parent, tree.frames[next] == frame {
                latest = Int32(next)
            } else {
                latest = tree.child(of: parent, frame)
            }
            places[node] = latest
        }
        try checkSize()
        return places
    }

    /// The node of `frame` under `parent`; for readers that keep the nodes of the stack before.
    @inline(__always)
    mutating func child(of parent: Int32, _ frame: FrameID) -> Int32 { tree.child(of: parent, frame) }

    /// A new node of `frame` under `parent`, where there is none, or even where there is one already.
    @inline(__always)
    mutating func append(_ frame: FrameID, under parent: Int32) throws(ProfileError) -> Int32 {
        if tree.count > tree.limit { try checkSize() }
        return tree.append(frame, under: parent)
    }

    /// Adds `weight` to the stack that ends at `node`.
    @inline(__always)
    mutating func add(_ weight: Double, to node: Int32) throws(ProfileError) {
        guard weight >= Self.leastWeight && weight < Self.mostWeight || weight == 0 else {
            throw Self.badWeight(weight)
        }
        guard node != CallTree.root else { return }
        if tree.count > tree.limit || frames.byteCount > FrameTable.mostBytes { try checkSize() }
        tree.weights[Int(node)] += weight
        total += weight
    }

    private func checkSize() throws(ProfileError) {
        guard tree.count <= tree.limit else {
            throw ProfileError(
                .tooLarge, file: ProfileError.profile,
                "more than \(tree.limit) distinct stacks and parts of stacks",
                nextStep: "Merge fewer inputs, or leave out annotations that make every stack unique.")
        }
        guard frames.byteCount <= FrameTable.mostBytes else {
            throw ProfileError(
                .tooLarge, file: ProfileError.profile,
                "the names of its functions take more than \(FrameTable.mostBytes) bytes",
                nextStep: "Merge fewer inputs, or leave out annotations that make every name unique.")
        }
    }

    // So many weights as fit into memory add up, and divide by one another, to numbers that doubles hold.
    private static let leastWeight = 0x1p-400
    private static let mostWeight = 0x1p400

    private static func badWeight(_ weight: Double) -> ProfileError {
        guard weight > 0, weight.isFinite else {
            return ProfileError(
                .malformed, file: ProfileError.profile, "a stack's weight is \(weight)",
                nextStep: "Weights must be finite and not negative.")
        }
        return ProfileError(
            .tooLarge, file: ProfileError.profile,
            "a stack's weight is \(weight), too \(weight < 1 ? "small" : "large") to be compared with others",
            nextStep: "Weights must be 0, or between 2^-400 (4e-121) and 2^400 (3e120).")
    }
}
