/// The symbols of a recorded kernel, read when they are first needed and moved to where the kernel ran.
struct KernelImage {
    private static let running = "/proc/kallsyms"

    private let given: String?
    private let isHost: Bool
    private let files: SymbolFiles
    private var list: KernelSymbols?
    private var isRead = false
    /// The addresses of the list where it is without the modules' symbols.
    private var core: ClosedRange<UInt64>?
    private var slide: UInt64 = 0
    /// Why none of its functions has a name, though names were asked for; nil where they have, or were not needed.
    private(set) var fault: String?
    /// The build id of the recorded kernel.
    var buildID: [UInt8]?
    /// A symbol, and where it was in memory when the recording was made.
    var reference: (name: [UInt8], address: UInt64)?

    /// The kernel whose symbols lie at `given`: the host's, which has a list of its own, or a guest's.
    ///
    /// - Parameter files: What was read before.
    init(_ given: String?, isHost: Bool, files: SymbolFiles = SymbolFiles()) {
        self.given = given
        self.files = files
        self.isHost = isHost
    }

    /// The function at `address`; nil where it is not known.
    mutating func find(_ address: UInt64) -> SymbolTable.Symbol? {
        if !isRead {
            isRead = true
            read()
        }
        let address = address &- slide
        if let core, !core.contains(address) {
            self.core = nil
            list = list(at: Self.running)
        }
        guard let symbol = list?.table.find(address) else { return nil }
        // Loaded modules are listed where they were; only the image itself is linked for another place.
        return slide == 0 || symbol.module == 0 ? symbol : nil
    }

    /// What `symbol` is called.
    func name(of symbol: SymbolTable.Symbol) -> [UInt8] { list?.table.rawName(of: symbol) ?? [] }

    /// What perf calls the module that `symbol` belongs to.
    func module(of symbol: SymbolTable.Symbol) -> [UInt8] { list?.modules[Int(symbol.module)] ?? [] }

    private mutating func read() {
        if let given {
            readGiven(given)
        } else if isHost {
            let copy = buildID.map {
                "\(Modules.cache)/[kernel.kallsyms]/\(Modules.hexadecimal($0))/kallsyms"
            }
            if buildID == nil || buildID == KernelSymbols.runningBuildID() {
                list = copy.flatMap { copy in
                    files.kernel("running, " + copy) { KernelSymbols.running(copiedAt: copy) }
                }
                core = list?.table.beginnings
                if list == nil { list = list(at: Self.running) }
                if list == nil {
                    fault =
                        "this kernel hides where its functions lie: they have names for root, or from --kallsyms FILE"
                }
            } else {
                list = copy.flatMap { list(at: $0) }
                if list == nil {
                    fault =
                        "another kernel than this one was recorded: --kallsyms FILE or --vmlinux FILE names its functions"
                }
            }
        }
        // The same build runs elsewhere after the next boot, so this machine's own list may have to be moved, too.
        guard let reference, reference.address != 0, let linked = list?.table.address(of: reference.name)
        else { return }
        slide = reference.address &- linked
    }

    private func list(at path: String) -> KernelSymbols? {
        files.kernel(path) { KernelSymbols(.file(path)) }
    }

    private mutating func readGiven(_ path: String) {
        let name = Printable.line(path)
        if let buildID, let other = RandomAccess(path: path).flatMap({ ElfFile($0) })?.buildID,
            other != buildID
        {
            // Names from it would be wrong without looking wrong.
            fault = "\(name) is another build than the recorded kernel: no names from it"
            return
        }
        list = files.kernel(path) { KernelSymbols.read(path) }
        if list == nil {
            fault = "\(name) names no function of a kernel; a copy of kallsyms has to be made by root"
        }
    }
}
