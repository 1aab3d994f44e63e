import Glibc

/// The kernel's symbols, from a list as /proc/kallsyms gives it: `address type name [module]`.
struct KernelSymbols {
    /// The symbols of the kernel and of its modules.
    var table: SymbolTable
    /// The names of the modules, as perf prints them; the first is the kernel's own.
    private(set) var modules = [Array("[kernel.kallsyms]".utf8)]

    /// The symbols in the file at `path`, a list or a kernel's ELF file; nil where it cannot be read.
    static func read(_ path: String) -> KernelSymbols? {
        guard let elf = RandomAccess(path: path).flatMap({ ElfFile($0) }) else {
            return KernelSymbols(.file(path))
        }
        let table = elf.symbolsByAddress()
        return table.isEmpty ? nil : KernelSymbols(table: table)
    }

    private init(table: SymbolTable) { self.table = table }

    /// The symbols of the kernel that runs now, as far as the list at `copy` has them: without those of modules, which come and go.
    /// nil where that is no list of this kernel where it lies now.
    ///
    /// The kernel makes up its list anew, line by line, for everyone who reads it, which takes longer than all else
    /// that a recording's symbols need. A kernel of one build has the same list, but for the place that it was moved to when it
    /// started, and that is seen in the first lines.
    static func running(copiedAt copy: String) -> KernelSymbols? {
        let size = 1 << 12
        guard let own = try? ByteStream(.file("/proc/kallsyms")).peek(size), own.count == size,
            let other = try? ByteStream(.file(copy)).peek(size), own == other
        else { return nil }
        return KernelSymbols(.file(copy), withModules: false)
    }

    /// The symbols in `source`; nil where it cannot be read or hides its addresses.
    init?(_ source: ProfileSource, withModules: Bool = true) {
        guard let stream = try? ByteStream(source) else { return nil }
        var symbols: [SymbolTable.Symbol] = []
        var names: [UInt8] = []
        var numbers: [[UInt8]: UInt16] = [:]
        var modules = modules
        var last: ([UInt8], UInt16) = ([], 0)
        // What a kernel has, so that hardly anything is moved while it grows.
        symbols.reserveCapacity(1 << 17)
        names.reserveCapacity(1 << 22)
        var isAtEnd = false
        try? stream.forEachChunk { (chunk, _) throws(ProfileError) in
            var start = 0
            while start < chunk.count, names.count < 1 << 28, !isAtEnd {
                let end = ByteSearch.first(0x0A, in: chunk, from: start)
                let line = UnsafeRawBufferPointer(rebasing: chunk[start..<end])
                start = end + 1
                guard var symbol = Self.symbol(line) else { continue }
                let module = Self.module(line)
                if module.count > 0 {
                    // Modules are listed behind the kernel itself.
                    guard withModules else {
                        isAtEnd = true
                        break
                    }
                    if !module.elementsEqual(last.0) {
                        let name = Array(module)
                        if numbers[name] == nil, modules.count < Int(UInt16.max) {
                            numbers[name] = UInt16(modules.count)
                            modules.append(name)
                        }
                        last = (name, numbers[name] ?? 0)
                    }
                    symbol.module = last.1
                }
                let name = Int(symbol.name)
                symbol.name = Int32(names.count)
                names.append(contentsOf: line[name..<(name + Int(symbol.nameCount))])
                symbols.append(symbol)
            }
        }
        guard !symbols.isEmpty else { return nil }
        self.modules = modules
        table = SymbolTable(symbols, names: names)
    }

    /// The build id of the kernel that runs now, or nil.
    static func runningBuildID() -> [UInt8]? {
        guard let stream = try? ByteStream(.file("/sys/kernel/notes")), let notes = try? stream.peek(1 << 16)
        else { return nil }
        return Array(notes).withUnsafeBytes { ElfFile.buildID(inNotes: ByteView($0, swapped: false)) }
    }

    private static func symbol(_ line: UnsafeRawBufferPointer) -> SymbolTable.Symbol? {
        var address: UInt64 = 0
        var place = 0
        while place < line.count, let digit = hexadecimal(line[place]) {
            address = address << 4 | UInt64(digit)
            place += 1
        }
        guard address != 0, place + 3 < line.count, line[place] == 0x20, line[place + 2] == 0x20 else {
            return nil
        }
        let type = line[place + 1]
        let upper = type & ~0x20
        // Text, weak text, data and zeroed data, as perf takes them.
        guard [0x54, 0x57, 0x44, 0x42].contains(upper) else { return nil }
        let name = place + 3
        return SymbolTable.Symbol(
            start: address, end: address, name: Int32(name),
            nameCount: Int32(ByteSearch.first(0x09, in: line, from: name) - name),
            binding: type == 0x57 ? .weak : type == upper ? .global : .local)
    }

    /// The module in brackets at the end of `line`, or nothing.
    private static func module(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard line.last == 0x5D else { return UnsafeRawBufferPointer(rebasing: line[0..<0]) }
        let tab = ByteSearch.first(0x09, in: line, from: 0)
        return UnsafeRawBufferPointer(rebasing: line[min(tab + 1, line.count)...])
    }

    @inline(__always)
    static func hexadecimal(_ byte: UInt8) -> UInt8? {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        let letter = byte | 0x20
        return letter &- 0x61 < 6 ? letter &- 0x61 + 10 : nil
    }
}

/// The functions that a just-in-time compiler listed for perf: `start size name`, in hexadecimal.
enum PerfMap {
    /// The symbols of the file at `path`; nil where there is none.
    static func read(_ path: String) -> SymbolTable? {
        guard let stream = try? ByteStream(.file(path)) else { return nil }
        var symbols: [SymbolTable.Symbol] = []
        var names: [UInt8] = []
        try? stream.forEachChunk { (chunk, _) throws(ProfileError) in
            for line in chunk.split(separator: 0x0A) where names.count < 1 << 28 {
                let words = line.split(separator: 0x20, maxSplits: 2)
                guard words.count == 3, let start = number(words[0]), let size = number(words[1]) else {
                    continue
                }
                symbols.append(
                    SymbolTable.Symbol(
                        start: start, end: start &+ size, name: Int32(names.count),
                        nameCount: Int32(words[2].count), binding: .global))
                names.append(contentsOf: words[2])
            }
        }
        return symbols.isEmpty ? nil : SymbolTable(symbols, names: names)
    }

    private static func number(_ word: Slice<UnsafeRawBufferPointer>) -> UInt64? {
        UInt64(String(decoding: word, as: UTF8.self), radix: 16)
    }
}
