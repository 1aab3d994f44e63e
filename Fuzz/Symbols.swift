@testable import BootProfiles

/// Files that the recorded machine names: programs, what just-in-time compilers write, lists of symbols.
enum SymbolFiles {
    static func read(_ bytes: [UInt8], as kind: String) {
        // Addresses that depend on the bytes, and the ends of what there can be.
        let addresses = [
            0, .max, 0x1000, UInt64(bytes.count), bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
        ]
        switch kind {
        case "elf":
            guard let elf = ElfFile(RandomAccess(bytes, name: "fuzz")) else { return }
            for var table in [elf.symbols(), elf.symbolsByAddress(), elf.symbols(of: elf)] {
                for address in addresses { _ = table.find(address).map { table.name(of: $0) } }
            }
            for address in addresses {
                _ = elf.address(of: address)
                _ = elf.bias(mappedAt: address, offset: 0x1000, size: 0x1000)
            }
        case "jitdump":
            let dump = JitDump(RandomAccess(bytes, name: "fuzz"))
            for address in addresses { _ = dump?.find(address, at: address / 2) }
        case "kallsyms":
            guard var symbols = KernelSymbols(.bytes(bytes, name: "fuzz")) else { return }
            for address in addresses { _ = symbols.table.find(address).map { symbols.table.name(of: $0) } }
        default: break
        }
    }
}
