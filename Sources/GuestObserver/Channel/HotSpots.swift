/// Where a boot's guest spent its instructions, by block, or its accesses to memory, by page.
public struct HotSpots: Sendable, Hashable {
    /// A block or a page.
    public struct Spot: Sendable, Hashable {
        /// The virtual address of its first instruction, or of the page.
        public var address: UInt64
        /// A block's instructions; 1 for a page.
        public var length: UInt64
        /// How often the block ran, or the page was read.
        public var count: UInt64
        /// How often the page was written; 0 for a block.
        public var writes: UInt64
        /// Whether the page is a device's.
        public var isDevice: Bool

        /// The instructions executed in a block, or the accesses to a page.
        public var weight: UInt64 { count &* length &+ writes }
    }

    /// The spots with the largest weight first, then by address.
    public let spots: [Spot]
    /// The weight of what found no room among 524,288 spots.
    public let others: UInt64

    /// The weight of all.
    public var total: UInt64 { spots.reduce(others) { $0 &+ $1.weight } }

    /// The most bytes of a table: more than 524,288 lines have.
    private static let limit = 64 << 20

    init(_ file: BootFile) throws {
        try self.init(file.read(limit: Self.limit), place: file.path)
    }

    /// Reads what the plugin writes: a line for each spot, the last one for what found no room.
    /// - Throws: `GuestObserverError` of code `channelCorrupt`.
    init(_ bytes: [UInt8], place: String) throws {
        var spots: [Spot] = []
        var others: UInt64?
        for (index, line) in bytes.split(separator: 10).enumerated() {
            let words = line.split(separator: 32).map { String(decoding: $0, as: UTF8.self) }
            let numbers = words.dropFirst().compactMap { UInt64($0) }
            if words.first == "others", numbers.count == 2, others == nil {
                others = numbers[0] &+ numbers[1]
            } else if let address = words.first.flatMap({ UInt64($0, radix: 16) }), numbers.count == 4,
                others == nil
            {
                spots.append(
                    Spot(
                        address: address, length: numbers[0], count: numbers[1], writes: numbers[2],
                        isDevice: numbers[3] != 0))
            } else {
                throw Self.corrupt(place, "line \(index + 1) is none of the plugin's")
            }
        }
        guard let others else { throw Self.corrupt(place, "its end is missing") }
        self.others = others
        self.spots = spots.sorted {
            ($1.weight, $0.address, $0.length) < ($0.weight, $1.address, $1.length)
        }
    }

    private static func corrupt(_ place: String, _ reason: String) -> GuestObserverError {
        GuestObserverError(.channelCorrupt, place: place, reason: reason, nextStep: "Take the boot again.")
    }
}
