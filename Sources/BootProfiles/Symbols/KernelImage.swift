/// The symbols of a recorded kernel, read when they are first needed and moved to where the kernel ran.
struct KernelImage {
    private let given: String?
    private let isHost: Bool
    private var list: KernelSymbols?
    private var isRead = false
    private var slide: UInt64 = 0
    /// Why none of its functions has a name, though names were asked for; nil where they have, or were not needed.
    private(set) var fault: String?
    /// The build id of the recorded kernel.
    var buildID: [UInt8]?
    /// A symbol, and where it was in memory when the recording was made.
    var reference: (name: [UInt8], address: UInt64)?

    /// The kernel whose symbols lie at `given`: the host's, which has a list of its own, or a guest's.
    init(_ given: String?, isHost: Bool) {
        self.given = given
        self.isHost = isHost
    }

    /// The function at `address`, with a place that tells functions apart; nil where it is not known.
    mutating func find(_ address: UInt64) -> (name: [UInt8], module: [UInt8], start: UInt64)? {
        if !isRead {
            isRead = true
            read()
        }
        // Loaded modules are listed where they were; only the image itself is linked for another place.
        guard let symbol = list?.table.find(address &- slide), let list, slide == 0 || symbol.module == 0
        else {
            return nil
        }
        return (list.table.rawName(of: symbol), list.modules[Int(symbol.module)], symbol.start)
    }

    private mutating func read() {
        if let given {
            readGiven(given)
        } else if isHost {
            if buildID == nil || buildID == KernelSymbols.runningBuildID() {
                list = KernelSymbols(.file("/proc/kallsyms"))
                if list == nil {
                    fault =
                        "this kernel hides where its functions lie: they have names for root, or from --kallsyms FILE"
                }
            } else if let buildID {
                list = KernelSymbols(
                    .file("\(Modules.cache)/[kernel.kallsyms]/\(Modules.hexadecimal(buildID))/kallsyms"))
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

    private mutating func readGiven(_ path: String) {
        let name = Printable.line(path)
        if let buildID, let other = RandomAccess(path: path).flatMap({ ElfFile($0) })?.buildID,
            other != buildID
        {
            // Names from it would be wrong without looking wrong.
            fault = "\(name) is another build than the recorded kernel: no names from it"
            return
        }
        list = KernelSymbols.read(path)
        if list == nil {
            fault = "\(name) names no function of a kernel; a copy of kallsyms has to be made by root"
        }
    }
}
