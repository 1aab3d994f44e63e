/// The place of a frame in its profile's `FrameTable`. Means nothing in another profile.
public struct FrameID: Sendable, Hashable {
    /// The place, from 0.
    package let index: UInt32

    @inline(__always)
    init(_ index: Int) { self.index = UInt32(truncatingIfNeeded: index) }

    @inline(__always)
    package var place: Int { Int(index) }
}

/// The distinct frames of a profile: every name is kept once, as bytes, and called by number.
///
/// Names are bytes because symbol tables hold what compilers, and guests, put there: any byte may occur.
/// Finding or adding a name takes O(its length).
public struct FrameTable: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    private var slots: [UInt32]
    private var hashes: [UInt32] = []

    private static let empty = UInt32.max
    /// The most bytes of names that a profile may hold.
    static let mostBytes = 1 << 31

    /// A table without frames.
    public init() {
        slots = [UInt32](repeating: Self.empty, count: 64)
    }

    /// How many bytes all names take together.
    var byteCount: Int { bytes.count }

    /// The number of distinct frames.
    public var count: Int { ends.count }

    /// All frames, in the order in which they came.
    public var all: [FrameID] { (0..<count).map(FrameID.init) }

    /// The frame of the name `name`, added where it is new.
    public mutating func intern(_ name: String) -> FrameID {
        var name = name
        return name.withUTF8 { intern(UnsafeRawBufferPointer($0)) }
    }

    /// The frame whose name consists of `name`, added where it is new.
    public mutating func intern(_ name: UnsafeRawBufferPointer) -> FrameID {
        let hash = UInt32(truncatingIfNeeded: ByteHash.of(name))
        let mask = slots.count - 1
        var slot = Int(hash) & mask
        while true {
            let candidate = slots[slot]
            if candidate == Self.empty { break }
            if hashes[Int(candidate)] == hash, equals(Int(candidate), name) {
                return FrameID(Int(candidate))
            }
            slot = (slot + 1) & mask
        }
        let index = ends.count
        precondition(index < Int(Self.empty), "a profile holds at most 4,294,967,294 frames")
        bytes.append(contentsOf: name)
        ends.append(bytes.count)
        hashes.append(hash)
        slots[slot] = UInt32(index)
        if ends.count * 2 > slots.count { grow() }
        return FrameID(index)
    }

    /// The frame of the name `name`, or nil where no stack holds it.
    public func find(_ name: String) -> FrameID? {
        var name = name
        return name.withUTF8 { utf8 in
            let name = UnsafeRawBufferPointer(utf8)
            let hash = UInt32(truncatingIfNeeded: ByteHash.of(name))
            var slot = Int(hash) & (slots.count - 1)
            while slots[slot] != Self.empty {
                let candidate = Int(slots[slot])
                if hashes[candidate] == hash, equals(candidate, name) { return FrameID(candidate) }
                slot = (slot + 1) & (slots.count - 1)
            }
            return nil
        }
    }

    /// Calls `body` with the bytes of the name of `frame`.
    @inline(__always)
    public func withBytes<Result>(
        of frame: FrameID, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let range = range(of: frame.place)
        return try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// The name of `frame`; what is not UTF-8 in it becomes U+FFFD.
    public func name(of frame: FrameID) -> String {
        withBytes(of: frame) { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether the name of `left` sorts before the name of `right`, byte by byte.
    package func precedes(_ left: FrameID, _ right: FrameID) -> Bool {
        bytes.withUnsafeBytes { all in
            ByteOrder.precedes(
                UnsafeRawBufferPointer(rebasing: all[range(of: left.place)]),
                UnsafeRawBufferPointer(rebasing: all[range(of: right.place)]))
        }
    }

    /// Where each frame comes in the order of folded lines: as the end of a line, and with more behind it.
    ///
    /// Lines are sorted as whole byte strings, so `foo;y` comes after `foo bar;x`, though `foo` comes before.
    func lineRanks() -> (ending: [Int32], continuing: [Int32]) {
        let order = bytes.withUnsafeBytes { all in
            (0..<Int32(2 * count)).sorted { left, right in
                let first = UnsafeRawBufferPointer(rebasing: all[range(of: Int(left / 2))])
                let second = UnsafeRawBufferPointer(rebasing: all[range(of: Int(right / 2))])
                let shared = min(first.count, second.count)
                let order = ByteOrder.compare(first, second, shared)
                if order != 0 { return order < 0 }
                let next = Self.byte(first, shared, continuing: left % 2 == 1)
                let other = Self.byte(second, shared, continuing: right % 2 == 1)
                return next == other ? left < right : next < other
            }
        }
        var ending = [Int32](repeating: 0, count: count)
        var continuing = ending
        for (rank, key) in order.enumerated() {
            if key % 2 == 0 {
                ending[Int(key / 2)] = Int32(rank)
            } else {
                continuing[Int(key / 2)] = Int32(rank)
            }
        }
        return (ending, continuing)
    }

    private static func byte(_ name: UnsafeRawBufferPointer, _ place: Int, continuing: Bool) -> Int {
        place < name.count ? Int(name[place]) : continuing ? 0x3B : -1
    }

    @inline(__always)
    private func range(of index: Int) -> Range<Int> {
        (index == 0 ? 0 : ends[index - 1])..<ends[index]
    }

    @inline(__always)
    private func equals(_ index: Int, _ name: UnsafeRawBufferPointer) -> Bool {
        let range = range(of: index)
        guard range.count == name.count else { return false }
        return bytes.withUnsafeBytes { ByteOrder.equal(UnsafeRawBufferPointer(rebasing: $0[range]), name) }
    }

    private mutating func grow() {
        slots = [UInt32](repeating: Self.empty, count: slots.count * 4)
        let mask = slots.count - 1
        for (index, hash) in hashes.enumerated() {
            var slot = Int(hash) & mask
            while slots[slot] != Self.empty { slot = (slot + 1) & mask }
            slots[slot] = UInt32(index)
        }
    }
}
