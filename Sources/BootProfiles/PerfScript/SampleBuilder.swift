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
        dropFrames()
        guard name != processBytes || path.isEmpty else { return }
        processBytes = name
        process = frame(ofProcess: name)
        isJava = Self.isJava(command)
        isEmulator = Self.isEmulator(command)
    }

    /// Whether the names of `command` are written as Java's.
    static func isJava(_ command: UnsafeRawBufferPointer) -> Bool { command.starts(with: "java".utf8) }

    private static func isEmulator(_ command: UnsafeRawBufferPointer) -> Bool {
        // With thread names QEMU's processors are called "CPU 0/TCG".
        command.starts(with: "qemu".utf8) || command.starts(with: "CPU ".utf8)
    }

    private mutating func frame(ofProcess name: [UInt8]) -> FrameID {
        var name = name
        // What begins with NUL marks stacks that wait.
        if name.first == UndecidedStacks.mark { name[0] = 0x3F }
        return name.withUnsafeBytes { profile.frames.intern($0) }
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
        try count(facts, at: node, weight: weight)
    }

    /// Counts a sample whose stack ends at `node`, without a beginning and frames of its own.
    mutating func count(_ facts: SampleFacts, at node: Int32, weight: Double) throws(ProfileError) {
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
        let frame = marker(facts.thread, isEmulator)
        latestMarker = (facts.thread, isEmulator, frame)
        return frame
    }

    private mutating func marker(_ thread: Int32, _ isEmulator: Bool) -> FrameID {
        UndecidedStacks.name(thread: thread, isEmulator: isEmulator).withUnsafeBytes {
            profile.frames.intern($0)
        }
    }
}

/// Stacks that are followed from the outermost frame inwards, with no sample begun.
extension SampleBuilder {
    /// The node under which stand the stacks of the process `name` whose frames are all named.
    mutating func root(ofProcess name: [UInt8]) -> Int32 {
        profile.child(of: CallTree.root, frame(ofProcess: name))
    }

    /// The node under which stand the stacks of a thread of the process `name` that have frames that lie nowhere.
    mutating func undecidedRoot(
        ofProcess name: [UInt8], _ command: UnsafeRawBufferPointer, thread: Int32
    ) -> Int32 {
        let marker = profile.child(of: CallTree.root, marker(thread, Self.isEmulator(command)))
        return profile.child(of: marker, frame(ofProcess: name))
    }

    /// Whether generated code was seen in the thread `thread`.
    func isTranslator(_ thread: Int32) -> Bool { translators.contains(thread) }

    /// Whether a frame of `kind` may stand under a root of the one or the other sort as it comes.
    @inline(__always)
    func takes(_ kind: FrameNaming.Kind, isUndecided: Bool) -> Bool {
        kind == .named || !buckets || (isUndecided && kind == .nowhere)
    }
}
