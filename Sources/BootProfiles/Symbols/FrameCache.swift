/// Numbers by address: a recording holds few distinct addresses, each very often.
struct AddressTable {
    /// As small as can be: reaching for memory is what finding an address takes.
    private struct Slot {
        var address: UInt64
        var space: UInt32
        /// -1 where the place is free.
        var number: Int32
    }

    private static let free = Slot(address: 0, space: 0, number: -1)

    private var slots = [Slot](repeating: free, count: 1 << 12)
    /// How many it holds.
    private(set) var count = 0

    /// The number of `address` in `space`; nil where it has none.
    @inline(__always)
    func find(_ space: UInt32, _ address: UInt64) -> Int32? {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: ByteHash.of(UInt64(space), address)) & mask
        while slots[place].number >= 0 {
            if slots[place].address == address, slots[place].space == space { return slots[place].number }
            place = (place + 1) & mask
        }
        return nil
    }

    /// Keeps `number`, which is not negative, for `address` in `space`, which has none yet.
    mutating func insert(_ space: UInt32, _ address: UInt64, _ number: Int32) {
        count += 1
        if count * 2 > slots.count {
            let old = slots
            slots = [Slot](repeating: Self.free, count: old.count * 2)
            for slot in old where slot.number >= 0 { place(slot) }
        }
        place(Slot(address: address, space: space, number: number))
    }

    private mutating func place(_ slot: Slot) {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: ByteHash.of(UInt64(slot.space), slot.address)) & mask
        while slots[place].number >= 0 { place = (place + 1) & mask }
        slots[place] = slot
    }
}

/// Frames by address.
struct FrameCache {
    /// What an address is called: a number that stands for its frames.
    struct Found {
        var entry: Int32
        /// The first frame, innermost; the only one, where there is one.
        var only: FrameID
        var isSingle: Bool
        var kind: FrameNaming.Kind
    }

    private struct Entry {
        /// The place among `frames` of the first frame, innermost first.
        var first: Int32
        var count: Int32
        var only: FrameID
        var kind: FrameNaming.Kind
    }

    /// A recording with more distinct addresses than this is looked up anew from then on.
    static let usualLimit = 1 << 21

    private var numbers = AddressTable()
    private var entries: [Entry] = []
    private var frames: [FrameID] = []
    private let limit: Int

    /// A cache of so many addresses.
    init(limit: Int = usualLimit) { self.limit = limit }

    /// Whether it holds as much as it may.
    var isFull: Bool { numbers.count >= limit || frames.count >= 4 * limit }

    /// Forgets everything.
    mutating func forget() { self = FrameCache(limit: limit) }

    /// What `address` in `space` is called; nil where that is not known yet.
    @inline(__always)
    func find(_ space: UInt32, _ address: UInt64) -> Found? { numbers.find(space, address).map(found) }

    /// The frames of the entry with the number `number`, innermost first.
    func frames(of number: Int32) -> ArraySlice<FrameID> {
        let entry = entries[Int(number)]
        return frames[Int(entry.first)..<Int(entry.first + entry.count)]
    }

    /// What the entry with the number `number` says.
    @inline(__always)
    func found(_ number: Int32) -> Found {
        let entry = entries[Int(number)]
        return Found(entry: number, only: entry.only, isSingle: entry.count == 1, kind: entry.kind)
    }

    /// Keeps the entry with the number `number` for `address` in `space`.
    mutating func insert(_ space: UInt32, _ address: UInt64, _ number: Int32) {
        numbers.insert(space, address, number)
    }

    /// Adds an entry for `names`, innermost first; its number.
    mutating func add(_ names: [FrameID], _ kind: FrameNaming.Kind) -> Int32 {
        entries.append(
            Entry(
                first: Int32(frames.count), count: Int32(names.count), only: names.first ?? FrameID(0),
                kind: kind))
        frames.append(contentsOf: names)
        return Int32(entries.count - 1)
    }
}
