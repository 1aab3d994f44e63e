/// Frames by address: a recording holds few distinct addresses, each very often.
struct FrameCache {
    /// What an address is called.
    struct Entry {
        /// The place among `frames` of the first frame, innermost first.
        var first: Int32
        var count: Int32
        /// The only frame, where there is one.
        var only: FrameID
        var kind: FrameNaming.Kind
    }

    /// All that finding an address takes, side by side: reaching for memory is what it costs.
    private struct Slot {
        var address: UInt64
        var space: UInt64
        var entry: Int32
        var only: FrameID
        var isSingle: Bool
        var kind: FrameNaming.Kind
    }

    /// A recording with more distinct addresses than this is looked up anew from then on.
    static let usualLimit = 1 << 21
    private static let empty = Slot(
        address: 0, space: 0, entry: -1, only: FrameID(0), isSingle: false, kind: .named)

    private var slots = [Slot](repeating: empty, count: 1 << 12)
    private(set) var entries: [Entry] = []
    private(set) var frames: [FrameID] = []
    private var used = 0
    private let limit: Int

    /// A cache of so many addresses.
    init(limit: Int = usualLimit) { self.limit = limit }

    /// Whether it holds as much as it may.
    var isFull: Bool { used >= limit || frames.count >= 4 * limit }

    /// Forgets everything.
    mutating func forget() { self = FrameCache(limit: limit) }

    /// Adds the frames of `address` in `space` to the sample of `builder`; false where they are not known.
    @inline(__always)
    func add(_ space: UInt64, _ address: UInt64, to builder: inout SampleBuilder) -> Bool {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: ByteHash.of(space, address)) & mask
        while slots[place].entry >= 0 {
            if slots[place].address == address, slots[place].space == space {
                if slots[place].isSingle {
                    builder.add(slots[place].only, slots[place].kind)
                } else {
                    add(entries[Int(slots[place].entry)], to: &builder)
                }
                return true
            }
            place = (place + 1) & mask
        }
        return false
    }

    /// Adds the frames of `entry` to the sample of `builder`.
    func add(_ entry: Entry, to builder: inout SampleBuilder) {
        for index in 0..<Int(entry.count) { builder.add(frames[Int(entry.first) + index], entry.kind) }
    }

    /// Keeps the entry with the number `number` for `address` in `space`.
    mutating func insert(_ space: UInt64, _ address: UInt64, _ number: Int32) {
        used += 1
        if used * 2 > slots.count {
            let old = slots
            slots = [Slot](repeating: Self.empty, count: old.count * 2)
            for slot in old where slot.entry >= 0 { place(slot) }
        }
        let entry = entries[Int(number)]
        place(
            Slot(
                address: address, space: space, entry: number, only: entry.only, isSingle: entry.count == 1,
                kind: entry.kind))
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

    private mutating func place(_ slot: Slot) {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: ByteHash.of(slot.space, slot.address)) & mask
        while slots[place].entry >= 0 { place = (place + 1) & mask }
        slots[place] = slot
    }
}
