import CElfutils
import Glibc

/// Functions of an ELF file, through elfutils.
enum ELFSymbols {
    /// - Throws: `GuestObserverError` of code `symbolsUnusable` with elfutils' own words.
    static func read(_ path: String) throws -> GuestSymbols {
        try withELF(path) { try read($0, path: path) }
    }

    /// Calls `body` with the file as elfutils sees it.
    static func withELF<Result>(_ path: String, _ body: (OpaquePointer) throws -> Result) throws -> Result {
        guard elf_version(UInt32(EV_CURRENT)) != UInt32(EV_NONE) else { throw unusable(path) }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw SymbolFile.unusable(path, String(cString: strerror(errno)), "Check the path.")
        }
        defer { close(file) }
        // Read and not mapped: a file that is written again meanwhile, as builds do, is then cut short and no fault.
        guard let elf = elf_begin(file, ELF_C_READ, nil) else { throw unusable(path) }
        defer { elf_end(elf) }
        return try body(elf)
    }

    private static func read(_ elf: OpaquePointer, path: String) throws -> GuestSymbols {
        var file = GElf_Ehdr()
        // A kernel module's sections are loaded apart; an offset can only be that of its text.
        let isModule = gelf_getehdr(elf, &file) != nil && file.e_type == UInt16(ET_REL)
        var names = 0
        let hasNames = elf_getshdrstrndx(elf, &names) == 0
        var code: [Int: ClosedRange<UInt64>] = [:]
        var tables: [(section: OpaquePointer, header: GElf_Shdr)] = []
        var section = elf_nextscn(elf, nil)
        while let current = section {
            var header = GElf_Shdr()
            guard gelf_getshdr(current, &header) != nil else { throw unusable(path) }
            let name =
                hasNames ? elf_strptr(elf, names, Int(header.sh_name)).map { String(cString: $0) } : nil
            if header.sh_flags & UInt64(SHF_EXECINSTR) != 0, header.sh_size > 0, !isModule || name == ".text"
            {
                let (last, overflow) = header.sh_addr.addingReportingOverflow(header.sh_size - 1)
                if !overflow { code[elf_ndxscn(current)] = header.sh_addr...last }
            }
            if header.sh_type == UInt32(SHT_SYMTAB) { tables.insert((current, header), at: 0) }
            if header.sh_type == UInt32(SHT_DYNSYM) { tables.append((current, header)) }
            section = elf_nextscn(elf, current)
        }
        // The full table has all that the dynamic one has.
        guard let table = tables.first else { return GuestSymbols(symbols: [], code: Array(code.values)) }
        let symbols = try functions(elf, table.section, table.header, code: code, path: path)
        return GuestSymbols(symbols: symbols, code: Array(code.values))
    }

    private static func functions(
        _ elf: OpaquePointer, _ section: OpaquePointer, _ header: GElf_Shdr,
        code: [Int: ClosedRange<UInt64>], path: String
    ) throws -> [GuestSymbols.Symbol] {
        guard let data = elf_getdata(section, nil), header.sh_entsize > 0 else { throw unusable(path) }
        let count = Int(clamping: UInt64(data.pointee.d_size) / header.sh_entsize)
        var symbols: [GuestSymbols.Symbol] = []
        for index in 0..<min(count, Int(Int32.max)) {
            var symbol = GElf_Sym()
            guard gelf_getsym(data, Int32(index), &symbol) != nil else { throw unusable(path) }
            let kind = symbol.st_info & 15
            // Assembly often gives its labels no type.
            guard kind == UInt8(STT_FUNC) || kind == UInt8(STT_NOTYPE),
                let range = code[Int(symbol.st_shndx)], range.contains(symbol.st_value),
                let name = elf_strptr(elf, Int(header.sh_link), Int(symbol.st_name))
            else { continue }
            let text = String(cString: name)
            guard !text.isEmpty, !text.hasPrefix(".L"), !text.hasPrefix("$") else { continue }
            symbols.append(
                .init(address: symbol.st_value, name: text, isGlobal: symbol.st_info >> 4 != UInt8(STB_LOCAL))
            )
        }
        return symbols
    }

    private static func unusable(_ path: String) -> GuestObserverError {
        let words = elf_errmsg(-1).map { String(cString: $0) } ?? "it cannot be read"
        return SymbolFile.unusable(
            path, "this ELF file is damaged (\(words))", "Give the file as its build made it.")
    }
}
