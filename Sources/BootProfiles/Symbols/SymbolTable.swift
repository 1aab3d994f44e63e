/// The functions of one file, by address.
///
/// Where several names share an address, or a name has no size, the choice is perf's own, so that both routes
/// to folded stacks call a function the same.
struct SymbolTable {
    /// How a symbol is seen by other files.
    enum Binding: UInt8 { case local, global, weak }

    /// What a name stands for.
    struct Symbol {
        var start: UInt64
        var end: UInt64
        /// Where the name lies among the names.
        var name: Int32
        var nameCount: Int32
        /// The number of the module that a symbol of the kernel belongs to; 0 for the kernel itself.
        var module: UInt16 = 0
        var binding: Binding
        /// The place in the list that it comes from.
        fileprivate(set) var order: Int32 = 0
    }

    private(set) var symbols: [Symbol] = []
    /// Where symbols overlap, what tells which of them perf finds: numbers are places in `symbols`.
    private var tree: (tree: OverlapTree, places: [Int32])?
    /// The names, one behind the other or as a file holds them.
    private var names: [UInt8]

    /// The table of `symbols`, in the order of the file, whose names lie in `names`.
    ///
    /// - Parameter stubs: How many of the last ones are stubs, which perf adds when aliases have been chosen among; nil
    ///   where symbols are of no ELF file, so that those that overlap are found by where they begin.
    init(_ symbols: [Symbol], names: [UInt8], stubs: Int? = nil) {
        self.names = names
        var sorted = symbols
        for index in sorted.indices { sorted[index].order = Int32(index) }
        sorted.sort { ($0.start, $0.order) < ($1.start, $1.order) }
        // As in perf, names without a size get one before one of several at an address is chosen: the last
        // of them reaches to the next address.
        for index in sorted.indices where sorted[index].end <= sorted[index].start {
            let start = sorted[index].start
            if index + 1 == sorted.count {
                sorted[index].end = Self.pageEnd(start) &+ 4096
            } else if sorted[index].module == sorted[index + 1].module {
                sorted[index].end = sorted[index + 1].start
            } else {
                sorted[index].end = Self.pageEnd(start &+ 4096)
            }
        }
        self.symbols.reserveCapacity(sorted.count)
        var dropped: [Int32] = []
        for symbol in sorted {
            if let last = self.symbols.last, last.start == symbol.start {
                let isFirstKept = prefers(last, to: symbol)
                dropped.append(isFirstKept ? symbol.order : last.order)
                if !isFirstKept { self.symbols[self.symbols.count - 1] = symbol }
            } else {
                self.symbols.append(symbol)
            }
        }
        if let stubs { buildTree(sorted, dropped, stubs: stubs) }
    }

    /// Does with the symbols what perf does, where some overlap: all in the file's order into a tree, aliases out of it.
    private mutating func buildTree(_ sorted: [Symbol], _ dropped: [Int32], stubs: Int) {
        let overlap = symbols.indices.dropLast().contains { symbols[$0].end > symbols[$0 + 1].start }
        guard overlap else { return }
        var starts = [UInt64](repeating: 0, count: sorted.count)
        var ends = starts
        for symbol in sorted {
            starts[Int(symbol.order)] = symbol.start
            ends[Int(symbol.order)] = symbol.end
        }
        var built = OverlapTree(starts: starts, ends: ends)
        let firstStub = sorted.count - stubs
        for number in 0..<firstStub { built.insert(number) }
        for number in dropped where number < firstStub { built.remove(Int(number)) }
        for number in firstStub..<sorted.count { built.insert(number) }
        for number in dropped where number >= firstStub { built.remove(Int(number)) }
        var places = [Int32](repeating: 0, count: sorted.count)
        for (place, symbol) in symbols.enumerated() { places[Int(symbol.order)] = Int32(place) }
        tree = (built, places)
    }

    /// The symbol that `address` lies in, or nil: O(log n).
    func find(_ address: UInt64) -> Symbol? {
        if let tree { return tree.tree.find(address).map { symbols[Int(tree.places[$0])] } }
        var low = 0
        var high = symbols.count
        while low < high {
            let middle = (low + high) / 2
            if symbols[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, address < symbols[low - 1].end else { return nil }
        return symbols[low - 1]
    }

    /// The name of `symbol` as it stands in the source.
    func name(of symbol: Symbol) -> [UInt8] { Demangler.demangled(rawName(of: symbol)) }

    /// The name of `symbol` as it stands in the file.
    func rawName(of symbol: Symbol) -> [UInt8] {
        let start = Int(symbol.name)
        return Array(names[start..<(start + Int(symbol.nameCount))])
    }

    /// The address of the symbol whose name consists of `wanted`, or nil: O(n).
    func address(of wanted: [UInt8]) -> UInt64? {
        wanted.withUnsafeBytes { wanted in
            names.withUnsafeBytes { names in
                symbols.first { symbol in
                    let start = Int(symbol.name)
                    return ByteOrder.equal(
                        UnsafeRawBufferPointer(rebasing: names[start..<(start + Int(symbol.nameCount))]),
                        wanted)
                }?.start
            }
        }
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
        guard first.nameCount == second.nameCount else { return false }
        var difference: Int?
        for offset in 0..<Int(first.nameCount)
        where names[Int(first.name) + offset] != names[Int(second.name) + offset] {
            if difference != nil { return false }
            difference = offset
        }
        guard let difference, difference > 2 else { return difference == nil }
        let letter = names[Int(first.name) + difference - 1]
        return names[Int(first.name) + difference] &- 0x30 < 4 && (letter == 0x43 || letter == 0x44)
            && names[Int(first.name)] == 0x5F && names[Int(first.name) + 1] == 0x5A
    }
}
