/// The recorded machine as its records describe it: processes, threads, what is mapped, what it is called.
struct RecordedMachine {
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
    /// Counts what may make threads others than they were.
    private var change = 1
    /// Threads that were sampled, each at a place that its number gives.
    private var sampled = [SampledThread?](repeating: nil, count: 256)
    private var chains = CallChains()
    private var unwinders: [(process: Int32, generation: UInt32, unwinder: StackUnwinder?)] = []

    init(options: FoldingOptions, files: SymbolFiles) {
        self.options = options
        resolver = FrameResolver(options: options, files: files)
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
        switch record.u32(0) {
        case 1, 3, 4, 7, 10, 17: change += 1
        default: break
        }
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
        case 17: resolver.loadCode(record)
        default: break
        }
    }

    /// Counts a sample.
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
        if let node = chains.node(of: sample, record, attributes, thread, &resolver, &builder) {
            return try builder.count(facts, at: node, weight: weight)
        }
        thread.command.withUnsafeBytes { builder.beginSample($0, thread.name, facts) }
        var context = thread.context(FrameResolver.Mode(of: record), sample)
        if sample.chainStart == 0 {
            resolver.add(sample.ip, in: context, to: &builder)
        } else {
            addChain(sample, record, attributes, &context)
        }
        if sample.stackCount > 0 { addCallers(sample, record, attributes, &context) }
        try builder.endSample(weight: weight)
    }

    private mutating func thread(of sample: Sample) -> SampledThread {
        let place = Int(UInt32(bitPattern: sample.thread)) % sampled.count
        if let known = sampled[place], known.thread == sample.thread, known.process == sample.process,
            known.change == change
        {
            return known
        }
        let command = command(process: sample.process, thread: sample.thread)
        let name = processName(command, sample)
        let thread = SampledThread(
            sample, change: change, command: command, name: name, space: spaces[sample.process],
            dump: dumps[sample.process], root: builder.root(ofProcess: name))
        sampled[place] = thread
        return thread
    }

    /// Adds the frames of a sample's chain to the sample that `builder` has begun.
    private mutating func addChain(
        _ sample: Sample, _ record: ByteView, _ attributes: EventAttributes,
        _ context: inout FrameResolver.Context
    ) {
        for index in 0..<sample.chainCount {
            let address = record.u64(sample.chainStart + index * 8)
            guard address >= FrameResolver.Mode.firstMarker else {
                resolver.add(address, in: context, to: &builder)
                continue
            }
            // The walk went astray into what is no address; perf drops the whole chain.
            guard let mode = FrameResolver.Mode(marker: address) else { return builder.dropFrames() }
            context.mode = mode
            if mode == .user, attributes.keepsCallStack, sample.branchCount > 0 {
                // The hardware's own stack of calls stands for what a walk would find.
                return sample.forEachCall(record) { resolver.add($0, in: context, to: &builder) }
            }
        }
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
            return
        }
        // Maps of data are recorded only where asked for (-d); what they show lies there, too.
        guard process >= 0, mode == 0 || mode == 2, generation < FrameResolver.mostGenerations else { return }
        let start = record.u64(16)
        let (end, overflow) = start.addingReportingOverflow(record.u64(24))
        if isExecutable, Self.isAnonymous(path) { path = Array("/tmp/perf-\(process).map".utf8) }
        let module = resolver.module(path: path, buildID: buildID ?? buildIDs[path])
        if resolver.modules.isDump(Int(module)) { dumps[process] = module }
        let mapping = AddressSpace.Mapping(
            start: start, end: overflow ? .max : end, offset: record.u64(32), module: module,
            isMemory: resolver.modules.isMemory(Int(module)))
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
        guard process != parent, generation < FrameResolver.mostGenerations else { return }
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
