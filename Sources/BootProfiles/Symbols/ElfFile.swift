/// What reading symbols needs of an ELF file, 32 and 64 bits, of either byte order.
///
/// Nothing in the file is believed: a place outside it reads as nothing, and counts are limited by its size.
struct ElfFile {
    fileprivate struct Section {
        var name: [UInt8]
        var type: UInt32
        var flags: UInt64
        var address: UInt64
        var offset: Int
        var size: Int
        var link: Int
        var entrySize: Int
        /// Where its first address is said to lie: its place in the file, if nothing else is wanted.
        var home: UInt64
    }

    private struct Segment {
        var offset: UInt64
        var address: UInt64
        var fileSize: UInt64
        var memorySize: UInt64
        var isExecutable: Bool
    }

    /// What a symbol has to know of the section that it lies in.
    private struct Home {
        var address: UInt64
        var place: UInt64
        var holdsTextOrData: Bool
    }

    private static let largestTable = 1 << 28
    private static let longestName = 1 << 16

    private let file: RandomAccess
    private let isWide: Bool
    private let isSwapped: Bool
    private var sections: [Section] = []
    private var segments: [Segment] = []

    /// The file's build id, or nil where it has none.
    private(set) var buildID: [UInt8]?

    /// The ELF file in `file`, or nil where it is none.
    init?(_ file: RandomAccess) {
        guard let header = try? file.bytes(0, 64), header.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
            return nil
        }
        self.file = file
        isWide = header[4] == 2
        isSwapped = header[5] == 2
        let wide = isWide
        let swapped = isSwapped
        let (segmentTable, sectionTable, segmentSize, segmentCount, sectionSize, sectionCount, names) =
            header.withUnsafeBytes { raw in
                let view = ByteView(raw, swapped: swapped)
                let rest = wide ? 54 : 42
                return (
                    wide ? view.size(32) ?? 0 : Int(view.u32(28)),
                    wide ? view.size(40) ?? 0 : Int(view.u32(32)),
                    Int(view.u16(rest)), Int(view.u16(rest + 2)), Int(view.u16(rest + 4)),
                    Int(view.u16(rest + 6)), Int(view.u16(rest + 8))
                )
            }
        readSegments(segmentTable, segmentSize, segmentCount)
        readSections(sectionTable, sectionSize, sectionCount, names)
        buildID = readBuildID()
    }

    /// The functions and the objects that the file names, at their places in the file, those of its table for
    /// linking where it has no other, and the stubs that call other files.
    ///
    /// - Parameter original: The file that this one holds the symbols of. A separate debug file keeps the
    ///   addresses but not the places.
    func symbols(of original: ElfFile? = nil) -> SymbolTable {
        var placed = self
        if let original, !original.segments.isEmpty { placed.segments = original.segments }
        // A separate debug file has no code, so the stubs are the original's.
        return placed.table(with: original ?? self)
    }

    /// The functions and the objects that the file names, at their addresses.
    func symbolsByAddress() -> SymbolTable {
        var placed = self
        // With no segments, and sections at the places of their addresses, places are addresses.
        placed.segments = []
        for index in placed.sections.indices { placed.sections[index].home = placed.sections[index].address }
        return placed.table(with: nil)
    }

    /// The table of symbols, with the stubs of the file `linked`.
    private func table(with linked: ElfFile?) -> SymbolTable {
        let section = sections.first { $0.type == 2 } ?? sections.first { $0.type == 11 }
        var (symbols, names) = section.flatMap { self.symbols(in: $0) } ?? ([], FileBytes([]))
        var more: [UInt8] = []
        if !hasFullTable { symbols += packedSymbols(&more, behind: names.count) }
        let stubs = linked.map { $0.stubs(&more, behind: names.count) }
        symbols += stubs ?? []
        return SymbolTable(symbols, names: SymbolTable.Names(names, more: more), stubs: stubs?.count)
    }

    /// The address of the byte that lies at `place`, or nil where no segment holds it.
    func address(of place: UInt64) -> UInt64? {
        for segment in segments where place >= segment.offset && place - segment.offset < segment.fileSize {
            return place - segment.offset &+ segment.address
        }
        return nil
    }

    /// What is added to the file's addresses where its code at `offset`, `size` bytes of it, is mapped to `start`.
    func bias(mappedAt start: UInt64, offset: UInt64, size: UInt64) -> UInt64? {
        let end = offset.addingReportingOverflow(size)
        guard !end.overflow else { return nil }
        for segment in segments where segment.isExecutable {
            guard segment.offset < end.partialValue, segment.offset &+ segment.fileSize > offset else {
                continue
            }
            return start &- offset &+ segment.offset &- segment.address
        }
        return nil
    }

    /// The name of the separate debug file and the checksum of its content, or nil.
    var debugLink: (name: [UInt8], checksum: UInt32)? {
        guard let section = sections.first(where: { $0.name == Array(".gnu_debuglink".utf8) }),
            section.size < 1 << 16, let bytes = contents(section)
        else { return nil }
        return bytes.withUnsafeBytes { raw in
            let view = ByteView(raw, swapped: isSwapped)
            let name = Array(view.string(0))
            guard !name.isEmpty, !name.contains(0x2F) else { return nil }
            return (name, view.u32((name.count + 4) / 4 * 4))
        }
    }

    /// Whether the file has a full table of symbols.
    var hasFullTable: Bool { sections.contains { $0.type == 2 } }

    /// The functions that a stripped file does not give to others: distributions leave them in it as an ELF file of
    /// nothing else, packed by xz.
    ///
    /// Their names are added to `text`, which stands behind `count` bytes of names.
    private func packedSymbols(_ text: inout [UInt8], behind count: Int) -> [SymbolTable.Symbol] {
        guard let section = sections.first(where: { $0.name == Array(".gnu_debugdata".utf8) }),
            let packed = contents(section),
            let bytes = XZ.unpacked(packed, limit: Self.largestTable / 2),
            var file = ElfFile(RandomAccess(bytes, name: file.name)), file.isWide == isWide
        else { return [] }
        file.segments = segments
        for index in file.sections.indices { file.sections[index].home = file.sections[index].address }
        guard let table = file.sections.first(where: { $0.type == 2 }),
            let (symbols, names) = file.symbols(in: table)
        else { return [] }
        let start = Int32(count + text.count)
        names.withBytes { text += $0 }
        return symbols.map { symbol in
            var symbol = symbol
            symbol.name += start
            return symbol
        }
    }

    private func symbols(in table: Section) -> (symbols: [SymbolTable.Symbol], names: FileBytes)? {
        guard sections.indices.contains(table.link), let bytes = lazyContents(table),
            let names = lazyContents(sections[table.link])
        else { return nil }
        let size = isWide ? 24 : 16
        let homes = sections.map {
            Home(address: $0.address, place: $0.home, holdsTextOrData: $0.holdsTextOrData)
        }
        var symbols: [SymbolTable.Symbol] = []
        // With room for stubs behind them.
        symbols.reserveCapacity(bytes.count / size + 1 << 12)
        bytes.withBytes { raw in
            let view = ByteView(raw, swapped: isSwapped)
            for offset in stride(from: 0, to: view.count - size + 1, by: size) {
                if let symbol = symbol(view, offset, names.count, homes) { symbols.append(symbol) }
            }
        }
        return (symbols, names)
    }

    @inline(__always)
    private func symbol(
        _ view: ByteView, _ offset: Int, _ nameCount: Int, _ homes: [Home]
    ) -> SymbolTable.Symbol? {
        let info = view.bytes[offset + (isWide ? 4 : 12)]
        let visibility = view.bytes[offset + (isWide ? 5 : 13)] & 3
        let section = Int(view.u16(offset + (isWide ? 6 : 14)))
        let value = isWide ? view.u64(offset + 8) : UInt64(view.u32(offset + 4))
        let size = isWide ? view.u64(offset + 16) : UInt64(view.u32(offset + 8))
        let type = info & 15
        guard section > 0, section < 0xFF00, homes.indices.contains(section) else { return nil }
        let home = homes[section]
        switch type {
        case 1, 2, 10: break
        // A label in assembly, as perf counts them: in text or data, and not hidden.
        case 0:
            guard visibility != 1, visibility != 2, home.holdsTextOrData else { return nil }
        default: return nil
        }
        // The first name of all is the empty one; looking at the others would read the whole table of names.
        let name = Int(view.u32(offset))
        guard name > 0, name < nameCount else { return nil }
        let start = place(of: value, in: home)
        return SymbolTable.Symbol(
            start: start, end: start &+ size, name: Int32(name), nameCount: SymbolTable.Symbol.untilNUL,
            binding: info >> 4 == 2 ? .weak : info >> 4 == 1 ? .global : .local)
    }

    /// Stubs have no symbols; they stand in the order of the relocations that fill their table.
    ///
    /// Their names are added to `text`, which stands behind `count` bytes of names.
    private func stubs(_ text: inout [UInt8], behind count: Int) -> [SymbolTable.Symbol] {
        guard let code = sections.first(where: { $0.name == Array(".plt".utf8) }),
            let relocations = sections.first(where: {
                $0.name == Array(".rela.plt".utf8) || $0.name == Array(".rel.plt".utf8)
            }), sections.indices.contains(relocations.link),
            let fixes = contents(relocations), let entries = lazyContents(sections[relocations.link]),
            sections.indices.contains(sections[relocations.link].link),
            let names = lazyContents(sections[sections[relocations.link].link]), code.entrySize > 0
        else { return [] }
        let size = relocations.type == 4 ? (isWide ? 24 : 12) : (isWide ? 16 : 8)
        var stubs: [SymbolTable.Symbol] = []
        fixes.withUnsafeBytes { rawFixes in
            entries.withBytes { rawEntries in
                names.withBytes { rawNames in
                    let fixes = ByteView(rawFixes, swapped: isSwapped)
                    let entries = ByteView(rawEntries, swapped: isSwapped)
                    let linked = ByteView(rawNames, swapped: isSwapped)
                    var start = UInt64(code.offset) &+ UInt64(code.entrySize)
                    for offset in stride(from: 0, to: fixes.count - size + 1, by: size) {
                        let index = isWide ? Int(fixes.u32(offset + 12)) : Int(fixes.u32(offset + 4) >> 8)
                        // In the other byte order the symbol is still the upper half of the number.
                        let high = isWide ? Int(fixes.u64(offset + 8) >> 32) : index
                        let place = Int(entries.u32(high * (isWide ? 24 : 16)))
                        let name = linked.slice(place..<(place + Self.longestName)).string(0)
                        guard count + text.count < Self.largestTable * 2 else { break }
                        stubs.append(
                            SymbolTable.Symbol(
                                start: start, end: start &+ UInt64(code.entrySize),
                                name: Int32(count + text.count),
                                nameCount: Int32(name.count), binding: .global, isStub: true))
                        text += name
                        start &+= UInt64(code.entrySize)
                    }
                }
            }
        }
        return stubs
    }

    /// Where in the file the byte of the address `value` lies.
    private func place(of value: UInt64, in section: Home) -> UInt64 {
        // Variables without a content (.bss) have their place behind the segment's content, as perf has it.
        for segment in segments
        where segment.fileSize > 0 && value >= segment.address && value - segment.address < segment.memorySize
        {
            return value - segment.address &+ segment.offset
        }
        return value &- section.address &+ section.place
    }

    private func contents(_ section: Section) -> [UInt8]? {
        guard section.type != 8, section.size <= Self.largestTable else { return nil }
        return try? file.bytes(section.offset, section.size)
    }

    /// `contents` for large tables, of which what is looked at is read.
    private func lazyContents(_ section: Section) -> FileBytes? {
        guard section.type != 8, section.size <= Self.largestTable else { return nil }
        return try? file.lazyBytes(section.offset, section.size)
    }

    private mutating func readSegments(_ table: Int, _ size: Int, _ count: Int) {
        guard size >= (isWide ? 56 : 32), let bytes = try? file.bytes(table, size * count) else { return }
        bytes.withUnsafeBytes { raw in
            let view = ByteView(raw, swapped: isSwapped)
            for start in stride(from: 0, to: bytes.count, by: size) where view.u32(start) == 1 {
                segments.append(
                    isWide
                        ? Segment(
                            offset: view.u64(start + 8), address: view.u64(start + 16),
                            fileSize: view.u64(start + 32), memorySize: view.u64(start + 40),
                            isExecutable: view.u32(start + 4) & 1 != 0)
                        : Segment(
                            offset: UInt64(view.u32(start + 4)), address: UInt64(view.u32(start + 8)),
                            fileSize: UInt64(view.u32(start + 16)), memorySize: UInt64(view.u32(start + 20)),
                            isExecutable: view.u32(start + 24) & 1 != 0))
            }
        }
    }

    private mutating func readSections(_ table: Int, _ size: Int, _ count: Int, _ names: Int) {
        guard size >= (isWide ? 64 : 40), let bytes = try? file.bytes(table, size * count) else { return }
        var nameOffsets: [Int] = []
        bytes.withUnsafeBytes { raw in
            let view = ByteView(raw, swapped: isSwapped)
            for start in stride(from: 0, to: bytes.count, by: size) {
                nameOffsets.append(Int(view.u32(start)))
                func word(_ wide: Int, _ narrow: Int) -> UInt64 {
                    isWide ? view.u64(start + wide) : UInt64(view.u32(start + narrow))
                }
                sections.append(
                    Section(
                        name: [], type: view.u32(start + 4), flags: word(8, 8), address: word(16, 12),
                        offset: Int(clamping: word(24, 16)), size: Int(clamping: word(32, 20)),
                        link: Int(view.u32(start + (isWide ? 40 : 24))),
                        entrySize: Int(clamping: word(56, 36)), home: word(24, 16)))
            }
        }
        guard sections.indices.contains(names), let text = contents(sections[names]) else { return }
        text.withUnsafeBytes { raw in
            let view = ByteView(raw, swapped: isSwapped)
            for (index, offset) in nameOffsets.enumerated() {
                sections[index].name = Array(view.string(offset).prefix(256))
            }
        }
    }

    private func readBuildID() -> [UInt8]? {
        for section in sections where section.type == 7 && section.size < 1 << 16 {
            guard let bytes = contents(section) else { continue }
            if let found = bytes.withUnsafeBytes({ Self.buildID(inNotes: ByteView($0, swapped: isSwapped)) })
            {
                return found
            }
        }
        return nil
    }

    /// The GNU build id among `notes`.
    static func buildID(inNotes notes: ByteView) -> [UInt8]? {
        var offset = 0
        while offset + 12 <= notes.count {
            let name = Int(notes.u32(offset))
            let size = Int(notes.u32(offset + 4))
            let start = offset + 12 + (name + 3) / 4 * 4
            if notes.u32(offset + 8) == 3, name == 4, notes.string(offset + 12).elementsEqual("GNU".utf8) {
                return Array(notes.slice(start..<(start + size)).bytes)
            }
            offset = start + (size + 3) / 4 * 4
        }
        return nil
    }
}

extension ElfFile.Section {
    fileprivate var holdsTextOrData: Bool {
        let name = String(decoding: name, as: UTF8.self)
        return name.contains(".text") || name.contains(".data")
    }
}
