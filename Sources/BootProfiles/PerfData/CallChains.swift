/// The way along a call chain through the call tree.
struct ChainWalk {
    /// The node that it has come to.
    var node: Int32
    /// Whether it began under a root of stacks with frames that lie nowhere.
    let isUndecided: Bool
    /// The place in the chain at which the step begins that another walk could not take; nil for the first walk.
    let refused: Int?
    /// The place in the chain at which the latest step began.
    var latest = 0
    /// Whether all frames of the latest step were named.
    var isAllNamed = true

    init(from root: Int32, refused: Int? = nil) {
        node = root
        isUndecided = refused != nil
        self.refused = refused
    }
}

/// Finds the nodes of the call tree at which the call chains of samples end, without building the stacks.
struct CallChains {
    /// Addresses of a chain, by their numbers in it, that were executed in one mode.
    private struct Stretch {
        var mode: FrameResolver.Mode
        var range: Range<Int>
    }

    private var steps = ChainSteps()
    /// Those of the chain that is followed, innermost first; kept for its memory.
    private var stretches: [Stretch] = []

    /// The node at which the stack of `sample` ends; nil where its frames have to be looked at together.
    mutating func node(
        of sample: Sample, _ record: ByteView, _ attributes: EventAttributes, _ thread: SampledThread,
        _ resolver: inout FrameResolver, _ builder: inout SampleBuilder
    ) -> Int32? {
        // What a just-in-time compiler put at an address depends on the time.
        guard sample.stackCount == 0, thread.dump == nil,
            !(attributes.keepsCallStack && sample.branchCount > 0)
        else { return nil }
        let mode = FrameResolver.Mode(of: record)
        let chain: ByteView
        if sample.chainStart > 0 {
            chain = record.slice(sample.chainStart..<(sample.chainStart + sample.chainCount * 8))
            if let node = nodeBelowCallers(chain, sample, thread, &resolver, &builder) { return node }
            guard findStretches(chain, mode) else { return nil }
        } else {
            guard sample.ipStart > 0 else { return nil }
            chain = record.slice(sample.ipStart..<(sample.ipStart + 8))
            stretches.removeAll(keepingCapacity: true)
            stretches.append(Stretch(mode: mode, range: 0..<1))
        }
        var walk = ChainWalk(from: thread.root)
        if follow(chain, &walk, sample, thread, &resolver, &builder) { return walk.node }
        guard let root = Self.undecidedRoot(of: thread, &builder) else { return nil }
        walk = ChainWalk(from: root, refused: walk.latest)
        return follow(chain, &walk, sample, thread, &resolver, &builder) ? walk.node : nil
    }

    /// The node at which the stack of `chain` ends where its callers are those of the thread's sample before.
    @inline(__always)
    private mutating func nodeBelowCallers(
        _ chain: ByteView, _ sample: Sample, _ thread: SampledThread, _ resolver: inout FrameResolver,
        _ builder: inout SampleBuilder
    ) -> Int32? {
        guard var walk = thread.callers(in: chain),
            !(walk.isUndecided && builder.isTranslator(thread.thread)),
            let mode = FrameResolver.Mode(marker: chain.u64(0))
        else { return nil }
        let address = chain.u64(8)
        let found =
            Self.known(address, mode, thread, &resolver)
            ?? resolver.look(up: address, thread.context(mode, sample), &builder.profile.frames)
        return Self.add(found, &walk, &resolver, &builder) ? walk.node : nil
    }

    /// The node under which stacks of `thread` with frames that lie nowhere stand; nil where it is known to run
    /// generated code, so that what they are depends on where in the stack they are.
    private static func undecidedRoot(of thread: SampledThread, _ builder: inout SampleBuilder) -> Int32? {
        guard !builder.isTranslator(thread.thread) else { return nil }
        if let known = thread.undecidedRoot { return known }
        let root = thread.command.withUnsafeBytes {
            builder.undecidedRoot(ofProcess: thread.name, $0, thread: thread.thread)
        }
        thread.undecidedRoot = root
        return root
    }

    /// Finds the stretches of `chain`, which begins in `mode`; false where the walk went astray in it.
    private mutating func findStretches(_ chain: ByteView, _ mode: FrameResolver.Mode) -> Bool {
        stretches.removeAll(keepingCapacity: true)
        var mode = mode
        var start = 0
        let count = chain.count / 8
        for index in 0..<count {
            let address = chain.u64(index * 8)
            guard address >= FrameResolver.Mode.firstMarker else { continue }
            guard let next = FrameResolver.Mode(marker: address) else { return false }
            if index > start { stretches.append(Stretch(mode: mode, range: start..<index)) }
            mode = next
            start = index + 1
        }
        if count > start { stretches.append(Stretch(mode: mode, range: start..<count)) }
        return true
    }

    /// Takes the stretches of `chain` from the outermost on; false where a frame may not stand where it would.
    private mutating func follow(
        _ chain: ByteView, _ walk: inout ChainWalk, _ sample: Sample, _ thread: SampledThread,
        _ resolver: inout FrameResolver, _ builder: inout SampleBuilder
    ) -> Bool {
        guard let innermost = stretches.first else { return true }
        let generation = thread.space?.generation ?? 0
        // Most chains differ from others in where they end, so that is a step of its own. It is looked up first:
        // the processor goes on with the others while it waits for memory.
        let end = innermost.range.lowerBound
        let address = chain.u64(end * 8)
        let lookups = resolver.lookups
        let early = Self.known(address, innermost.mode, thread, &resolver)
        for index in stretches.indices.reversed() {
            let stretch = stretches[index]
            let space = resolver.space(stretch.mode, generation, isJava: thread.isJava)
            let last = index == 0 ? end + 1 : stretch.range.lowerBound
            var outer = stretch.range.upperBound
            while outer > last {
                let range = max(last, outer - ChainSteps.longest)..<outer
                walk.latest = outer
                outer = range.lowerBound
                let addresses = chain.slice((range.lowerBound * 8)..<(range.upperBound * 8))
                let from = walk.node
                let isKept = range.count > 1 && walk.latest != walk.refused
                if isKept, let node = steps.find(from: from, space, addresses.bytes) {
                    walk.node = node
                    continue
                }
                walk.isAllNamed = true
                guard Self.follow(addresses, &walk, stretch.mode, sample, thread, &resolver, &builder) else {
                    return false
                }
                if isKept, walk.isAllNamed {
                    steps.insert(from: from, space, addresses.bytes, to: walk.node)
                }
            }
        }
        // A walk begun because of this address says nothing of the callers with another one.
        if end == 1, walk.refused != end { thread.keep(walk, in: chain) }
        walk.latest = end
        let found =
            (resolver.lookups == lookups ? early : Self.known(address, innermost.mode, thread, &resolver))
            ?? resolver.look(
                up: address, thread.context(innermost.mode, sample), &builder.profile.frames)
        return Self.add(found, &walk, &resolver, &builder)
    }

    /// Takes `addresses`, innermost first, one by one; false where a frame may not stand where it would.
    @inline(__always)
    private static func follow(
        _ addresses: ByteView, _ walk: inout ChainWalk, _ mode: FrameResolver.Mode, _ sample: Sample,
        _ thread: SampledThread, _ resolver: inout FrameResolver, _ builder: inout SampleBuilder
    ) -> Bool {
        var latest: (address: UInt64, found: FrameCache.Found)?
        for offset in stride(from: addresses.count - 8, through: 0, by: -8) {
            let address = addresses.u64(offset)
            let found: FrameCache.Found
            if let latest, latest.address == address {
                // A walk that went astray often stays where it is.
                found = latest.found
            } else {
                found =
                    known(address, mode, thread, &resolver)
                    ?? resolver.look(up: address, thread.context(mode, sample), &builder.profile.frames)
                latest = (address, found)
            }
            guard add(found, &walk, &resolver, &builder) else { return false }
        }
        return true
    }

    /// What `address` is called in `thread`; nil where that has not been looked up yet.
    @inline(__always)
    private static func known(
        _ address: UInt64, _ mode: FrameResolver.Mode, _ thread: SampledThread,
        _ resolver: inout FrameResolver
    ) -> FrameCache.Found? {
        guard mode == .user else {
            return resolver.known(resolver.spot(address, mode, nil, isJava: thread.isJava))
        }
        let mapping = thread.mapping(of: address)
        if mapping == nil, let nowhere = resolver.nowhere { return nowhere }
        return resolver.known(resolver.spot(address, mode, mapping, isJava: thread.isJava))
    }

    /// Goes on to the frames of `found`; false where they may not stand there.
    @inline(__always)
    private static func add(
        _ found: FrameCache.Found, _ walk: inout ChainWalk, _ resolver: inout FrameResolver,
        _ builder: inout SampleBuilder
    ) -> Bool {
        if found.kind != .named {
            guard builder.takes(found.kind, isUndecided: walk.isUndecided) else { return false }
            walk.isAllNamed = false
        }
        guard !found.isSingle else {
            walk.node = builder.profile.child(of: walk.node, found.only)
            return true
        }
        for frame in resolver.frames(of: found).reversed() {
            walk.node = builder.profile.child(of: walk.node, frame)
        }
        return true
    }
}
