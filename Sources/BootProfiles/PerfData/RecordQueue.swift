/// Records that wait for others that are older: perf writes each processor's buffer in a row.
struct RecordQueue {
    /// Above this many bytes the queue is drained though perf has not said that nothing older follows.
    private static let limit = 64 << 20

    private struct Entry {
        var time: UInt64
        var start: Int
        var count: Int
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

    /// Calls `body` with each record up to the time `limit`, in the order of their times, and forgets them.
    mutating func drain(
        through limit: UInt64, swapped: Bool, _ body: (ByteView) throws(ProfileError) -> Void
    ) throws(ProfileError) {
        var ready = entries.filter { $0.time <= limit }
        guard !ready.isEmpty else { return }
        // What has the same time stays in the order in which it came.
        ready.sort { ($0.time, $0.start) < ($1.time, $1.start) }
        try bytes.withUnsafeBytesThrowing { (raw) throws(ProfileError) in
            for entry in ready {
                let range = entry.start..<(entry.start + entry.count)
                try body(ByteView(UnsafeRawBufferPointer(rebasing: raw[range]), swapped: swapped))
            }
        }
        entries.removeAll { $0.time <= limit }
        // The room is used again: every round takes about as much.
        var end = 0
        for index in entries.indices {
            let (start, count) = (entries[index].start, entries[index].count)
            if start != end {
                bytes.withUnsafeMutableBytes { raw in
                    guard let base = raw.baseAddress else { return }
                    (base + end).copyMemory(from: base + start, byteCount: count)
                }
            }
            entries[index].start = end
            end += count
        }
        bytes.removeLast(bytes.count - end)
    }
}
