/// The functions of one file, by address.
///
/// Where several names share an address, or a name has no size, the choice is perf's own, so that both routes
/// to folded stacks call a function the same. A recording asks for few of a file's functions, so what is chosen is
/// chosen when it is asked for.
struct SymbolTable {
    /// How a symbol is seen by other files.
    enum Binding: UInt8 { case local, global, weak }

    /// What a name stands for.
    struct Symbol {
        /// In place of a name's length: it ends at the next NUL.
        static let untilNUL: Int32 = -1

        var start: UInt64
        var end: UInt64
        /// Where the name lies among the names.
        var name: Int32
        var nameCount: Int32
        /// The number of the module that a symbol of the kernel belongs to; 0 for the kernel itself.
        var module: UInt16 = 0
        var binding: Binding
        /// Whether it is the stub that calls a function of this name in another file.
        var isStub = false
    }

    /// A file's names, and those that it does not hold itself.
    struct Names {
        private static let longest = 1 << 16

        fileprivate let text: FileBytes
        fileprivate let more: [UInt8]

        /// The names in `text`, and behind them those in `more`.
        init(_ text: FileBytes, more: [UInt8] = []) {
            self.text = text
            self.more = more
        }

        fileprivate func withBytes<Result>(
            of symbol: Symbol, _ body: (UnsafeRawBufferPointer) -> Result
        ) -> Result {
            func part(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Result {
                let end =
                    symbol.nameCount == Symbol.untilNUL
                    ? ByteSearch.first(
                        0,
                        in: UnsafeRawBufferPointer(
                            rebasing: bytes[..<min(bytes.count, start + Self.longest)]),
                        from: start)
                    : start + Int(symbol.nameCount)
                return body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            }
            let start = Int(symbol.name)
            return start < text.count
                ? text.withBytes { part($0, start) } : more.withUnsafeBytes { part($0, start - text.count) }
        }
    }

    /// The symbols in the order of the list that they come from.
    let symbols: [Symbol]
    private let names: Names
    /// The symbols' addresses from the lowest, and where in `symbols` each one's is; equal ones in the list's order.
    private let starts: [UInt64]
    private let places: [UInt32]
    /// The choice among several symbols at one address, by the place of the last of them.
    private var choices: [Int: Symbol] = [:]

    /// How far the symbols that begin before the one at each place reach; empty where none overlaps another.
    private var reach: [UInt64] = []
    /// How many of the last symbols are stubs.
    private let stubs: Int
    /// What tells which of several overlapping symbols perf finds, made when that is asked: its numbers are places in
    /// `symbols`.
    private var tree: OverlapTree?

    /// Whether it names nothing.
    var isEmpty: Bool { symbols.isEmpty }

    /// Where the first of its symbols begins and where the last; nil where there is none.
    var beginnings: ClosedRange<UInt64>? {
        guard let first = starts.first, let last = starts.last else { return nil }
        return first...last
    }

    /// The table of `symbols`, in any order, whose names lie in `names`.
    init(_ symbols: [Symbol], names: [UInt8]) { self.init(symbols, names: Names(FileBytes(names))) }

    /// The table of `symbols`, in the order of the file, whose names lie in `names`.
    ///
    /// - Parameter stubs: How many of the last ones are stubs, which perf adds when aliases have been chosen among; nil
    ///   where symbols are of no ELF file, so that those that overlap are found by where they begin.
    init(_ symbols: [Symbol], names: Names, stubs: Int? = nil) {
        self.symbols = symbols
        self.names = names
        (starts, places) = AddressOrder.sorted(symbols.count) { symbols[$0].start }
        self.stubs = stubs ?? 0
        if stubs != nil, overlaps() { reach = reaches() }
    }

    /// Whether a symbol reaches beyond the beginning of the next one.
    private func overlaps() -> Bool {
        starts.indices.dropLast().contains { place in
            starts[place + 1] > starts[place] && symbols[Int(places[place])].end > starts[place + 1]
        }
    }

    private func reaches() -> [UInt64] {
        var reach = [UInt64](repeating: 0, count: starts.count)
        var (before, here) = (UInt64(0), UInt64(0))
        for place in starts.indices {
            if place > 0, starts[place] > starts[place - 1] { before = max(before, here) }
            reach[place] = before
            here = max(here, symbols[Int(places[place])].end)
        }
        return reach
    }

    /// Does with the symbols what perf does: all in the file's order into a tree, aliases out of it.
    private func perfsTree() -> OverlapTree {
        var ends = symbols.map(\.end)
        var dropped: [Int] = []
        var first = 0
        while first < starts.count {
            var end = first
            var best = Int(places[first])
            while end < starts.count, starts[end] == starts[first] {
                let number = Int(places[end])
                ends[number] = whole(end).end
                if end > first {
                    var (kept, next) = (symbols[best], symbols[number])
                    (kept.end, next.end) = (ends[best], ends[number])
                    let isFirstKept = prefers(kept, to: next)
                    dropped.append(isFirstKept ? number : best)
                    if !isFirstKept { best = number }
                }
                end += 1
            }
            first = end
        }
        let built = OverlapTree(starts: symbols.map(\.start), ends: ends)
        let firstStub = symbols.count - stubs
        built.insert(first: firstStub, order: places.lazy.map { Int32(truncatingIfNeeded: $0) })
        for number in dropped where number < firstStub { built.remove(number) }
        for number in firstStub..<symbols.count { built.insert(number) }
        for number in dropped where number >= firstStub { built.remove(number) }
        return built
    }

    /// The symbol that `address` lies in, or nil: O(log n).
    mutating func find(_ address: UInt64) -> Symbol? {
        var low = 0
        var high = starts.count
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        // Where no other symbol reaches here, every search tree finds the same.
        if !reach.isEmpty, reach[low - 1] > address {
            let tree = self.tree ?? perfsTree()
            self.tree = tree
            return tree.find(address).map { symbols[$0] }
        }
        let symbol = chosen(low - 1)
        return address < symbol.end ? symbol : nil
    }

    /// The name of `symbol` as it stands in the source.
    func name(of symbol: Symbol) -> [UInt8] {
        let name = Demangler.demangled(names.withBytes(of: symbol) { Array($0) })
        return symbol.isStub ? name + "@plt".utf8 : name
    }

    /// The name of `symbol` as it stands in the file.
    func rawName(of symbol: Symbol) -> [UInt8] {
        let name = names.withBytes(of: symbol) { Array($0) }
        return symbol.isStub ? name + "@plt".utf8 : name
    }

    /// The address of the symbol whose name consists of `wanted`, or nil: O(n).
    func address(of wanted: [UInt8]) -> UInt64? {
        wanted.withUnsafeBytes { wanted in
            symbols.first { symbol in names.withBytes(of: symbol) { ByteOrder.equal($0, wanted) } }?.start
        }
    }

    /// The symbol that perf takes of those at the address of the one at `last`, the last of them.
    private mutating func chosen(_ last: Int) -> Symbol {
        var first = last
        while first > 0, starts[first - 1] == starts[last] { first -= 1 }
        guard first < last else { return whole(last) }
        if let known = choices[last] { return known }
        var best = whole(first)
        for place in (first + 1)...last {
            let next = whole(place)
            if !prefers(best, to: next) { best = next }
        }
        choices[last] = best
        return best
    }

    /// The symbol at `place` with an end.
    ///
    /// As in perf, names without a size get one before one of several at an address is chosen: the last
    /// of them reaches to the next address.
    private func whole(_ place: Int) -> Symbol {
        var symbol = symbols[Int(places[place])]
        guard symbol.end <= symbol.start else { return symbol }
        if place + 1 == places.count {
            symbol.end = Self.pageEnd(symbol.start) &+ 4096
        } else if symbol.module == symbols[Int(places[place + 1])].module {
            symbol.end = starts[place + 1]
        } else {
            symbol.end = Self.pageEnd(symbol.start &+ 4096)
        }
        return symbol
    }

    private static func pageEnd(_ address: UInt64) -> UInt64 { (address &+ 4095) & ~4095 }

    /// Whether perf keeps `first`, which came first, of two symbols with one address.
    private func prefers(_ first: Symbol, to second: Symbol) -> Bool {
        let sizes = (first.end > first.start, second.end > second.start)
        if sizes.0 != sizes.1 { return sizes.0 }
        if (first.binding == .weak) != (second.binding == .weak) { return second.binding == .weak }
        if (first.binding == .global) != (second.binding == .global) { return first.binding == .global }
        if areVariants(first, second) { return true }
        let (left, right) = (name(of: first), name(of: second))
        let underscores = (left.prefix { $0 == 0x5F }.count, right.prefix { $0 == 0x5F }.count)
        if underscores.0 != underscores.1 { return underscores.0 < underscores.1 }
        if left.count != right.count { return left.count > right.count }
        // The kernel's system calls have an alias "SyS_".
        return !left.starts(with: "SyS".utf8) && !left.starts(with: "compat_SyS".utf8)
    }

    /// Whether two mangled names are the complete and the base variant of one constructor or destructor, so
    /// that they need not be demangled to see that they say the same.
    private func areVariants(_ first: Symbol, _ second: Symbol) -> Bool {
        guard first.isStub == second.isStub else { return false }
        return names.withBytes(of: first) { first in
            names.withBytes(of: second) { second in
                guard first.count == second.count else { return false }
                let difference = ByteSearch.commonPrefix(first, second)
                guard difference < first.count, difference > 2 else { return difference == first.count }
                guard first[(difference + 1)...].elementsEqual(second[(difference + 1)...]) else {
                    return false
                }
                let letter = first[difference - 1]
                return first[difference] &- 0x30 < 4 && (letter == 0x43 || letter == 0x44)
                    && first[0] == 0x5F && first[1] == 0x5A
            }
        }
    }
}

/// The order of addresses.
enum AddressOrder {
    /// So many bits of a key say which address it is of, the others how far it lies above the lowest.
    private static let placeBits: UInt64 = 24
    private static let digitBits: UInt64 = 11

    /// `count` addresses from the lowest, and the place of each; equal ones by their places.
    ///
    /// The addresses of one file lie near each other: then sorting takes O(n), a digit at a time.
    static func sorted(_ count: Int, _ address: (Int) -> UInt64) -> (addresses: [UInt64], places: [UInt32]) {
        var lowest = UInt64.max
        var highest: UInt64 = 0
        for place in 0..<count {
            lowest = min(lowest, address(place))
            highest = max(highest, address(place))
        }
        guard count > 0 else { return ([], []) }
        let reach = highest - lowest
        guard count < 1 << placeBits, reach < 1 << (64 - placeBits) else {
            let places = (0..<UInt32(truncatingIfNeeded: count)).sorted {
                (address(Int($0)), $0) < (address(Int($1)), $1)
            }
            return (places.map { address(Int($0)) }, places)
        }
        var keys = (0..<count).map { (address($0) - lowest) << placeBits | UInt64($0) }
        var other = keys
        var shift = placeBits
        while shift < 64, reach >> (shift - placeBits) > 0 {
            keys.withUnsafeBufferPointer { keys in
                other.withUnsafeMutableBufferPointer { other in distribute(keys, by: shift, to: other) }
            }
            swap(&keys, &other)
            shift += digitBits
        }
        let places = keys.map { UInt32(truncatingIfNeeded: $0 & (1 << placeBits - 1)) }
        for index in keys.indices { keys[index] = keys[index] >> placeBits + lowest }
        return (keys, places)
    }

    /// Puts `keys` in the order of their digits at `shift`, equal ones as they came.
    private static func distribute(
        _ keys: UnsafeBufferPointer<UInt64>, by shift: UInt64, to target: UnsafeMutableBufferPointer<UInt64>
    ) {
        let mask: UInt64 = 1 << digitBits - 1
        var next = [Int](repeating: 0, count: 1 << digitBits)
        for key in keys { next[Int(key >> shift & mask)] += 1 }
        var sum = 0
        for digit in next.indices { (next[digit], sum) = (sum, sum + next[digit]) }
        for key in keys {
            let digit = Int(key >> shift & mask)
            target[next[digit]] = key
            next[digit] += 1
        }
    }
}
