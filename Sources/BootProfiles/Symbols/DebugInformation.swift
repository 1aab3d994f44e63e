import CElfutils
import Glibc

/// What the debug information of one file says of its addresses: functions, inlined ones too, and lines.
///
/// Names and numbers in it are believed as little as those of any other input: what does not make sense reads as
/// nothing, and what is kept of it is limited.
final class DebugInformation {
    /// A function at an address, or one that was inlined there.
    struct Frame {
        /// Its name as it stands in the source, or nil where it has none.
        var name: [UInt8]?
        /// The file's name without its folder, and the line; nil where they are not known.
        var line: [UInt8]?
    }

    private struct Unit {
        var start: UInt64
        var end: UInt64
        /// The place of the unit's first entry.
        var entry: UInt64
    }

    private struct Function {
        var start: UInt64
        var end: UInt64
        var entry: UInt64
    }

    private static let mostEntries = 1 << 22
    private static let deepest = 128

    private let session: DwarfSession
    private let dwarf: OpaquePointer
    private var units: [Unit] = []
    private var functions: [UInt64: [Function]] = [:]
    private var kept = 0

    /// The debug information of the ELF file at `path`, or of its separate debug file; nil where there is none.
    init?(path: String, root: String) {
        guard let session = DwarfSession(root: root), let module = session.add(path, bias: 0) else {
            return nil
        }
        session.finish()
        var bias: UInt64 = 0
        guard let dwarf = dwfl_module_getdwarf(module, &bias) else { return nil }
        self.session = session
        self.dwarf = dwarf
        readUnits()
        guard !units.isEmpty else { return nil }
    }

    /// The functions at `address` (one of the file's own), innermost first; none where nothing is known.
    func frames(at address: UInt64) -> [Frame] {
        guard let unit = unit(at: address) else { return [] }
        var unitEntry = Dwarf_Die()
        guard dwarf_offdie(dwarf, unit.entry, &unitEntry) != nil else { return [] }
        var chain = chain(at: address, in: unit)
        var line = Self.line(at: address, &unitEntry)
        guard !chain.isEmpty else { return line == nil ? [] : [Frame(name: nil, line: line)] }
        var frames: [Frame] = []
        for index in chain.indices.reversed() {
            frames.append(Frame(name: Self.name(&chain[index]), line: line))
            line = Self.callLine(&chain[index], &unitEntry)
        }
        return frames
    }

    private func unit(at address: UInt64) -> Unit? {
        var low = 0
        var high = units.count
        while low < high {
            let middle = (low + high) / 2
            if units[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, address < units[low - 1].end else { return nil }
        return units[low - 1]
    }

    private func readUnits() {
        var offset: Dwarf_Off = 0
        var next: Dwarf_Off = 0
        var header = 0
        while units.count < Self.mostEntries,
            dwarf_next_unit(dwarf, offset, &next, &header, nil, nil, nil, nil, nil, nil) == 0, next > offset
        {
            var entry = Dwarf_Die()
            if dwarf_offdie(dwarf, offset + UInt64(header), &entry) != nil {
                Self.forEachRange(of: &entry) {
                    units.append(Unit(start: $0, end: $1, entry: offset + UInt64(header)))
                }
            }
            offset = next
        }
        units.sort { ($0.start, $0.end) < ($1.start, $1.end) }
    }

    private static func forEachRange(of entry: inout Dwarf_Die, _ body: (UInt64, UInt64) -> Void) {
        var base: Dwarf_Addr = 0
        var start: Dwarf_Addr = 0
        var end: Dwarf_Addr = 0
        var offset = 0
        for _ in 0..<(1 << 16) {
            offset = dwarf_ranges(&entry, offset, &base, &start, &end)
            guard offset > 0 else { return }
            if end > start { body(start, end) }
        }
    }

    /// The function at `address` and what is inlined in it there, outermost first.
    private func chain(at address: UInt64, in unit: Unit) -> [Dwarf_Die] {
        let functions = functions(in: unit)
        var low = 0
        var high = functions.count
        while low < high {
            let middle = (low + high) / 2
            if functions[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        var entry = Dwarf_Die()
        guard low > 0, address < functions[low - 1].end,
            dwarf_offdie(dwarf, functions[low - 1].entry, &entry) != nil
        else { return [] }
        var chain = [entry]
        var looked = 0
        for _ in 0..<Self.deepest {
            var child = Dwarf_Die()
            guard dwarf_child(&entry, &child) == 0 else { break }
            var found = false
            repeat {
                looked += 1
                let tag = dwarf_tag(&child)
                if [0x1D, 0x0B, 0x32, 0x25].contains(tag), dwarf_haspc(&child, address) == 1 {
                    // An inlined function, or a block that may hold one.
                    if tag == 0x1D { chain.append(child) }
                    entry = child
                    found = true
                    break
                }
            } while looked < Self.mostEntries && Self.advance(&child)
            guard found else { break }
        }
        return chain
    }

    private func functions(in unit: Unit) -> [Function] {
        if let known = functions[unit.entry] { return known }
        var found: [Function] = []
        var entry = Dwarf_Die()
        if dwarf_offdie(dwarf, unit.entry, &entry) != nil {
            var looked = 0
            collect(&entry, &found, &looked, depth: 0)
        }
        found.sort { ($0.start, $0.end) < ($1.start, $1.end) }
        if kept + found.count > Self.mostEntries {
            functions.removeAll()
            kept = 0
        }
        kept += found.count
        functions[unit.entry] = found
        return found
    }

    /// Functions stand in namespaces, types and modules, and other functions.
    private func collect(
        _ parent: inout Dwarf_Die, _ found: inout [Function], _ looked: inout Int, depth: Int
    ) {
        var child = Dwarf_Die()
        guard depth < 32, dwarf_child(&parent, &child) == 0 else { return }
        repeat {
            looked += 1
            switch dwarf_tag(&child) {
            case 0x2E:
                let entry = dwarf_dieoffset(&child)
                Self.forEachRange(of: &child) {
                    found.append(Function(start: $0, end: $1, entry: entry))
                }
            case 0x39, 0x13, 0x02, 0x17, 0x1E, 0x04, 0x38: collect(&child, &found, &looked, depth: depth + 1)
            default: break
            }
        } while looked < Self.mostEntries && Self.advance(&child)
    }

    private static func advance(_ entry: inout Dwarf_Die) -> Bool {
        var current = entry
        return dwarf_siblingof(&current, &entry) == 0
    }

    private static func name(_ entry: inout Dwarf_Die) -> [UInt8]? {
        for attribute: UInt32 in [0x6E, 0x2007, 0x03] {
            var found = Dwarf_Attribute()
            if dwarf_attr_integrate(&entry, attribute, &found) != nil, let name = dwarf_formstring(&found) {
                let bytes = bytes(name)
                if !bytes.isEmpty { return Demangler.demangled(bytes) }
            }
        }
        return nil
    }

    private static func line(at address: UInt64, _ unit: inout Dwarf_Die) -> [UInt8]? {
        guard let line = dwarf_getsrc_die(&unit, address), let file = dwarf_linesrc(line, nil, nil) else {
            return nil
        }
        var number: Int32 = 0
        guard dwarf_lineno(line, &number) == 0 else { return nil }
        return position(file, Int(number))
    }

    /// Where the call stood that was replaced by the inlined function `entry`.
    private static func callLine(_ entry: inout Dwarf_Die, _ unit: inout Dwarf_Die) -> [UInt8]? {
        var files: OpaquePointer?
        var count = 0
        guard let file = constant(&entry, 0x58), let number = constant(&entry, 0x59),
            dwarf_getsrcfiles(&unit, &files, &count) == 0, let files, file < UInt64(count),
            let name = dwarf_filesrc(files, Int(file), nil, nil)
        else { return nil }
        return position(name, Int(clamping: number))
    }

    private static func constant(_ entry: inout Dwarf_Die, _ attribute: UInt32) -> UInt64? {
        var found = Dwarf_Attribute()
        var value: Dwarf_Word = 0
        guard dwarf_attr(&entry, attribute, &found) != nil, dwarf_formudata(&found, &value) == 0 else {
            return nil
        }
        return value
    }

    private static func position(_ path: UnsafePointer<CChar>, _ line: Int) -> [UInt8] {
        let path = bytes(path)
        let name = path.split(separator: 0x2F, omittingEmptySubsequences: true).last ?? path[...]
        return Array(name) + ":\(line)".utf8
    }

    private static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
        text.withMemoryRebound(to: UInt8.self, capacity: 1) {
            Array(UnsafeBufferPointer(start: $0, count: strnlen(text, 1 << 16)))
        }
    }
}
