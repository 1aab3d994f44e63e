/// The recorded machine as its records describe it: processes, threads, what is mapped, what it is called.
struct RecordedMachine {
    /// What a sample has to know of the thread that it was taken in.
    private struct SampledThread {
        var process: Int32
        var thread: Int32
        var command: [UInt8]
        /// What its stacks begin with.
        var name: [UInt8]
        var space: AddressSpace?
        var dump: Int32?
    }

    /// So many processes that have ended are remembered, because their last samples may come later.
    private static let mostEnded = 512
    /// So many processes are kept ready for unwinding.
    private static let mostUnwinders = 8

    var builder: SampleBuilder
    /// Numbers of samples that the kernel or perf dropped.
    private(set) var lost: UInt64 = 0
    /// The kind of machine, as `uname -m` says it.
    var kind: [UInt8] = []
    private(set) var resolver: FrameResolver
    private let options: FoldingOptions
    private let selects: Bool
    private var buildIDs: [[UInt8]: [UInt8]] = [:]
    private var commands: [Int32: [UInt8]] = [0: Array("swapper".utf8)]
    private var spaces: [Int32: AddressSpace] = [:]
    private var dumps: [Int32: Int32] = [:]
    private var ended: [(process: Int32, generation: UInt32)] = []
    private var generation: UInt32 = 1
    private var latest: SampledThread?
    private var chain = LatestChain()
    /// The steps of a chain that the one before had not; kept for its memory.
    private var inner: [LatestChain.Step] = []
    private var unwinders: [(process: Int32, generation: UInt32, unwinder: StackUnwinder?)] = []

    init(options: FoldingOptions) {
        self.options = options
        resolver = FrameResolver(options: options)
        builder = SampleBuilder(options: options)
        selects = !options.selection.isEverything
    }

    /// Takes note of the build ids that the recording lists.
    mutating func learn(kernel: [UInt8]?, files: [[UInt8]: [UInt8]]) {
        if let kernel { resolver.kernel.buildID = kernel }
        buildIDs = files
    }

    /// The name of a thread's command.
    func command(process: Int32, thread: Int32) -> [UInt8] {
        commands[thread] ?? Array(":\(thread)".utf8)
    }

    /// Follows a record that is no sample.
    mutating func follow(_ record: ByteView) {
        latest = nil
        switch record.u32(0) {
        case 1: map(record, filename: 40, isExecutable: record.u16(4) & 0x2000 == 0, buildID: nil)
        case 10:
            let hasBuildID = record.u16(4) & 0x4000 != 0
            let size = hasBuildID ? min(20, Int(record.slice(40..<41).bytes.first ?? 0)) : 0
            map(
                record, filename: 72, isExecutable: record.u32(64) & 4 != 0,
                buildID: hasBuildID ? Array(record.slice(44..<(44 + size)).bytes) : nil)
        case 2: lost &+= record.u64(16)
        // What a filter of BPF dropped was not lost.
        case 13: if record.u16(4) & 0x8000 == 0 { lost &+= record.u64(8) }
        case 3: name(record)
        case 4: end(record)
        case 7: fork(record)
        case 17:
            resolver.loadCode(record)
            chain.forget()
        default: break
        }
    }

    /// Adds a sample's frames, and ends it.
    mutating func add(
        _ sample: Sample, _ record: ByteView, _ attributes: EventAttributes, weight: Double
    ) throws(ProfileError) {
        let facts = sample.facts
        let thread = thread(of: sample)
        if selects {
            guard thread.command.withUnsafeBytes({ options.selection.holds(facts, command: $0) }) else {
                return
            }
        }
        thread.command.withUnsafeBytes { builder.beginSample($0, thread.name, facts) }
        var context = FrameResolver.Context(
            mode: FrameResolver.Mode(rawValue: Int(record.u16(4) & 7)) ?? .unknown, process: sample.process,
            time: sample.time, space: thread.space, dump: thread.dump)
        if sample.chainStart == 0 {
            chain.forget()
            resolver.add(sample.ip, in: context, to: &builder)
        } else {
            addChain(sample, record, attributes, &context)
        }
        if sample.stackCount > 0 {
            chain.forget()
            addCallers(sample, record, attributes, &context)
        }
        try builder.endSample(weight: weight)
    }

    /// What is known of the thread of `sample`, which mostly is the one of the sample before.
    private mutating func thread(of sample: Sample) -> SampledThread {
        if let latest, latest.thread == sample.thread, latest.process == sample.process { return latest }
        let command = command(process: sample.process, thread: sample.thread)
        let thread = SampledThread(
            process: sample.process, thread: sample.thread, command: command,
            name: processName(command, sample), space: spaces[sample.process], dump: dumps[sample.process])
        latest = thread
        return thread
    }

    @inline(__always)
    private mutating func addChain(
        _ sample: Sample, _ record: ByteView, _ attributes: EventAttributes,
        _ context: inout FrameResolver.Context
    ) {
        let generation = context.space?.generation ?? 0
        // What a just-in-time compiler put at an address depends on the time.
        let shared =
            builder.keptEarlier && context.dump == nil
            ? chain.shared(sample, record, generation: generation, isJava: builder.isJava) : 0
        var kept = 0
        inner.removeAll(keepingCapacity: true)
        for index in 0..<sample.chainCount {
            if index == sample.chainCount - shared, chain[shared - 1].mode == context.mode {
                builder.addEarlier(chain[shared - 1].frames)
                kept = shared
                break
            }
            let address = record.u64(sample.chainStart + index * 8)
            inner.append(LatestChain.Step(address: address, mode: context.mode, frames: builder.depth))
            if address >= UInt64(bitPattern: -4095) {
                guard let mode = Self.mode(address) else {
                    // The walk went astray into what is no address; perf drops the whole chain.
                    builder.dropFrames()
                    return chain.forget()
                }
                context.mode = mode
                if mode == .user, attributes.keepsCallStack, sample.branchCount > 0 {
                    // The hardware's own stack of calls stands for what a walk would find.
                    sample.forEachCall(record) { resolver.add($0, in: context, to: &builder) }
                    return chain.forget()
                }
            } else {
                resolver.add(address, in: context, to: &builder)
            }
        }
        chain.replace(
            keeping: kept, inner, depth: builder.depth, generation: generation, isJava: builder.isJava)
    }

    /// Adds what unwinding the recorded stack of the user's side finds.
    private mutating func addCallers(
        _ sample: Sample, _ record: ByteView, _ attributes: EventAttributes,
        _ context: inout FrameResolver.Context
    ) {
        guard let user = sample.userStack(record, attributes, machine: kind),
            let space = context.space, let unwinder = unwinder(sample.process, space)
        else { return }
        context.mode = .user
        unwinder.unwind(user) { addresses in
            for address in addresses { resolver.add(address, in: context, to: &builder) }
        }
    }

    private mutating func unwinder(_ process: Int32, _ space: AddressSpace) -> StackUnwinder? {
        if let place = unwinders.lastIndex(where: { $0.process == process }) {
            let known = unwinders[place]
            if known.generation == space.generation {
                if place != unwinders.count - 1 { unwinders.append(unwinders.remove(at: place)) }
                return known.unwinder
            }
            unwinders.remove(at: place)
        }
        if unwinders.count >= Self.mostUnwinders { unwinders.removeFirst() }
        let unwinder = StackUnwinder(files: resolver.code(of: space), root: options.symbolPlaces.root)
        unwinders.append((process, space.generation, unwinder))
        return unwinder
    }

    private static func mode(_ marker: UInt64) -> FrameResolver.Mode? {
        switch Int64(bitPattern: marker) {
        case -32: .hypervisor
        case -128: .kernel
        case -512: .user
        case -2048, -2560: .guestUser
        case -2176: .guestKernel
        default: nil
        }
    }

    private func processName(_ command: [UInt8], _ sample: Sample) -> [UInt8] {
        var name = command
        for index in name.indices {
            if name[index] == 0x20 { name[index] = 0x5F }
            if name[index] == 0x3B { name[index] = 0x3A }
        }
        switch options.processName {
        case .command: break
        case .process: name += "-\(sample.process)".utf8
        case .thread: name += "-\(sample.process)/\(sample.thread)".utf8
        }
        return name
    }

    private mutating func map(_ record: ByteView, filename: Int, isExecutable: Bool, buildID: [UInt8]?) {
        var path = Array(record.string(filename))
        let mode = record.u16(4) & 7
        // The kernels' own maps say nothing that the lists of their symbols do not say better, but where they ran.
        if mode == 1, path.starts(with: "[kernel.kallsyms]".utf8) {
            resolver.kernel.reference = (Array(path.dropFirst(17)), record.u64(32))
            if let buildID { resolver.kernel.buildID = buildID }
        } else if mode == 4, path.starts(with: "[guest.kernel.kallsyms".utf8),
            let end = path.firstIndex(of: 0x5D)
        {
            resolver.guest.reference = (Array(path[(end + 1)...]), record.u64(32))
        }
        let process = Int32(bitPattern: record.u32(8))
        if mode == 1, !path.starts(with: "[kernel".utf8) {
            resolver.loadModule(path, at: record.u64(16), size: record.u64(24))
            return chain.forget()
        }
        // Maps of data are recorded only where asked for (-d); what they show lies there, too.
        guard process >= 0, mode == 0 || mode == 2 else { return }
        let start = record.u64(16)
        let (end, overflow) = start.addingReportingOverflow(record.u64(24))
        if isExecutable, Self.isAnonymous(path) { path = Array("/tmp/perf-\(process).map".utf8) }
        let module = resolver.module(path: path, buildID: buildID ?? buildIDs[path])
        if resolver.modules.isDump(Int(module)) { dumps[process] = module }
        let mapping = AddressSpace.Mapping(
            start: start, end: overflow ? .max : end, offset: record.u64(32), module: module)
        generation += 1
        spaces[process, default: AddressSpace(generation: generation)].map(mapping, generation: generation)
    }

    /// Memory that no file fills; what is executed there was generated, and its maker may have written a map.
    private static func isAnonymous(_ path: [UInt8]) -> Bool {
        ["//anon", "/dev/zero", "/anon_hugepage", "[stack", "/SYSV", "[heap]"].contains {
            path.starts(with: $0.utf8)
        }
    }

    private mutating func name(_ record: ByteView) {
        // What an exec unmaps is told by what is mapped over it; until then the system call's own caller
        // is still found there.
        commands[Int32(bitPattern: record.u32(12))] = Array(record.string(16))
    }

    private mutating func fork(_ record: ByteView) {
        let (process, parent) = (Int32(bitPattern: record.u32(8)), Int32(bitPattern: record.u32(12)))
        let (thread, parentThread) = (Int32(bitPattern: record.u32(16)), Int32(bitPattern: record.u32(20)))
        commands[thread] = commands[parentThread]
        guard process != parent else { return }
        generation += 1
        spaces[process] = spaces[parent]?.copy(generation: generation)
        dumps[process] = dumps[parent]
    }

    /// Forgets, after a while, what a process had mapped: a recording of a long time sees very many.
    private mutating func end(_ record: ByteView) {
        let (process, thread) = (Int32(bitPattern: record.u32(8)), Int32(bitPattern: record.u32(16)))
        guard process == thread, let space = spaces[process] else { return }
        ended.append((process, space.generation))
        guard ended.count > 2 * Self.mostEnded else { return }
        for (process, generation) in ended.prefix(Self.mostEnded)
        where spaces[process]?.generation == generation {
            spaces[process] = nil
            dumps[process] = nil
            commands[process] = nil
        }
        ended.removeFirst(Self.mostEnded)
    }
}
