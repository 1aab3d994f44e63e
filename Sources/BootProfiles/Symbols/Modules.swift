import Glibc

/// Where symbols are looked for.
public struct SymbolPlaces: Sendable, Hashable {
    /// The folder under which the recorded machine's files lie, or empty for this machine's.
    public var root = ""
    /// A list of the kernel's symbols (kallsyms, System.map); nil for this machine's own where it runs the
    /// recorded kernel.
    public var kernelSymbols: String?

    /// Where they lie on this machine.
    public init() {}
}

/// The files that code was mapped from, with their symbols, each read once and only when it is needed.
struct Modules {
    private struct Module {
        var path: [UInt8]
        var buildID: [UInt8]?
        var symbols: SymbolTable?
        var isRead = false
    }

    private let places: SymbolPlaces
    private var modules: [Module] = []
    private var known: [[UInt8]: Int] = [:]
    private var kernel: KernelSymbols?
    private var kernelIsRead = false
    /// Files whose content is not what was recorded, so that their symbols were not used.
    private(set) var replaced: [String] = []

    init(places: SymbolPlaces) { self.places = places }

    /// The number of the file at `path`.
    mutating func number(path: [UInt8], buildID: [UInt8]?) -> Int {
        if let number = known[path] { return number }
        modules.append(Module(path: path, buildID: buildID))
        known[path] = modules.count - 1
        return modules.count - 1
    }

    /// What perf prints for the file `number`.
    func path(_ number: Int) -> [UInt8] { modules[number].path }

    /// Whether the symbols of the file `number` are those of memory, not of places in a file.
    func isMemory(_ number: Int) -> Bool {
        modules[number].path.withUnsafeBytes { FrameNaming.isPerfMap($0) }
    }

    /// The name of `symbol` in the file `number`.
    func name(of symbol: SymbolTable.Symbol, in number: Int) -> [UInt8] {
        modules[number].symbols?.name(of: symbol) ?? []
    }

    /// The name of the kernel's `symbol`, and that of the module that it belongs to.
    func kernelName(of symbol: SymbolTable.Symbol) -> (name: [UInt8], module: [UInt8]) {
        guard let kernel else { return ([], []) }
        return (kernel.table.name(of: symbol), kernel.modules[Int(symbol.module)])
    }

    /// The function at `place` in the file `number`, or nil.
    mutating func find(_ number: Int, _ place: UInt64) -> SymbolTable.Symbol? {
        if !modules[number].isRead {
            modules[number].isRead = true
            modules[number].symbols = readSymbols(modules[number])
        }
        return modules[number].symbols?.find(place)
    }

    /// The kernel's function at `address`, or nil; `buildID` is that of the recorded kernel.
    mutating func findInKernel(_ address: UInt64, buildID: [UInt8]?) -> SymbolTable.Symbol? {
        if !kernelIsRead {
            kernelIsRead = true
            if let path = places.kernelSymbols {
                kernel = KernelSymbols(.file(path))
            } else if buildID == nil || buildID == KernelSymbols.runningBuildID() {
                kernel = KernelSymbols(.file("/proc/kallsyms"))
            } else if let buildID {
                kernel = KernelSymbols(
                    .file(Self.cache + "/[kernel.kallsyms]/" + Self.hexadecimal(buildID) + "/kallsyms"))
            }
        }
        return kernel?.table.find(address)
    }

    private mutating func readSymbols(_ module: Module) -> SymbolTable? {
        let path = String(decoding: module.path, as: UTF8.self)
        if module.path.withUnsafeBytes({ FrameNaming.isPerfMap($0) }) { return PerfMap.read(path) }
        guard path.hasPrefix("/"), !path.hasPrefix("//") else { return nil }
        var candidates = [places.root + path]
        var buildID = module.buildID
        let own = RandomAccess(path: places.root + path).flatMap { ElfFile($0) }
        if buildID == nil { buildID = own?.buildID }
        if let buildID, buildID.count > 2 {
            let hex = Self.hexadecimal(buildID)
            let debug = "/usr/lib/debug/.build-id/\(hex.prefix(2))/\(hex.dropFirst(2)).debug"
            candidates.insert(places.root + debug, at: 0)
            candidates.append("\(Self.cache)/.build-id/\(hex.prefix(2))/\(hex.dropFirst(2))/elf")
        }
        var fallback: ElfFile?
        for candidate in candidates {
            guard let file = RandomAccess(path: candidate).flatMap({ ElfFile($0) }) else { continue }
            // Another build has other addresses; names from it would be wrong without looking wrong.
            if let wanted = module.buildID, let found = file.buildID, wanted != found {
                replaced.append(path)
                continue
            }
            if file.hasFullTable { return file.symbols(of: own) }
            if fallback == nil { fallback = file }
        }
        return fallback.map { $0.symbols() }
    }

    private static var cache: String { (getenv("HOME").map { String(cString: $0) } ?? "") + "/.debug" }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
