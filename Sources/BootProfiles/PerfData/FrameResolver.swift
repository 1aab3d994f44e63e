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
    }

    private struct Name: Hashable {
        var module: Int32
        var start: UInt64
        var isJava: Bool
    }

    private struct GeneratedName: Hashable {
        var name: [UInt8]
        var isJava: Bool
    }

    /// So many pages of loaded code are looked for one by one, and so many are remembered.
    private static let mostPages = (looked: 4096, known: 1 << 16)
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
    private var names: [Name: Int32] = [:]
    private var generated: [GeneratedName: Int32] = [:]
    private var loadedCode = LoadedCode()
    /// The kernel's modules, which are called as perf calls them: `[ext4]`.
    private var kernelModules = LoadedCode()
    /// Changes when what was found in the kernel before may no longer be what is there.
    private var kernelGeneration: UInt64 = 0
    /// The pages of the kernel in which addresses were looked up; when there are very many, any may be one.
    private var kernelPages: Set<UInt64> = []
    /// How often an address was looked up because it was not known.
    private(set) var lookups = 0

    /// - Parameter limit: How many addresses are remembered.
    init(options: FoldingOptions, limit: Int = FrameCache.usualLimit) {
        self.options = options
        cache = FrameCache(limit: limit)
        naming = FrameNaming(options: options)
        modules = Modules(places: options.symbolPlaces)
        kernel = KernelImage(options.symbolPlaces.kernelSymbols, isHost: true)
        guest = KernelImage(options.symbolPlaces.guestKernelSymbols, isHost: false)
    }

    /// The number of the file at `path`.
    mutating func module(path: [UInt8], buildID: [UInt8]?) -> Int32 {
        Int32(modules.number(path: path, buildID: buildID))
    }

    /// The files with the code of what `space` maps.
    mutating func code(of space: AddressSpace) -> [StackUnwinder.File] {
        space.mappings.compactMap { modules.code($0) }
    }

    /// Adds the frames of `address` to the sample of `builder`.
    @inline(__always)
    mutating func add(_ address: UInt64, in context: borrowing Context, to builder: inout SampleBuilder) {
        let generation = UInt64(context.space?.generation ?? 0)
        let space =
            context.mode == .user
            ? generation << 8
            : UInt64(context.mode.rawValue + 1) | (context.mode == .kernel ? kernelGeneration << 8 : 0)
        let key = space << 1 | (builder.isJava ? 1 : 0)
        if cache.add(key, address, to: &builder) { return }
        addNew(address, key, copy context, to: &builder)
    }

    @inline(never)
    private mutating func addNew(
        _ address: UInt64, _ key: UInt64, _ context: Context, to builder: inout SampleBuilder
    ) {
        if cache.isFull {
            cache.forget()
            names = [:]
            generated = [:]
        }
        lookups += 1
        let (entry, isForAllTimes) = resolve(address, context, &builder)
        if isForAllTimes { cache.insert(key, address, entry) }
        cache.add(cache.entries[Int(entry)], to: &builder)
    }

    private mutating func resolve(
        _ address: UInt64, _ context: Context, _ builder: inout SampleBuilder
    ) -> (entry: Int32, isForAllTimes: Bool) {
        switch context.mode {
        case .kernel: return (resolveInKernel(address, &builder), true)
        case .user, .unknown: return resolveInProcess(address, context, &builder)
        case .hypervisor: return (unnamed(address, -2, Array("[hypervisor]".utf8), &builder), true)
        case .guestKernel:
            guard let found = guest.find(address) else {
                return (unnamed(address, -3, Self.guestName, &builder), true)
            }
            return (entry(-3, found.start, Self.guestName, &builder) { _ in found.name }, true)
        case .guestUser: return (unnamed(address, -4, Array("[guest.user]".utf8), &builder), true)
        }
    }

    private mutating func resolveInProcess(
        _ address: UInt64, _ context: Context, _ builder: inout SampleBuilder
    ) -> (entry: Int32, isForAllTimes: Bool) {
        let mapping = context.space?.find(address)
        let isMemory = mapping.map { modules.isMemory(Int($0.module)) } ?? true
        if isMemory, let dump = context.dump,
            let found = modules.dump(Int(dump))?.find(address, at: context.time)
        {
            let name = GeneratedName(name: found.code.name, isJava: builder.isJava)
            let path = Array("/tmp/jitted-\(context.process).so".utf8)
            let entry = generated[name] ?? newEntry([name.name], path, 0, &builder)
            generated[name] = entry
            return (entry, found.isOnly)
        }
        guard let mapping else { return (unnamed(address, -5, Self.unknown, &builder), true) }
        let module = Int(mapping.module)
        let place = isMemory ? address : address &- mapping.start &+ mapping.offset
        let path = modules.path(module)
        let symbol = modules.find(module, place)
        if options.showsInlined || options.showsLines, !isMemory {
            let detailed = detailed(module, place, symbol)
            if !detailed.isEmpty { return (newEntry(detailed, path, address, &builder), true) }
        }
        // perf script shows where in the file the address lies.
        guard let symbol else { return (unnamed(place, Int32(module), path, &builder), true) }
        return (
            entry(Int32(module), symbol.start, path, &builder) { $0.modules.rawName(of: symbol, in: module) },
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

    private mutating func resolveInKernel(_ address: UInt64, _ builder: inout SampleBuilder) -> Int32 {
        if kernelPages.count < Self.mostPages.known { kernelPages.insert(address >> 12) }
        if let code = loadedCode.find(address) {
            return entry(-6, UInt64(code.number), code.name, &builder) { _ in code.name }
        }
        guard let found = kernel.find(address) else {
            guard let module = kernelModules.find(address) else {
                return unnamed(address, -1, Self.kernelName, &builder)
            }
            return unnamed(address, -7 - module.number, module.name, &builder)
        }
        return entry(-1, found.start, found.module, &builder) { _ in found.name }
    }

    /// The entry of the function that begins at `start`, the same for all of its addresses.
    private mutating func entry(
        _ module: Int32, _ start: UInt64, _ path: [UInt8], _ builder: inout SampleBuilder,
        _ function: (borrowing Self) -> [UInt8]
    ) -> Int32 {
        let name = Name(module: module, start: start, isJava: builder.isJava)
        if let known = names[name] { return known }
        let entry = newEntry([function(self)], path, 0, &builder)
        names[name] = entry
        return entry
    }

    /// The entry of an address without a symbol.
    private mutating func unnamed(
        _ address: UInt64, _ module: Int32, _ path: [UInt8], _ builder: inout SampleBuilder
    ) -> Int32 {
        guard !options.showsAddresses else { return newEntry([Self.unknown], path, address, &builder) }
        return entry(module, .max, path, &builder) { _ in Self.unknown }
    }

    private mutating func newEntry(
        _ functions: [[UInt8]], _ path: [UInt8], _ address: UInt64, _ builder: inout SampleBuilder
    ) -> Int32 {
        let digits = Array(String(address, radix: 16).utf8)
        var identifiers: [FrameID] = []
        var kind = FrameNaming.Kind.named
        for function in functions {
            function.withUnsafeBytes { function in
                path.withUnsafeBytes { path in
                    digits.withUnsafeBytes { digits in
                        let names = naming.names(
                            function: function, module: path, address: digits, isJava: builder.isJava)
                        kind = FrameNaming.kind(function: function, module: path)
                        for name in names.reversed() {
                            identifiers.append(name.withUnsafeBytes { builder.profile.frames.intern($0) })
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
        kernelGeneration += 1
        kernelPages = []
    }
}
