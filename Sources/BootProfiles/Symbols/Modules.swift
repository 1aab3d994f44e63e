import CZlib
import Glibc

/// Where symbols are looked for.
public struct SymbolPlaces: Sendable, Hashable {
    /// The folder under which the recorded machine's files lie, or empty for this machine's.
    public var root = ""
    /// A list of the kernel's symbols (kallsyms, System.map) or its ELF file (vmlinux); nil for this machine's own
    /// list where it runs the recorded kernel.
    public var kernelSymbols: String?
    /// A list of the symbols of the guests' kernel, or its ELF file; nil where guests' functions need no names.
    public var guestKernelSymbols: String?

    /// Where they lie on this machine.
    public init() {}
}

/// Symbols that were read, for all recordings that are read together: most are of the same programs.
final class SymbolFiles {
    /// A file that code was mapped from.
    fileprivate final class Module {
        let path: [UInt8]
        let buildID: [UInt8]?
        var isRead = false
        var symbols: SymbolTable?
        /// The file with the code, where it is the one that was recorded.
        var code: (path: String, elf: ElfFile)?
        /// The file with the symbols, where it is another one.
        var separate: String?
        var debug: DebugInformation?
        var isDebugRead = false
        /// Whether its content is not what was recorded, so that its symbols are not used.
        var isReplaced = false

        init(path: [UInt8], buildID: [UInt8]?) {
            self.path = path
            self.buildID = buildID
        }
    }

    private var modules: [[UInt8]: Module] = [:]
    private var kernels: [String: KernelSymbols?] = [:]

    /// The file at `path`.
    fileprivate func module(_ path: [UInt8], _ buildID: [UInt8]?, key: [UInt8]) -> Module {
        if let known = modules[key] { return known }
        let module = Module(path: path, buildID: buildID)
        modules[key] = module
        return module
    }

    /// The symbols of a kernel that are called `name`, as `read` gives them the first time.
    func kernel(_ name: String, _ read: () -> KernelSymbols?) -> KernelSymbols? {
        if let known = kernels[name] { return known }
        let list = read()
        kernels[name] = .some(list)
        return list
    }
}

/// The files that code was mapped from, with their symbols, each read once and only when it is needed.
struct Modules {
    private let places: SymbolPlaces
    private let files: SymbolFiles
    private var modules: [SymbolFiles.Module] = []
    /// Those of which something was asked.
    private var asked: Set<Int> = []
    private var known: [[UInt8]: Int] = [:]
    private var dumps: [Int: JitDump] = [:]
    /// Files whose content is not what was recorded, so that their symbols were not used.
    var replaced: [String] {
        asked.sorted().filter { modules[$0].isReplaced }.map {
            String(decoding: modules[$0].path, as: UTF8.self)
        }
    }

    /// - Parameter files: What was read before, at the same places.
    init(places: SymbolPlaces, files: SymbolFiles = SymbolFiles()) {
        self.places = places
        self.files = files
    }

    /// The number of the file at `path`.
    mutating func number(path: [UInt8], buildID: [UInt8]?) -> Int {
        // Under one path lie different files, where containers have roots of their own or one was replaced.
        let key = path + [0] + (buildID ?? [])
        if let number = known[key] { return number }
        modules.append(files.module(path, buildID, key: key))
        known[key] = modules.count - 1
        return modules.count - 1
    }

    /// What perf prints for the file `number`.
    func path(_ number: Int) -> [UInt8] { modules[number].path }

    /// Whether the symbols of the file `number` are those of memory, not of places in a file.
    func isMemory(_ number: Int) -> Bool {
        modules[number].path.withUnsafeBytes { FrameNaming.isPerfMap($0) }
    }

    /// The name of `symbol` as it stands in the file `number`.
    func rawName(of symbol: SymbolTable.Symbol, in number: Int) -> [UInt8] {
        modules[number].symbols?.rawName(of: symbol) ?? []
    }

    /// Where the function `name` begins in the file `number`, or nil.
    func address(of name: String, in number: Int) -> UInt64? {
        modules[number].symbols?.address(of: Array(name.utf8))
    }

    /// The function at `place` in the file `number`, or nil.
    mutating func find(_ number: Int, _ place: UInt64) -> SymbolTable.Symbol? {
        read(number)
        return modules[number].symbols?.find(place)
    }

    /// What the debug information of the file `number` says of `place`, innermost function first.
    mutating func frames(_ number: Int, _ place: UInt64) -> [DebugInformation.Frame] {
        read(number)
        if !modules[number].isDebugRead {
            modules[number].isDebugRead = true
            if let code = modules[number].code {
                modules[number].debug =
                    DebugInformation(path: code.path, root: places.root)
                    ?? modules[number].separate.flatMap { DebugInformation(path: $0, root: places.root) }
            }
        }
        guard let debug = modules[number].debug, let address = modules[number].code?.elf.address(of: place)
        else { return [] }
        return debug.frames(at: address)
    }

    /// The file with the code of the file `number` where `mapping` shows it, for unwinding; nil where it is not
    /// at hand.
    mutating func code(_ mapping: AddressSpace.Mapping) -> StackUnwinder.File? {
        let number = Int(mapping.module)
        read(number)
        guard let code = modules[number].code,
            let bias = code.elf.bias(
                mappedAt: mapping.start, offset: mapping.offset, size: mapping.end - mapping.start)
        else { return nil }
        return StackUnwinder.File(path: code.path, bias: bias)
    }

    private mutating func read(_ number: Int) {
        asked.insert(number)
        guard !modules[number].isRead else { return }
        modules[number].isRead = true
        let path = String(decoding: modules[number].path, as: UTF8.self)
        if isMemory(number) {
            // Where the machine's files lie elsewhere, so do its maps.
            modules[number].symbols = PerfMap.read(places.root + path)
        } else if path == VirtualObject.name {
            readVirtualObject(number)
        } else if path.hasPrefix("/"), !path.hasPrefix("//") {
            readSymbols(number, path)
        }
    }

    /// The kernel maps code of its own into every process: this process's is the recorded one if its build id is; perf
    /// keeps copies of those it recorded.
    private mutating func readVirtualObject(_ number: Int) {
        var candidates: [String] = []
        if let buildID = modules[number].buildID, buildID.count > 2 {
            let name = Self.hexadecimal(buildID)
            candidates.append("\(Self.cache)/.build-id/\(name.prefix(2))/\(name.dropFirst(2))/vdso")
        }
        // Without a build id it is this kernel's, unless the recording is of another machine.
        if let own = VirtualObject.path, places.root.isEmpty || modules[number].buildID != nil {
            candidates.append(own)
        }
        for candidate in candidates {
            guard let file = open(candidate, number) else { continue }
            modules[number].code = (candidate, file)
            modules[number].symbols = file.symbols()
            return
        }
    }

    private mutating func readSymbols(_ number: Int, _ path: String) {
        var buildID = modules[number].buildID
        let own = open(places.root + path, number)
        if buildID == nil { buildID = own?.buildID }
        modules[number].code = own.map { (places.root + path, $0) }
        if let buildID, buildID.count > 2 {
            let name = Self.hexadecimal(buildID)
            let kept = "\(Self.cache)/.build-id/\(name.prefix(2))/\(name.dropFirst(2))/elf"
            if own == nil, let elf = open(kept, number) { modules[number].code = (kept, elf) }
        }
        let code = modules[number].code
        for candidate in debugFiles(path, buildID: buildID, code?.elf) {
            guard let file = RandomAccess(path: candidate).flatMap({ ElfFile($0) }), file.hasFullTable else {
                continue
            }
            if file.buildID == nil || buildID == nil || file.buildID == buildID {
                modules[number].separate = candidate
                modules[number].symbols = file.symbols(of: code?.elf)
                // Its own addresses do for lines, when the file with the code is gone.
                if code == nil { modules[number].code = (candidate, file) }
                return
            }
        }
        modules[number].symbols = code?.elf.symbols()
    }

    /// Where the separate debug file of the file at `path` may lie, the best place first.
    private func debugFiles(_ path: String, buildID: [UInt8]?, _ elf: ElfFile?) -> [String] {
        var places: [String] = []
        if let buildID, buildID.count > 2 {
            let name = Self.hexadecimal(buildID)
            places.append(
                "\(self.places.root)/usr/lib/debug/.build-id/\(name.prefix(2))/\(name.dropFirst(2)).debug")
        }
        guard let elf, !elf.hasFullTable, let link = elf.debugLink else { return places }
        let folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        let name = String(decoding: link.name, as: UTF8.self)
        for candidate in ["\(folder)/\(name)", "\(folder)/.debug/\(name)", "/usr/lib/debug\(folder)/\(name)"]
        where candidate != path && Self.checksum(self.places.root + candidate) == link.checksum {
            places.append(self.places.root + candidate)
        }
        return places
    }

    /// The ELF file at `path`, unless it is of another build than what was recorded: that has other addresses, and
    /// names from it would be wrong without looking wrong.
    private mutating func open(_ path: String, _ number: Int) -> ElfFile? {
        guard let file = RandomAccess(path: path).flatMap({ ElfFile($0) }) else { return nil }
        if let wanted = modules[number].buildID, let found = file.buildID, wanted != found {
            modules[number].isReplaced = true
            return nil
        }
        return file
    }

    /// The checksum that links to debug files carry, or nil where there is no such file.
    private static func checksum(_ path: String) -> UInt32? {
        guard let file = RandomAccess(path: path), file.size <= 4 << 30 else { return nil }
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
        defer { piece.deallocate() }
        var sum: UInt = 0
        var place = 0
        while place < file.size {
            let got = file.read(place, piece)
            guard got > 0 else { return nil }
            sum = crc32(sum, piece.bindMemory(to: UInt8.self).baseAddress, UInt32(got))
            place += got
        }
        return UInt32(truncatingIfNeeded: sum)
    }

    /// Where perf keeps copies of what it recorded.
    static var cache: String { (getenv("HOME").map { String(cString: $0) } ?? "") + "/.debug" }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension Modules {
    /// Whether the file `number` is what a just-in-time compiler wrote for perf.
    func isDump(_ number: Int) -> Bool { modules[number].path.withUnsafeBytes { JitDump.isPath($0) } }

    /// Reads the file `number` as what a just-in-time compiler wrote; nil where it is not at hand.
    mutating func dump(_ number: Int) -> JitDump? {
        if let known = dumps[number] { return known }
        let path = places.root + String(decoding: modules[number].path, as: UTF8.self)
        guard let dump = RandomAccess(path: path).flatMap({ JitDump($0) }) else { return nil }
        dumps[number] = dump
        return dump
    }
}
