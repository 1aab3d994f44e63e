/// Code that the recorded kernel loaded or made while it ran: modules, programs of BPF, trampolines.
struct LoadedCode {
    /// So many pieces are remembered, those that were removed too.
    private static let most = 1 << 16
    private static let removed: Int32 = -1

    private var space = AddressSpace(generation: 0)
    private var names: [[UInt8]] = []

    /// Follows a record of code that was made or removed; its addresses, or nil where it has none.
    mutating func follow(_ record: ByteView) -> Range<UInt64>? {
        let isRemoved = record.u16(22) & 1 != 0
        return add(
            isRemoved ? nil : Array(record.string(24)), at: record.u64(8), size: UInt64(record.u32(16)))
    }

    /// Adds the code `name`, or nothing in place of what was there; its addresses, or nil where it has none.
    mutating func add(_ name: [UInt8]?, at start: UInt64, size: UInt64) -> Range<UInt64>? {
        let (end, overflow) = start.addingReportingOverflow(size)
        guard end > start || overflow, names.count < Self.most,
            space.mappings.count < 4 * Self.most
        else { return nil }
        if let name { names.append(name) }
        let range = start..<(overflow ? .max : end)
        space.map(
            AddressSpace.Mapping(
                start: range.lowerBound, end: range.upperBound, offset: 0,
                module: name == nil ? Self.removed : Int32(names.count - 1)), generation: 0)
        return range
    }

    /// What lies at `address`, with a number that is its own; nil where nothing does.
    func find(_ address: UInt64) -> (number: Int32, name: [UInt8])? {
        guard let mapping = space.find(address), mapping.module != Self.removed else { return nil }
        return (mapping.module, names[Int(mapping.module)])
    }
}
