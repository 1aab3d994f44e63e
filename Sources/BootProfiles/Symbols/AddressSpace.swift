/// What is mapped where in a process.
struct AddressSpace {
    /// A stretch of addresses and the file that it shows.
    struct Mapping {
        var start: UInt64
        var end: UInt64
        /// Where in the file the first address lies.
        var offset: UInt64
        var module: Int32
        /// Whether symbols there are those of memory, not of places in a file.
        var isMemory = false

        /// Whether it shows something at `address`.
        @inline(__always)
        func holds(_ address: UInt64) -> Bool { address >= start && address < end }

        /// Where symbols have `address`.
        @inline(__always)
        func place(of address: UInt64) -> UInt64 { isMemory ? address : address &- start &+ offset }
    }

    /// The most mappings that a process may have in a recording, far above what kernels allow.
    private static let limit = 1 << 20

    private(set) var mappings: [Mapping] = []
    /// Changes with every change, so that what was found before is not taken for what would be found now.
    private(set) var generation: UInt32

    init(generation: UInt32) { self.generation = generation }

    /// A copy, for a process that another one forked.
    func copy(generation: UInt32) -> AddressSpace {
        var copy = self
        copy.generation = generation
        return copy
    }

    /// Maps `mapping` over whatever was there.
    mutating func map(_ mapping: Mapping, generation: UInt32) {
        guard mapping.end > mapping.start, mappings.count < Self.limit else { return }
        self.generation = generation
        let first = place(of: mapping.start)
        var last = first
        var rest: [Mapping] = []
        while last < mappings.count, mappings[last].start < mapping.end {
            let old = mappings[last]
            if old.start < mapping.start {
                var before = old
                before.end = mapping.start
                rest.append(before)
            }
            if rest.last?.start != mapping.start { rest.append(mapping) }
            if old.end > mapping.end {
                var behind = old
                behind.start = mapping.end
                behind.offset &+= mapping.end - old.start
                rest.append(behind)
            }
            last += 1
        }
        if rest.isEmpty { rest = [mapping] }
        mappings.replaceSubrange(first..<last, with: rest)
    }

    /// The mapping that `address` lies in, or nil.
    func find(_ address: UInt64) -> Mapping? {
        let place = place(of: address)
        guard place < mappings.count, mappings[place].start <= address else { return nil }
        return mappings[place]
    }

    /// The place of the first mapping that ends behind `address`.
    private func place(of address: UInt64) -> Int {
        var low = 0
        var high = mappings.count
        while low < high {
            let middle = (low + high) / 2
            if mappings[middle].end <= address { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
