/// What a sample has to know of the thread that it was taken in.
final class SampledThread {
    let process: Int32
    let thread: Int32
    /// The machine's change after which all this was found out.
    let change: Int
    let command: [UInt8]
    /// What its stacks begin with.
    let name: [UInt8]
    let isJava: Bool
    let space: AddressSpace?
    /// The file that its process's just-in-time compiler wrote, if it has one.
    let dump: Int32?
    /// The node under which its stacks stand.
    let root: Int32
    /// The node under which those stand with frames that lie nowhere, once there was one.
    var undecidedRoot: Int32?

    /// The mapping that was found last.
    private var mapping = AddressSpace.Mapping(start: 0, end: 0, offset: 0, module: 0)
    /// The chain of the sample before, and the way along it without its innermost address.
    private var latest: (chain: [UInt8], callers: ChainWalk)?

    init(
        _ sample: Sample, change: Int, command: [UInt8], name: [UInt8], space: AddressSpace?, dump: Int32?,
        root: Int32
    ) {
        process = sample.process
        thread = sample.thread
        self.change = change
        self.command = command
        self.name = name
        self.space = space
        self.dump = dump
        self.root = root
        isJava = command.withUnsafeBytes { SampleBuilder.isJava($0) }
    }

    /// What addresses of `sample` are executed in, from one of `mode` on.
    func context(_ mode: FrameResolver.Mode, _ sample: Sample) -> FrameResolver.Context {
        FrameResolver.Context(
            mode: mode, process: process, time: sample.time, space: space, dump: dump, isJava: isJava)
    }

    /// The mapping that `address` lies in, or nil.
    @inline(__always)
    func mapping(of address: UInt64) -> AddressSpace.Mapping? {
        if mapping.holds(address) { return mapping }
        guard let found = space?.find(address) else { return nil }
        mapping = found
        return found
    }

    /// The way along `chain` without its innermost address, behind one mark, where but for that it is the chain of the sample before.
    ///
    /// Half of the samples are taken where the one before was, or near: this saves them every step.
    @inline(__always)
    func callers(in chain: ByteView) -> ChainWalk? {
        guard let latest, latest.chain.count == chain.count, chain.u64(8) < FrameResolver.Mode.firstMarker
        else { return nil }
        let isSame = latest.chain.withUnsafeBytes { latest in
            ByteOrder.equal(
                UnsafeRawBufferPointer(rebasing: latest[..<8]), chain.slice(0..<8).bytes)
                && ByteOrder.equal(
                    UnsafeRawBufferPointer(rebasing: latest[16...]), chain.slice(16..<chain.count).bytes)
        }
        return isSame ? latest.callers : nil
    }

    /// Keeps the way along `chain` without its innermost address, which stands behind one mark.
    func keep(_ callers: ChainWalk, in chain: ByteView) {
        latest?.callers = callers
        if latest == nil { latest = ([], callers) }
        latest?.chain.removeAll(keepingCapacity: true)
        latest?.chain.append(contentsOf: chain.bytes)
    }
}
