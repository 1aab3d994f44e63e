/// The calls in a kernel's code, as far as they can be told without running it.
struct KernelCalls: Sendable, Hashable {
    /// Direct calls to code of the same file.
    var count = 0
    /// How many of them lead to one of the symbols.
    var named = 0

    /// Fewer calls are no sign of anything.
    static let fewest = 64

    /// Counts the calls in an x86 kernel's ELF file; none in any other file.
    ///
    /// Method: what looks like a call (E8 and a distance) and leads into the file's code, which is a few MiB of 4 GiB,
    /// is one, but for one in a thousand.
    init(in kernel: String, leadingTo symbols: GuestSymbols) {
        guard let parts = try? ELFSymbols.program(kernel) else { return }
        let places = Set(symbols.symbols.map(\.address))
        for code in parts.code {
            let size = min(code.addresses.upperBound - code.addresses.lowerBound, Self.sizeLimit)
            let bytes = ELFSymbols.bytes(kernel, at: code.fileOffset, Int(size) + 1)
            for index in bytes.indices.dropLast(4) where bytes[index] == 0xe8 {
                let distance = bytes[index + 1..<index + 5].reversed().reduce(UInt32(0)) {
                    $0 << 8 | UInt32($1)
                }
                let next = code.addresses.lowerBound + UInt64(index) + 5
                let target = next &+ UInt64(bitPattern: Int64(Int32(bitPattern: distance)))
                guard distance != 0, parts.code.contains(where: { $0.addresses.contains(target) }) else {
                    continue
                }
                count += 1
                if places.contains(target) { named += 1 }
            }
        }
    }

    /// Whether the symbols are another kernel's: of the right ones nearly all calls lead to one.
    var contradicts: Bool { count >= Self.fewest && named * 2 < count }

    private static let sizeLimit: UInt64 = 1 << 28
}
