import Glibc

/// A file with names of functions: an ELF file, a System.map, a copy of /proc/kallsyms, or a kernel image.
public struct SymbolFile: Sendable, Hashable {
    /// Its path.
    public var path: String
    /// What to add to its addresses, where the guest loads it elsewhere than it was linked.
    public var offset: UInt64

    /// A file with names.
    public init(path: String, offset: UInt64 = 0) {
        self.path = path
        self.offset = offset
    }

    /// Reads it, whatever its format is.
    /// - Throws: `GuestObserverError` of code `symbolsUnusable` where it is missing, is none of these, or
    ///   names no function.
    public func read() throws -> GuestSymbols {
        let symbols: GuestSymbols
        switch try head() {
        case let head where head.starts(with: [0x7f, 0x45, 0x4c, 0x46]):
            symbols = try ELFSymbols.read(path)
        case let head where ExactRecipe.isLinuxKernel(head):
            symbols = try LinuxKernelImage(path: path).symbols()
        default:
            symbols = try SymbolText.read(path)
        }
        guard !symbols.symbols.isEmpty else {
            throw Self.unusable(
                path, "it names no function",
                "A stripped kernel shows addresses; give the file with its symbols (vmlinux, System.map).")
        }
        return offset == 0 ? symbols : symbols.moved(by: offset)
    }

    /// The code of a stripped ELF file, without a name; nil where it is none.
    public func strippedCode() -> GuestSymbols? {
        guard let program = try? ELFSymbols.program(path) else { return nil }
        return GuestSymbols(symbols: [], code: program.code.map(\.addresses))
    }

    /// Reads it as a program of the guest's user mode: its code too. Nil where it is no executable ELF file.
    /// - Throws: as `read()`.
    public func program() throws -> GuestProgram? {
        guard try head().starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { return nil }
        guard let parts = try ELFSymbols.program(path) else { return nil }
        let code = parts.code.compactMap { code -> GuestProgram.Code? in
            let first = code.addresses.lowerBound &+ offset
            let last = code.addresses.upperBound &+ offset
            return first <= last ? .init(addresses: first...last, fileOffset: code.fileOffset) : nil
        }
        guard let resolved = realpath(path, nil) else {
            throw Self.unusable(path, String(cString: strerror(errno)), "Check the path.")
        }
        defer { free(resolved) }
        return GuestProgram(
            path: String(cString: resolved), symbols: try read(), entry: parts.entry &+ offset, code: code)
    }

    private func head() throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw Self.unusable(path, String(cString: strerror(errno)), "Check the path.")
        }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
        guard count > 0 else { throw Self.unusable(path, "it is empty or no file", "Check the path.") }
        return Array(bytes.prefix(count))
    }

    static func unusable(_ path: String, _ reason: String, _ nextStep: String) -> GuestObserverError {
        GuestObserverError(.symbolsUnusable, place: path, reason: reason, nextStep: nextStep)
    }
}

/// The lines "address kind name" of System.map and /proc/kallsyms.
enum SymbolText {
    /// The largest file that is read, in bytes: 40 times that of a Debian kernel.
    static let sizeLimit = 1 << 28

    static func read(_ path: String) throws -> GuestSymbols {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw SymbolFile.unusable(path, String(cString: strerror(errno)), "Check the path.")
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            // /proc/kallsyms says that it is empty, so its size is of no use.
            let count = chunk.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += chunk[0..<count]
            guard bytes.count <= sizeLimit else {
                throw SymbolFile.unusable(
                    path, "it is over 256 MiB large", "Give a System.map or an ELF file.")
            }
        }
        return try parse(bytes, place: path)
    }

    static func parse(_ bytes: [UInt8], place: String) throws -> GuestSymbols {
        var symbols: [GuestSymbols.Symbol] = []
        var number = 0
        for line in bytes.split(separator: 10, omittingEmptySubsequences: false) {
            number += 1
            if line.isEmpty { continue }
            let words = line.split(maxSplits: 3, whereSeparator: { $0 == 32 || $0 == 9 })
            guard words.count >= 3, words[1].count == 1, words[0].count <= 16,
                let address = UInt64(String(decoding: words[0], as: UTF8.self), radix: 16)
            else {
                throw SymbolFile.unusable(
                    "\(place):\(number)", "this is not a line of a System.map (address, kind, name)",
                    "Give a System.map, a copy of /proc/kallsyms, an ELF file or a kernel image.")
            }
            guard let kind = words[1].first, "tTwW".utf8.contains(kind) else { continue }
            symbols.append(
                .init(
                    address: address, name: String(decoding: words[2], as: UTF8.self),
                    isGlobal: kind == UInt8(ascii: "T") || kind == UInt8(ascii: "W")))
        }
        if !symbols.isEmpty && symbols.allSatisfy({ $0.address == 0 }) {
            throw SymbolFile.unusable(
                place, "all its addresses are 0", "Copy /proc/kallsyms as root, with kptr_restrict at 0.")
        }
        return GuestSymbols(symbols: symbols)
    }
}
