/// Records that wait for others that are older: perf writes each processor's buffer in a row.
struct RecordQueue {
    /// Above this many bytes the queue is drained though perf has not said that nothing older follows.
    private static let limit = 64 << 20

    fileprivate struct Entry {
        var time: UInt64
        var start: Int
        var count: Int
    }

    /// Records in the order of their times.
    struct Batch {
        fileprivate var bytes: [UInt8]
        fileprivate var entries: [Entry]

        /// Calls `body` with each record.
        func forEach(
            swapped: Bool, _ body: (ByteView) throws(ProfileError) -> Void
        ) throws(ProfileError) {
            guard !entries.isEmpty else { return }
            try bytes.withUnsafeBytesThrowing { (raw) throws(ProfileError) in
                for entry in entries {
                    let range = entry.start..<(entry.start + entry.count)
                    try body(ByteView(UnsafeRawBufferPointer(rebasing: raw[range]), swapped: swapped))
                }
            }
        }
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    private var latest: UInt64 = 0
    private var latestOfRound: UInt64?

    /// Whether the queue holds as much as it may.
    var isFull: Bool { bytes.count > Self.limit }

    /// Adds a record.
    mutating func add(_ record: ByteView, _ time: UInt64) {
        entries.append(Entry(time: time, start: bytes.count, count: record.count))
        bytes.append(contentsOf: record.bytes)
        latest = max(latest, time)
    }

    /// Ends a round; the time up to which nothing older can follow, or nil after the first one.
    mutating func endRound() -> UInt64? {
        defer { latestOfRound = latest }
        return latestOfRound
    }

    /// A time in the middle of those that wait.
    func middle() -> UInt64 {
        let times = entries.map(\.time).sorted()
        return times.isEmpty ? 0 : times[times.count / 2]
    }

    /// Takes the records up to the time `limit` out.
    mutating func take(through limit: UInt64) -> Batch {
        var ready = entries.enumerated().filter { $0.element.time <= limit }
        guard !ready.isEmpty else { return Batch(bytes: [], entries: []) }
        ready.sort { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        let batch = Batch(bytes: bytes, entries: ready.map(\.element))
        var kept: [UInt8] = []
        var waiting: [Entry] = []
        for entry in entries where entry.time > limit {
            waiting.append(Entry(time: entry.time, start: kept.count, count: entry.count))
            kept.append(contentsOf: bytes[entry.start..<(entry.start + entry.count)])
        }
        bytes = kept
        entries = waiting
        return batch
    }
}
