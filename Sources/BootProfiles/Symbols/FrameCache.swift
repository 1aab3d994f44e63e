/// Frames by address: a recording holds few distinct addresses, each very often.
struct FrameCache {
    /// What an address is called.
    struct Entry {
        var first: Int32
        var count: Int32
        var kind: FrameNaming.Kind
    }

    /// More distinct addresses than this are not kept; a recording that has them is looked up anew.
    private static let limit = 1 << 23

    private var addresses = [UInt64](repeating: 0, count: 1 << 12)
    private var spaces = [UInt64](repeating: 0, count: 1 << 12)
    private var values = [Int32](repeating: -1, count: 1 << 12)
    private(set) var entries: [Entry] = []
    private(set) var frames: [FrameID] = []
    private var used = 0

    /// The entry of `address` in `space`, or nil.
    @inline(__always)
    func find(_ space: UInt64, _ address: UInt64) -> Int32? {
        let mask = values.count - 1
        var slot = Int(truncatingIfNeeded: ByteHash.of(space, address)) & mask
        while values[slot] >= 0 {
            if addresses[slot] == address, spaces[slot] == space { return values[slot] }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Keeps `entry` for `address` in `space`.
    mutating func insert(_ space: UInt64, _ address: UInt64, _ entry: Int32) {
        guard used < Self.limit else { return }
        used += 1
        if used * 2 > values.count { grow() }
        place(space, address, entry)
    }

    /// Adds an entry for `names`, innermost first.
    mutating func add(_ names: [FrameID], _ kind: FrameNaming.Kind) -> Int32 {
        entries.append(Entry(first: Int32(frames.count), count: Int32(names.count), kind: kind))
        frames.append(contentsOf: names)
        return Int32(entries.count - 1)
    }

    private mutating func place(_ space: UInt64, _ address: UInt64, _ entry: Int32) {
        let mask = values.count - 1
        var slot = Int(truncatingIfNeeded: ByteHash.of(space, address)) & mask
        while values[slot] >= 0 { slot = (slot + 1) & mask }
        addresses[slot] = address
        spaces[slot] = space
        values[slot] = entry
    }

    private mutating func grow() {
        let old = (addresses, spaces, values)
        let count = values.count * 4
        addresses = [UInt64](repeating: 0, count: count)
        spaces = addresses
        values = [Int32](repeating: -1, count: count)
        for slot in old.2.indices where old.2[slot] >= 0 { place(old.1[slot], old.0[slot], old.2[slot]) }
    }
}
