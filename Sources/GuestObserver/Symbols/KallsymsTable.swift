import Glibc

/// The table of symbols that a Linux kernel carries for its own messages, found in its memory image.
///
/// Method: names are strings of tokens. The 256 tokens are the one part with a fixed look (every digit is its
/// own token), and the index behind them proves the find. The names lie before them, in front of an array of
/// markers that has to fit every 256th name. Addresses are offsets from a base, in front of the names (up to
/// Linux 6.3) or behind the index (since). From the layout of scripts/kallsyms.c, Linux 4.20 to 6.12.
struct KallsymsTable {
    /// A symbol with the letter that nm gives its kind.
    struct Entry {
        var address: UInt64
        var kind: UInt8
        var name: String
    }

    /// All symbols, in the table's order.
    let entries: [Entry]

    /// The symbols in code.
    var functions: [GuestSymbols.Symbol] {
        entries.compactMap { entry in
            guard "tTwW".utf8.contains(entry.kind) else { return nil }
            return .init(address: entry.address, name: entry.name, isGlobal: entry.kind < 97)
        }
    }

    /// Finds the table in an unpacked kernel; nil where there is none that fits together.
    init?(in kernel: [UInt8]) {
        let found = kernel.withUnsafeBytes { bytes in
            KallsymsSearch(bytes: bytes, wordSize: bytes.count > 4 && bytes[4] == 1 ? 4 : 8).entries()
        }
        guard let found, !found.isEmpty else { return nil }
        entries = found
    }
}

/// One search through a kernel's memory image. Every access is checked: the image may be anything.
private struct KallsymsSearch {
    let bytes: UnsafeRawBufferPointer
    /// 4 in a 32-bit kernel, else 8: what the tables are aligned to, and the size of an address.
    let wordSize: Int

    private struct Tokens {
        var start: Int
        var starts: [Int]
        /// Behind the index of the tokens.
        var end: Int
    }

    private struct Names {
        /// Where the number of symbols lies.
        var header: Int
        /// Where each name begins.
        var starts: [Int]
    }

    func entries() -> [KallsymsTable.Entry]? {
        var from = 0
        while let digits = find(
            Array("0\u{0}1\u{0}2\u{0}3\u{0}4\u{0}5\u{0}6\u{0}7\u{0}8\u{0}9\u{0}".utf8), from)
        {
            from = digits + 1
            guard let tokens = tokens(digits: digits), let names = names(before: tokens),
                let addresses = addresses(names, tokens)
            else { continue }
            return zip(names.starts, addresses).compactMap { start, address in
                guard let text = text(at: start, tokens), let kind = text.first else { return nil }
                return .init(
                    address: address, kind: kind, name: String(decoding: text.dropFirst(), as: UTF8.self))
            }
        }
        return nil
    }

    // MARK: Tokens

    private func tokens(digits: Int) -> Tokens? {
        // The digit 0 is token number 48: as many strings lie before it.
        var start = digits
        for _ in 0..<48 {
            guard start >= 2, bytes[start - 1] == 0 else { return nil }
            start -= 1
            while start > 0, bytes[start - 1] != 0 { start -= 1 }
        }
        var starts: [Int] = []
        var at = start
        for _ in 0..<256 {
            starts.append(at)
            while at < bytes.count, bytes[at] != 0 { at += 1 }
            guard at < bytes.count, at - start < 65_536 else { return nil }
            at += 1
        }
        // The index repeats where each token begins, which chance does not.
        for index in at..<min(at + 16, bytes.count) where index % 2 == 0 {
            guard index + 512 <= bytes.count else { return nil }
            let fits = starts.indices.allSatisfy { half(index + $0 * 2) == starts[$0] - start }
            if fits { return Tokens(start: start, starts: starts, end: index + 512) }
        }
        return nil
    }

    // MARK: Names

    private func names(before tokens: Tokens) -> Names? {
        // The table of 150,000 names takes 2 MB; 32 MB bound the search.
        var header = (tokens.start - 16) / wordSize * wordSize
        let lowest = max(0, tokens.start - (32 << 20))
        while header >= lowest {
            if let names = names(at: header, limit: tokens.start) { return names }
            header -= wordSize
        }
        return nil
    }

    private func names(at header: Int, limit: Int) -> Names? {
        guard let count = word(header), count >= 256, count < 1 << 22 else { return nil }
        if wordSize == 8 { guard word(header + 4) == 0 else { return nil } }
        let first = header + wordSize
        // A name has at least its kind and a letter, and the names have to fit.
        guard first + count * 2 < limit else { return nil }
        var starts: [Int] = []
        var at = first
        var markers: [Int] = []
        for index in 0..<count {
            guard let (size, body) = length(at), size > 0, size < 512, body + size <= limit else {
                return nil
            }
            if index % 256 == 0 { markers.append(at - first) }
            starts.append(at)
            at = body + size
        }
        // 256 names in, the markers decide; alignment is to 4 or to 8.
        for start in stride(from: (at + 3) / 4 * 4, through: (at + 7) / 8 * 8, by: 4) {
            guard start + markers.count * 4 <= limit else { return nil }
            if markers.indices.allSatisfy({ word(start + $0 * 4) == markers[$0] }) {
                return Names(header: header, starts: starts)
            }
        }
        return nil
    }

    /// The length of the name at an offset, and where its tokens begin. Lengths from 128 on take two bytes.
    private func length(_ at: Int) -> (size: Int, body: Int)? {
        guard at + 1 < bytes.count else { return nil }
        let low = Int(bytes[at])
        if low & 0x80 == 0 { return (low, at + 1) }
        return (low & 0x7f | Int(bytes[at + 1]) << 7, at + 2)
    }

    private func text(at start: Int, _ tokens: Tokens) -> [UInt8]? {
        guard let (size, body) = length(start) else { return nil }
        var text: [UInt8] = []
        for token in bytes[body..<body + size] {
            var at = tokens.starts[Int(token)]
            while bytes[at] != 0 {
                text.append(bytes[at])
                at += 1
            }
        }
        return text
    }

    // MARK: Addresses

    private func addresses(_ names: Names, _ tokens: Tokens) -> [UInt64]? {
        let count = names.starts.count
        // In front of the names: the offsets, then the base that they are from.
        let base = names.header - wordSize
        let before = aligned(down: base - count * 4)
        // Behind the tokens' index, since Linux 6.4: the same two.
        let behind = aligned(up: tokens.end)
        let baseBehind = aligned(up: behind + count * 4)
        return addresses(offsets: before, base: base, count: count)
            ?? addresses(offsets: behind, base: baseBehind, count: count)
    }

    private func addresses(offsets: Int, base: Int, count: Int) -> [UInt64]? {
        guard offsets >= 0, base >= 0, offsets + count * 4 <= bytes.count, base + wordSize <= bytes.count
        else { return nil }
        let from =
            wordSize == 8
            ? bytes.loadUnaligned(fromByteOffset: base, as: UInt64.self)
            : UInt64(bytes.loadUnaligned(fromByteOffset: base, as: UInt32.self))
        // A kernel lives in the upper half.
        guard from >= (wordSize == 8 ? 0xffff_8000_0000_0000 : 0x4000_0000) else { return nil }
        let values = (0..<count).map { bytes.loadUnaligned(fromByteOffset: offsets + $0 * 4, as: Int32.self) }
        // Where per-processor symbols are absolute, offsets from the base are stored as -1 - offset.
        let isSigned = values.lazy.filter { $0 < 0 }.count * 2 > count
        let addresses = values.map { value -> UInt64 in
            if !isSigned { return from &+ UInt64(UInt32(bitPattern: value)) }
            return value >= 0 ? UInt64(value) : from &- 1 &- UInt64(bitPattern: Int64(value))
        }
        // The table is sorted; a wrong guess at its place is not.
        let isSorted = zip(addresses, addresses.dropFirst()).allSatisfy { $0 <= $1 }
        return isSorted ? addresses : nil
    }

    // MARK: Bytes

    private func aligned(up offset: Int) -> Int { (offset + wordSize - 1) / wordSize * wordSize }
    private func aligned(down offset: Int) -> Int { offset / wordSize * wordSize }

    private func word(_ offset: Int) -> Int? {
        guard offset >= 0, offset + 4 <= bytes.count else { return nil }
        return Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    private func half(_ offset: Int) -> Int {
        Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    private func find(_ pattern: [UInt8], _ from: Int) -> Int? {
        guard let start = bytes.baseAddress else { return nil }
        var at = from
        while at + pattern.count <= bytes.count {
            guard let hit = memchr(start + at, Int32(pattern[0]), bytes.count - at) else { return nil }
            at = UnsafeRawPointer(hit) - start
            if at + pattern.count <= bytes.count, memcmp(start + at, pattern, pattern.count) == 0 {
                return at
            }
            at += 1
        }
        return nil
    }
}
