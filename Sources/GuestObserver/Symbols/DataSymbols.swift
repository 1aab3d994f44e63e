import CElfutils
import Glibc

/// Where the guest's data lies, and what it is called: from ELF files with a symbol table.
public struct DataSymbols: Sendable {
    /// Something with a name, from its first to its last address.
    private struct Object: Sendable {
        var name: String
        var range: ClosedRange<UInt64>
    }

    /// By their first addresses.
    private let objects: [Object]
    /// For each of them, the last address that it or one before it has.
    private let reach: [UInt64]

    /// The data of all files; one that cannot be read, or names none, adds nothing.
    public init(_ files: [SymbolFile]) {
        let found = files.flatMap { file in
            (try? ELFSymbols.withELF(file.path) { Self.read($0, offset: file.offset) }) ?? []
        }
        objects = found.sorted { $0.range.lowerBound < $1.range.lowerBound }
        var last: UInt64 = 0
        reach = objects.map { object in
            last = max(last, object.range.upperBound)
            return last
        }
    }

    /// What fills most of the page of 4,096 bytes at `page`: `heap`, or `heap+0x2000` for its third page; nil for none.
    public func name(ofPage page: UInt64) -> String? {
        let last = page | 0xfff
        var low = 0
        var high = objects.count
        while low < high {
            let middle = low + (high - low) / 2
            if objects[middle].range.lowerBound <= last { low = middle + 1 } else { high = middle }
        }
        var best: (object: Object, share: UInt64)?
        for place in (0..<low).reversed() {
            guard reach[place] >= page else { break }
            let object = objects[place]
            guard object.range.upperBound >= page else { continue }
            let share = min(last, object.range.upperBound) - max(page, object.range.lowerBound)
            if share >= best?.share ?? 0 { best = (object, share) }
        }
        return best.map { object, _ in
            let start = object.range.lowerBound
            return start < page ? "\(object.name)+0x\(String(page - start, radix: 16))" : object.name
        }
    }

    private static func read(_ elf: OpaquePointer, offset: UInt64) -> [Object] {
        var file = GElf_Ehdr()
        // A module's sections lie where its loader puts them.
        guard gelf_getehdr(elf, &file) != nil, file.e_type != UInt16(ET_REL) else { return [] }
        var data: [Int: ClosedRange<UInt64>] = [:]
        var table: (section: OpaquePointer, header: GElf_Shdr)?
        var section = elf_nextscn(elf, nil)
        while let current = section {
            var header = GElf_Shdr()
            guard gelf_getshdr(current, &header) != nil else { return [] }
            let kept = header.sh_flags & UInt64(SHF_ALLOC | SHF_EXECINSTR) == UInt64(SHF_ALLOC)
            let (last, overflow) = header.sh_addr.addingReportingOverflow(max(1, header.sh_size) - 1)
            if kept, header.sh_size > 0, !overflow { data[elf_ndxscn(current)] = header.sh_addr...last }
            if header.sh_type == UInt32(SHT_SYMTAB) { table = (current, header) }
            section = elf_nextscn(elf, current)
        }
        guard let table else { return [] }
        return symbols(elf, table.section, table.header, in: data).compactMap { object in
            let (first, wraps) = object.range.lowerBound.addingReportingOverflow(offset)
            let (last, ends) = object.range.upperBound.addingReportingOverflow(offset)
            return wraps == ends && first <= last ? Object(name: object.name, range: first...last) : nil
        }
    }

    private static func symbols(
        _ elf: OpaquePointer, _ section: OpaquePointer, _ header: GElf_Shdr,
        in data: [Int: ClosedRange<UInt64>]
    ) -> [Object] {
        guard let bytes = elf_getdata(section, nil), header.sh_entsize > 0 else { return [] }
        let count = Int(clamping: UInt64(bytes.pointee.d_size) / header.sh_entsize)
        var found: [(name: String, first: UInt64, size: UInt64, end: UInt64)] = []
        for index in 0..<min(count, Int(Int32.max)) {
            var symbol = GElf_Sym()
            guard gelf_getsym(bytes, Int32(index), &symbol) != nil else { return [] }
            let kind = symbol.st_info & 15
            guard kind == UInt8(STT_OBJECT) || kind == UInt8(STT_NOTYPE),
                let range = data[Int(symbol.st_shndx)], range.contains(symbol.st_value),
                let name = elf_strptr(elf, Int(header.sh_link), Int(symbol.st_name)), name.pointee != 0
            else { continue }
            found.append(
                (
                    GuestSymbols.cleaned(String(cString: name)), symbol.st_value, symbol.st_size,
                    range.upperBound
                ))
        }
        found.sort { ($0.first, $1.size, $0.name) < ($1.first, $0.size, $1.name) }
        return found.indices.map { index in
            let object = found[index]
            // Labels of assembly have no size: they reach to the next one, or to their section's end.
            let next = found[index...].first { $0.first > object.first }?.first ?? .max
            let last =
                object.size > 0
                ? min(object.first.addingReportingOverflow(object.size - 1).partialValue, object.end)
                : min(next - 1, object.end)
            return Object(name: object.name, range: object.first...max(object.first, last))
        }
    }
}
