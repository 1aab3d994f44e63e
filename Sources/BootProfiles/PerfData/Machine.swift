/// The recorded machine as its records describe it: processes, threads, what is mapped, what it is called.
struct RecordedMachine {
    /// Where an address was executed, from a record's or a call chain's context.
    enum Mode: Int {
        case unknown = 0
        case kernel, user, hypervisor, guestKernel, guestUser
    }

    var builder: SampleBuilder
    /// Numbers of samples that the kernel or perf dropped.
    private(set) var lost: UInt64 = 0
    private(set) var modules: Modules
    private let naming: FrameNaming
    private let options: FoldingOptions
    private let selects: Bool
    private var kernelBuildID: [UInt8]?
    private var buildIDs: [[UInt8]: [UInt8]] = [:]
    private var commands: [Int32: [UInt8]] = [0: Array("swapper".utf8)]
    private var spaces: [Int32: AddressSpace] = [:]
    private var generation: UInt32 = 1
    private var cache = FrameCache()
    private var names: [Name: Int32] = [:]
    private var loadedCode: [(range: Range<UInt64>, name: [UInt8])] = []

    private struct Name: Hashable {
        var module: Int32
        var start: UInt64
        var isJava: Bool
    }

    init(options: FoldingOptions) {
        self.options = options
        naming = FrameNaming(options: options)
        modules = Modules(places: options.symbolPlaces)
        builder = SampleBuilder(options: options)
        selects = !options.selection.isEverything
    }

    /// Takes note of the build ids that the recording lists.
    mutating func learn(kernel: [UInt8]?, files: [[UInt8]: [UInt8]]) {
        kernelBuildID = kernel
        buildIDs = files
    }

    /// The name of a thread's command.
    func command(process: Int32, thread: Int32) -> [UInt8] {
        commands[thread] ?? Array(":\(thread)".utf8)
    }

    /// Follows a record that is no sample.
    mutating func follow(_ record: ByteView) {
        switch record.u32(0) {
        case 1: map(record, filename: 40, isExecutable: record.u16(4) & 0x2000 == 0, buildID: nil)
        case 10:
            let hasBuildID = record.u16(4) & 0x4000 != 0
            let size = hasBuildID ? min(20, Int(record.u32(40) & 0xFF)) : 0
            map(
                record, filename: 72, isExecutable: record.u32(64) & 4 != 0,
                buildID: hasBuildID ? Array(record.slice(44..<(44 + size)).bytes) : nil)
        case 2: lost &+= record.u64(16)
        case 13: lost &+= record.u64(8)
        case 3: name(record)
        case 7: fork(record)
        case 17: loadCode(record)
        default: break
        }
    }

    /// Adds a sample's frames, and ends it.
    mutating func add(_ sample: Sample, _ record: ByteView, weight: Double) throws(ProfileError) {
        let command = command(process: sample.process, thread: sample.thread)
        let facts = sample.facts
        if selects {
            guard command.withUnsafeBytes({ options.selection.holds(facts, command: $0) }) else { return }
        }
        command.withUnsafeBytes { builder.beginSample($0, processName(command, sample), facts) }
        var mode = Mode(rawValue: Int(record.u16(4) & 7)) ?? .unknown
        if sample.chainStart == 0 {
            add(sample.ip, mode, sample.process, spaces[sample.process]?.generation ?? 0)
        } else {
            let generation = spaces[sample.process]?.generation ?? 0
            for index in 0..<sample.chainCount {
                let address = record.u64(sample.chainStart + index * 8)
                if address >= UInt64(bitPattern: -4095) {
                    guard let context = Self.context(address) else {
                        // The walk went astray into what is no address; perf drops the whole chain.
                        builder.dropFrames()
                        break
                    }
                    mode = context
                } else {
                    add(address, mode, sample.process, generation)
                }
            }
        }
        try builder.endSample(weight: weight)
    }

    private static func context(_ marker: UInt64) -> Mode? {
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

    @inline(__always)
    private mutating func add(_ address: UInt64, _ mode: Mode, _ process: Int32, _ generation: UInt32) {
        let space = mode == .user ? UInt64(generation) << 8 : UInt64(mode.rawValue + 1)
        let key = space << 1 | (builder.isJava ? 1 : 0)
        if cache.add(key, address, to: &builder) { return }
        let entry = resolve(address, mode, process)
        cache.insert(key, address, entry)
        cache.add(cache.entries[Int(entry)], to: &builder)
    }

    @inline(never)
    private mutating func resolve(_ address: UInt64, _ mode: Mode, _ process: Int32) -> Int32 {
        switch mode {
        case .kernel: return resolveInKernel(address)
        case .user, .unknown:
            guard let mapping = spaces[process]?.find(address) else { break }
            let module = Int(mapping.module)
            let place =
                modules.isMemory(module) ? address : address &- mapping.start &+ mapping.offset
            let path = modules.path(module)
            guard let symbol = modules.find(module, place) else {
                return unnamed(address, Int32(module), path)
            }
            return entry(Int32(module), symbol.start, path) { $0.modules.name(of: symbol, in: module) }
        case .hypervisor: return unnamed(address, -2, Array("[hypervisor]".utf8))
        case .guestKernel: return unnamed(address, -3, Array("[guest.kernel.kallsyms]".utf8))
        case .guestUser: return unnamed(address, -4, Array("[guest.user]".utf8))
        }
        return unnamed(address, -5, Array("[unknown]".utf8))
    }

    private mutating func resolveInKernel(_ address: UInt64) -> Int32 {
        if let code = loadedCode.last(where: { $0.range.contains(address) }) {
            return entry(-1, code.range.lowerBound, code.name) { _ in code.name }
        }
        guard let symbol = modules.findInKernel(address, buildID: kernelBuildID) else {
            return unnamed(address, -1, Array("[kernel.kallsyms]".utf8))
        }
        let (name, module) = modules.kernelName(of: symbol)
        return entry(-1, symbol.start, module) { _ in name }
    }

    /// The entry of the function that begins at `start`, the same for all of its addresses.
    private mutating func entry(
        _ module: Int32, _ start: UInt64, _ path: [UInt8], _ function: (borrowing Self) -> [UInt8]
    ) -> Int32 {
        let name = Name(module: module, start: start, isJava: builder.isJava)
        if let known = names[name] { return known }
        let entry = newEntry(function(self), path, 0)
        names[name] = entry
        return entry
    }

    /// The entry of an address without a symbol.
    private mutating func unnamed(_ address: UInt64, _ module: Int32, _ path: [UInt8]) -> Int32 {
        guard !options.showsAddresses else { return newEntry(Array("[unknown]".utf8), path, address) }
        return entry(module, .max, path) { _ in Array("[unknown]".utf8) }
    }

    private mutating func newEntry(_ function: [UInt8], _ path: [UInt8], _ address: UInt64) -> Int32 {
        let digits = Array(String(address, radix: 16).utf8)
        let (frames, kind) = function.withUnsafeBytes { function in
            path.withUnsafeBytes { path in
                digits.withUnsafeBytes { digits in
                    (
                        naming.names(
                            function: function, module: path, address: digits, isJava: builder.isJava),
                        FrameNaming.kind(function: function, module: path)
                    )
                }
            }
        }
        let identifiers = frames.reversed().map { name in
            name.withUnsafeBytes { builder.profile.frames.intern($0) }
        }
        return cache.add(identifiers, kind)
    }

    private mutating func map(_ record: ByteView, filename: Int, isExecutable: Bool, buildID: [UInt8]?) {
        let process = Int32(bitPattern: record.u32(8))
        // The kernel's own maps say nothing that the list of its symbols does not say better.
        guard isExecutable, process >= 0, record.u16(4) & 7 != 1 else { return }
        let start = record.u64(16)
        let (end, overflow) = start.addingReportingOverflow(record.u64(24))
        var path = Array(record.string(filename))
        if Self.isAnonymous(path) { path = Array("/tmp/perf-\(process).map".utf8) }
        let module = modules.number(path: path, buildID: buildID ?? buildIDs[path])
        let mapping = AddressSpace.Mapping(
            start: start, end: overflow ? .max : end, offset: record.u64(32), module: Int32(module))
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
    }

    private mutating func loadCode(_ record: ByteView) {
        let start = record.u64(8)
        guard loadedCode.count < 1 << 16 else { return }
        if record.u16(22) & 1 != 0 {
            loadedCode.removeAll { $0.range.lowerBound == start }
        } else {
            let (end, overflow) = start.addingReportingOverflow(UInt64(record.u32(16)))
            loadedCode.append((start..<(overflow ? .max : end), Array(record.string(24))))
        }
    }
}
