/// Builds a profile from samples whose frames come innermost first, as perf gives them.
struct SampleBuilder {
    /// What stands for code that a translator generated.
    static let bucketName = "[generated code]"

    var profile = Profile()
    /// Whether the sample's command is Java, whose names are written in another way.
    private(set) var isJava = false

    private let buckets: Bool
    private let bucket: FrameID
    /// The threads in which generated code was seen.
    private var translators: Set<Int32> = []
    private let keepsSamples: Bool
    private var facts = SampleFacts()
    private var process: FrameID
    private var processBytes: [UInt8] = []
    private var isEmulator = false
    private var stack: [FrameID] = []
    private var kinds: [FrameNaming.Kind] = []
    /// The frames of the sample before, with their kinds; empty where they were not kept as they came.
    private var earlier: [FrameID] = []
    private var earlierKinds: [FrameNaming.Kind] = []
    private var hasUnnamed = false
    private var hasGenerated = false
    private var latestMarker: (thread: Int32, isEmulator: Bool, frame: FrameID)?
    private var path: [FrameID] = []
    private var nodes: [Int32] = []

    init(options: FoldingOptions) {
        buckets = options.bucketsGeneratedCode
        keepsSamples = options.keepsSamples
        bucket = profile.frames.intern(Self.bucketName)
        process = bucket
    }

    /// Begins a sample of `command`, whose stacks stand under the frame `name`.
    mutating func beginSample(_ command: UnsafeRawBufferPointer, _ name: [UInt8], _ facts: SampleFacts) {
        self.facts = facts
        // What ends a stack on the outside is no frame that came.
        stack.removeLast(max(0, stack.count - kinds.count))
        swap(&stack, &earlier)
        swap(&kinds, &earlierKinds)
        dropFrames()
        guard name != processBytes || path.isEmpty else { return }
        processBytes = name
        var name = name
        // What begins with NUL marks stacks that wait.
        if name.first == UndecidedStacks.mark { name[0] = 0x3F }
        process = name.withUnsafeBytes { profile.frames.intern($0) }
        isJava = command.starts(with: "java".utf8)
        // With thread names QEMU's processors are called "CPU 0/TCG".
        isEmulator = command.starts(with: "qemu".utf8) || command.starts(with: "CPU ".utf8)
    }

    /// Adds the next frame outwards.
    @inline(__always)
    mutating func add(_ frame: FrameID, _ kind: FrameNaming.Kind) {
        stack.append(frame)
        kinds.append(kind)
        if kind != .named {
            hasUnnamed = true
            if kind == .generated { hasGenerated = true }
        }
    }

    /// The number of frames that the sample has so far.
    var depth: Int { stack.count }

    /// Adds the `count` outermost frames of the sample before, which had so many.
    mutating func addEarlier(_ count: Int) {
        let first = earlier.count - count
        stack.append(contentsOf: earlier[first...])
        kinds.append(contentsOf: earlierKinds[first...])
        for kind in earlierKinds[first...] where kind != .named {
            hasUnnamed = true
            if kind == .generated { hasGenerated = true }
        }
    }

    /// Whether the sample before has its frames as they came.
    var keptEarlier: Bool { !earlier.isEmpty }

    /// Forgets the frames of the sample.
    mutating func dropFrames() {
        stack.removeAll(keepingCapacity: true)
        kinds.removeAll(keepingCapacity: true)
        hasUnnamed = false
        hasGenerated = false
    }

    /// Ends the sample and counts it.
    mutating func endSample(weight: Double) throws(ProfileError) {
        let isUndecided = hasUnnamed && buckets && !bucketGeneratedCode()
        stack.append(process)
        if isUndecided { stack.append(marker()) }
        let depth = stack.count
        var kept = 0
        let shared = min(depth, path.count)
        while kept < shared, path[kept] == stack[depth - 1 - kept] { kept += 1 }
        path.removeLast(path.count - kept)
        nodes.removeLast(nodes.count - kept)
        var node = kept == 0 ? CallTree.root : nodes[kept - 1]
        for index in kept..<depth {
            let frame = stack[depth - 1 - index]
            node = profile.child(of: node, frame)
            path.append(frame)
            nodes.append(node)
        }
        try profile.add(weight, to: node)
        if keepsSamples {
            try profile.checkRoomForSample()
            profile.samples.append(ProfileSample(facts: facts, node: node, weight: weight))
        }
    }

    /// Takes in what `other` counted of the same input.
    mutating func absorb(_ other: SampleBuilder) throws(ProfileError) {
        try profile.merge(other.profile)
        translators.formUnion(other.translators)
        path.removeAll()
        nodes.removeAll()
    }

    /// The profile, when all samples are in.
    func finish(event: [UInt8]?) throws(ProfileError) -> Profile {
        var profile = try UndecidedStacks(translators: translators).decided(profile)
        if let event { profile.unit = Printable.line(String(decoding: event, as: UTF8.self), limit: 60) }
        return profile
    }

    /// Makes every run of generated code one frame, from the first address that is in no mapping outwards.
    ///
    /// Generated code uses the frame pointer for other things, so the walk goes on with whatever lies there:
    /// nothing further out is a caller, even where a stray address happens to lie in a function.
    /// - Returns: false where that depends on whether the thread ever runs generated code, and it has not yet.
    private mutating func bucketGeneratedCode() -> Bool {
        if hasGenerated { translators.insert(facts.thread) }
        guard translators.contains(facts.thread) else { return false }
        var write = 0
        var read = 0
        while read < stack.count {
            guard kinds[read] != .named else {
                stack[write] = stack[read]
                write += 1
                read += 1
                continue
            }
            var isAstray = false
            while read < stack.count, kinds[read] != .named {
                if kinds[read] == .nowhere { isAstray = true }
                read += 1
            }
            stack[write] = bucket
            write += 1
            if isAstray { break }
        }
        stack.removeLast(stack.count - write)
        kinds.removeAll(keepingCapacity: true)
        return true
    }

    /// The frame under which the undecided stacks of the sample's thread are kept.
    private mutating func marker() -> FrameID {
        if let latestMarker, latestMarker.thread == facts.thread, latestMarker.isEmulator == isEmulator {
            return latestMarker.frame
        }
        let frame = UndecidedStacks.name(thread: facts.thread, isEmulator: isEmulator).withUnsafeBytes {
            profile.frames.intern($0)
        }
        latestMarker = (facts.thread, isEmulator, frame)
        return frame
    }
}
