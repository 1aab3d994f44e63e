/// Gives addresses their frames: each distinct one is looked up once.
struct FrameResolver {
    /// Where an address was executed, from a record's or a call chain's context.
    enum Mode: Int {
        case unknown = 0
        case kernel, user, hypervisor, guestKernel, guestUser
    }

    /// What an address was executed in.
    struct Context {
        var mode: Mode
        var process: Int32
        var time: UInt64
        /// What the process had mapped; nil where nothing is known of it.
        var space: AddressSpace?
        /// The file that the process's just-in-time compiler wrote, if it has one.
        var dump: Int32?
        /// Whether its names are written as Java's.
        var isJava = false
    }

    /// Where an address lies, so that what is called the same in all processes is one.
    struct Spot {
        var space: UInt32
        var address: UInt64
    }

    private struct GeneratedName: Hashable {
        var name: [UInt8]
        var isJava: Bool
    }

    /// So many pages of loaded code are looked for one by one, and so many are remembered.
    private static let mostPages = (looked: 4096, known: 1 << 16)
    /// So many changes are told apart, far more than a recording has; what comes then is not followed.
    static let mostGenerations: UInt32 = 1 << 28

    private static let kernelName = Array("[kernel.kallsyms]".utf8)
    private static let guestName = Array("[guest.kernel.kallsyms]".utf8)
    private static let unknown = Array("[unknown]".utf8)

    private(set) var modules: Modules
    /// The kernel of the recorded machine.
    var kernel: KernelImage
    /// The kernel of its guests.
    var guest: KernelImage
    private let options: FoldingOptions
    private let naming: FrameNaming
    private var cache: FrameCache
    /// The entries of functions, by module and beginning.
    private var functions = AddressTable()
    private var generated: [GeneratedName: Int32] = [:]
    private var loadedCode = LoadedCode()
    /// The kernel's modules, which are called as perf calls them: `[ext4]`.
    private var kernelModules = LoadedCode()
    /// Changes when what was found in the kernel before may no longer be what is there.
    private var kernelGeneration: UInt32 = 0
    /// The pages of the kernel in which addresses were looked up; when there are very many, any may be one.
    private var kernelPages: Set<UInt64> = []
    /// How often an address was looked up because it was not known.
    private(set) var lookups = 0
    /// What an address in no mapping is called, where all are called the same and there was one.
    private(set) var nowhere: FrameCache.Found?

    /// - Parameters:
    ///   - files: What was read before.
    ///   - limit: How many addresses are remembered.
    init(
        options: FoldingOptions, files: SymbolFiles = SymbolFiles(), limit: Int = FrameCache.usualLimit
    ) {
        self.options = options
        cache = FrameCache(limit: limit)
        naming = FrameNaming(options: options)
        modules = Modules(places: options.symbolPlaces, files: files)
        kernel = KernelImage(options.symbolPlaces.kernelSymbols, isHost: true, files: files)
        guest = KernelImage(options.symbolPlaces.guestKernelSymbols, isHost: false, files: files)
    }

    /// The number of the file at `path`.
    mutating func module(path: [UInt8], buildID: [UInt8]?) -> Int32 {
        Int32(modules.number(path: path, buildID: buildID))
    }

    /// The files with the code of what `space` maps.
    mutating func code(of space: AddressSpace) -> [StackUnwinder.File] {
        space.mappings.compactMap { modules.code($0) }
    }

    /// Where `address`, executed in `mode`, lies: in a file, or where `mapping` is nil in no mapping of its process.
    @inline(__always)
    func spot(
        _ address: UInt64, _ mode: Mode, _ mapping: AddressSpace.Mapping?, isJava: Bool
    ) -> Spot {
        guard mode == .user || mode == .unknown, let mapping else {
            return Spot(space: space(mode, 0, isJava: isJava), address: address)
        }
        let space = space(mode, UInt32(bitPattern: mapping.module) + 1, isJava: isJava)
        return Spot(space: space, address: mapping.place(of: address))
    }

    /// What tells apart addresses that are the same number, executed in `mode` while a process had the mappings of
    /// `generation`.
    @inline(__always)
    func space(_ mode: Mode, _ generation: UInt32, isJava: Bool) -> UInt32 {
        let number = mode == .user || mode == .unknown ? generation : mode == .kernel ? kernelGeneration : 0
        return number << 4 | UInt32(mode.rawValue) << 1 | (isJava ? 1 : 0)
    }

    /// What is called at `spot`; nil where that has not been looked up yet.
    @inline(__always)
    func known(_ spot: Spot) -> FrameCache.Found? { cache.find(spot.space, spot.address) }

    /// The frames of what `found` stands for, innermost first.
    func frames(of found: FrameCache.Found) -> ArraySlice<FrameID> { cache.frames(of: found.entry) }

    /// Adds the frames of `address` to the sample of `builder`.
    mutating func add(_ address: UInt64, in context: borrowing Context, to builder: inout SampleBuilder) {
        let spot = spot(address, context.mode, context.space?.find(address), isJava: context.isJava)
        let found = known(spot) ?? look(up: address, copy context, &builder.profile.frames)
        for frame in cache.frames(of: found.entry) { builder.add(frame, found.kind) }
    }

    /// Looks up what `address` is called, whose names are added to `table`.
    @inline(never)
    mutating func look(
        up address: UInt64, _ context: Context, _ table: inout FrameTable
    ) -> FrameCache.Found {
        let mapping = context.space?.find(address)
        if mapping == nil, context.mode == .user, context.dump == nil, !options.showsAddresses {
            // Hardly any comes again, so keeping them costs more than looking again.
            if let nowhere { return nowhere }
            let entry = unnamed(address, -5, Self.unknown, context.isJava, &table)
            nowhere = cache.found(entry)
            return cache.found(entry)
        }
        if cache.isFull {
            cache.forget()
            functions = AddressTable()
            generated = [:]
            nowhere = nil
        }
        lookups += 1
        let (entry, isForAllTimes) = resolve(address, context, &table)
        // What a process generated in no mapping is not what another one did.
        if isForAllTimes, mapping != nil || context.dump == nil {
            let spot = spot(address, context.mode, mapping, isJava: context.isJava)
            cache.insert(spot.space, spot.address, entry)
        }
        return cache.found(entry)
    }

    private mutating func resolve(
        _ address: UInt64, _ context: Context, _ table: inout FrameTable
    ) -> (entry: Int32, isForAllTimes: Bool) {
        switch context.mode {
        case .kernel: return (resolveInKernel(address, context.isJava, &table), true)
        case .user, .unknown: return resolveInProcess(address, context, &table)
        case .hypervisor:
            return (unnamed(address, -2, Array("[hypervisor]".utf8), context.isJava, &table), true)
        case .guestKernel:
            guard let symbol = guest.find(address) else {
                return (unnamed(address, -3, Self.guestName, context.isJava, &table), true)
            }
            return (
                entry(-3, symbol.start, Self.guestName, context.isJava, &table) {
                    $0.guest.name(of: symbol)
                }, true
            )
        case .guestUser:
            return (unnamed(address, -4, Array("[guest.user]".utf8), context.isJava, &table), true)
        }
    }

    private mutating func resolveInProcess(
        _ address: UInt64, _ context: Context, _ table: inout FrameTable
    ) -> (entry: Int32, isForAllTimes: Bool) {
        let mapping = context.space?.find(address)
        let isMemory = mapping?.isMemory ?? true
        if isMemory, let dump = context.dump,
            let found = modules.dump(Int(dump))?.find(address, at: context.time)
        {
            let name = GeneratedName(name: found.code.name, isJava: context.isJava)
            let path = Array("/tmp/jitted-\(context.process).so".utf8)
            let entry = generated[name] ?? newEntry([name.name], path, 0, context.isJava, &table)
            generated[name] = entry
            return (entry, found.isOnly)
        }
        guard let mapping else { return (unnamed(address, -5, Self.unknown, context.isJava, &table), true) }
        let module = Int(mapping.module)
        let place = mapping.place(of: address)
        let path = modules.path(module)
        let symbol = modules.find(module, place)
        if options.showsInlined || options.showsLines, !isMemory {
            let detailed = detailed(module, place, symbol)
            if !detailed.isEmpty { return (newEntry(detailed, path, address, context.isJava, &table), true) }
        }
        // perf script shows where in the file the address lies.
        guard let symbol else { return (unnamed(place, Int32(module), path, context.isJava, &table), true) }
        return (
            entry(Int32(module), symbol.start, path, context.isJava, &table) {
                $0.modules.rawName(of: symbol, in: module)
            },
            true
        )
    }

    /// The functions at `place`, innermost first, with lines and what is inlined as far as they are asked for.
    private mutating func detailed(
        _ module: Int, _ place: UInt64, _ symbol: SymbolTable.Symbol?
    ) -> [[UInt8]] {
        let found = modules.frames(module, place)
        guard let outermost = found.last else { return [] }
        // The function itself is called as without its debug information, so that names agree.
        let own = symbol.map { shown(modules.rawName(of: $0, in: module)) } ?? outermost.name ?? Self.unknown
        var names: [[UInt8]] = []
        if options.showsInlined {
            for frame in found.dropLast() { names.append(withLine(frame.name ?? Self.unknown, frame.line)) }
            names.append(withLine(own, outermost.line))
        } else {
            // The line in the function itself, not in what was inlined there.
            names.append(withLine(own, outermost.line))
        }
        return names
    }

    /// A name that something is written behind, so that it is demangled before.
    private func shown(_ name: [UInt8]) -> [UInt8] {
        options.showsRawNames ? name : Demangler.demangled(name)
    }

    private func withLine(_ name: [UInt8], _ line: [UInt8]?) -> [UInt8] {
        guard options.showsLines, let line else { return name }
        return FrameNaming.withoutArguments(name) + [0x3A] + line
    }

    private mutating func resolveInKernel(
        _ address: UInt64, _ isJava: Bool, _ table: inout FrameTable
    ) -> Int32 {
        if kernelPages.count < Self.mostPages.known { kernelPages.insert(address >> 12) }
        if let code = loadedCode.find(address) {
            return entry(-6, UInt64(code.number), code.name, isJava, &table) { _ in code.name }
        }
        guard let symbol = kernel.find(address) else {
            guard let module = kernelModules.find(address) else {
                return unnamed(address, -1, Self.kernelName, isJava, &table)
            }
            return unnamed(address, -7 - module.number, module.name, isJava, &table)
        }
        return entry(-1, symbol.start, kernel.module(of: symbol), isJava, &table) {
            $0.kernel.name(of: symbol)
        }
    }

    /// The entry of the function that begins at `start`, the same for all of its addresses.
    private mutating func entry(
        _ module: Int32, _ start: UInt64, _ path: [UInt8], _ isJava: Bool, _ table: inout FrameTable,
        _ function: (borrowing Self) -> [UInt8]
    ) -> Int32 {
        let space = UInt32(bitPattern: module) << 1 | (isJava ? 1 : 0)
        if let known = functions.find(space, start) { return known }
        let entry = newEntry([function(self)], path, 0, isJava, &table)
        functions.insert(space, start, entry)
        return entry
    }

    /// The entry of an address without a symbol.
    private mutating func unnamed(
        _ address: UInt64, _ module: Int32, _ path: [UInt8], _ isJava: Bool, _ table: inout FrameTable
    ) -> Int32 {
        guard !options.showsAddresses else { return newEntry([Self.unknown], path, address, isJava, &table) }
        return entry(module, .max, path, isJava, &table) { _ in Self.unknown }
    }

    private mutating func newEntry(
        _ functions: [[UInt8]], _ path: [UInt8], _ address: UInt64, _ isJava: Bool, _ table: inout FrameTable
    ) -> Int32 {
        let digits = Array(String(address, radix: 16).utf8)
        var identifiers: [FrameID] = []
        var kind = FrameNaming.Kind.named
        for name in functions {
            let function = name.isEmpty ? Self.unknown : name
            function.withUnsafeBytes { function in
                path.withUnsafeBytes { path in
                    digits.withUnsafeBytes { digits in
                        let names = naming.names(
                            function: function, module: path, address: digits, isJava: isJava)
                        kind = FrameNaming.kind(function: function, module: path)
                        for name in names.reversed() {
                            identifiers.append(name.withUnsafeBytes { table.intern($0) })
                        }
                    }
                }
            }
        }
        return cache.add(identifiers, kind)
    }

    /// Follows a record of code that the kernel made or removed: a program of BPF, a trampoline.
    mutating func loadCode(_ record: ByteView) {
        if let range = loadedCode.follow(record) { forgetKernel(in: range) }
    }

    /// Follows the map of a module of the kernel, whose file lies at `path`.
    mutating func loadModule(_ path: [UInt8], at start: UInt64, size: UInt64) {
        let file = path[(path.lastIndex(of: 0x2F).map { $0 + 1 } ?? 0)...]
        // ext4.ko.xz is called [ext4]; what is not of a file, as [bpf], has its brackets.
        let stem = file.prefix { $0 != 0x2E }.map { $0 == 0x2D ? 0x5F : $0 }
        let name = path.first == 0x5B ? path : [0x5B] + stem + [0x5D]
        if let range = kernelModules.add(name, at: start, size: size) { forgetKernel(in: range) }
    }

    /// Has the addresses in `range` looked up again, if any was.
    private mutating func forgetKernel(in range: Range<UInt64>) {
        // Most is loaded before the first sample, or where no sample was taken; what is larger than this is hardly
        // ever loaded, and looking would take long.
        let pages = range.lowerBound >> 12...(range.upperBound - 1) >> 12
        guard
            pages.count > Self.mostPages.looked || kernelPages.count >= Self.mostPages.known
                || pages.contains(where: kernelPages.contains)
        else { return }
        guard kernelGeneration < Self.mostGenerations else { return }
        kernelGeneration += 1
        kernelPages = []
    }
}

extension FrameResolver.Mode {
    /// From here on, numbers in a call chain are no addresses but marks: they say in what mode the addresses behind
    /// them were executed.
    static let firstMarker = UInt64(bitPattern: -4095)

    /// What the mark `marker` says; nil where it is none that perf knows: guests' are among those, which no kernel writes.
    init?(marker: UInt64) {
        switch Int64(bitPattern: marker) {
        case -32: self = .hypervisor
        case -128: self = .kernel
        case -512: self = .user
        default: return nil
        }
    }

    /// The mode in which the sample in `record` was taken.
    init(of record: ByteView) { self = Self(rawValue: Int(record.u16(4) & 7)) ?? .unknown }
}
