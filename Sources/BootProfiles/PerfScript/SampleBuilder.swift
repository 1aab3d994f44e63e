/// Builds a profile from samples whose frames come innermost first, as perf gives them.
struct SampleBuilder {
    /// What stands for code that a translator generated.
    static let bucketName = "[generated code]"

    var profile = Profile()
    /// Whether the sample's command is Java, whose names are written in another way.
    private(set) var isJava = false

    private let buckets: Bool
    private let bucket: FrameID
    private let astray: FrameID
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
    private var path: [FrameID] = []
    private var nodes: [Int32] = []

    init(options: FoldingOptions) {
        buckets = options.bucketsGeneratedCode
        keepsSamples = options.keepsSamples
        bucket = profile.frames.intern(Self.bucketName)
        astray = profile.frames.intern("[unknown]")
        process = bucket
    }

    /// Begins a sample of `command`, whose stacks stand under the frame `name`.
    mutating func beginSample(_ command: UnsafeRawBufferPointer, _ name: [UInt8], _ facts: SampleFacts) {
        self.facts = facts
        stack.removeAll(keepingCapacity: true)
        kinds.removeAll(keepingCapacity: true)
        hasUnnamed = false
        hasGenerated = false
        guard name != processBytes || path.isEmpty else { return }
        processBytes = name
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

    /// Forgets the frames of the sample.
    mutating func dropFrames() {
        stack.removeAll(keepingCapacity: true)
        kinds.removeAll(keepingCapacity: true)
        hasUnnamed = false
        hasGenerated = false
    }

    /// Ends the sample and counts it.
    mutating func endSample(weight: Double) throws(ProfileError) {
        if hasUnnamed, buckets { bucketGeneratedCode() }
        let depth = stack.count + 1
        var kept = 0
        let shared = min(depth, path.count)
        while kept < shared {
            let frame = kept == 0 ? process : stack[depth - 1 - kept]
            if path[kept] != frame { break }
            kept += 1
        }
        path.removeLast(path.count - kept)
        nodes.removeLast(nodes.count - kept)
        var node = kept == 0 ? CallTree.root : nodes[kept - 1]
        for index in kept..<depth {
            let frame = index == 0 ? process : stack[depth - 1 - index]
            node = profile.child(of: node, frame)
            path.append(frame)
            nodes.append(node)
        }
        try profile.add(weight, to: node)
        if keepsSamples {
            guard profile.samples.count < Self.mostSamples else { throw Self.tooManySamples }
            profile.samples.append(ProfileSample(facts: facts, node: node, weight: weight))
        }
    }

    private static let mostSamples = 1 << 26
    private static let tooManySamples = ProfileError(
        .tooLarge, file: "profile", "more than \(mostSamples) samples cannot be kept one by one",
        nextStep: "Select a shorter time, or fold the recording without its times.")

    /// The profile, when all samples are in.
    func finish(event: [UInt8]?) -> Profile {
        var profile = profile
        if let event { profile.unit = Printable.line(String(decoding: event, as: UTF8.self), limit: 60) }
        return profile
    }

    /// Makes every run of generated code one frame.
    ///
    /// Generated code uses the frame pointer for other things, so the walk goes on with whatever lies there:
    /// from the first address that is in no mapping outwards nothing is a caller, even where a stray address
    /// happens to lie in a function. In a thread that was never seen in generated code, such an address says
    /// only that the walk went astray.
    private mutating func bucketGeneratedCode() {
        if hasGenerated { translators.insert(facts.thread) }
        let isTranslator = translators.contains(facts.thread)
        guard isTranslator || isEmulator else { return }
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
            stack[write] = isTranslator ? bucket : astray
            write += 1
            if isAstray { break }
        }
        stack.removeLast(stack.count - write)
    }
}
