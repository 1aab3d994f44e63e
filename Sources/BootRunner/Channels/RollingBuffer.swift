/// The last of what a channel delivered: enough to find a match that spans pieces, and to say what was
/// last seen.
struct RollingBuffer {
    /// How much is kept at least, where so much has come, in bytes.
    static let kept = 64 * 1024

    /// The bytes kept.
    private(set) var bytes: [UInt8] = []
    /// How many bytes have come in all.
    private(set) var total = 0
    /// Whether bytes were dropped at the front, so that the first one kept may stand within a line.
    var isCut: Bool { total > bytes.count }

    /// Adds a piece; gives the number of bytes that were dropped at the front to make room.
    mutating func append(_ piece: UnsafeRawBufferPointer) -> Int {
        bytes.append(contentsOf: piece)
        total += piece.count
        guard bytes.count > 4 * Self.kept else { return 0 }
        let dropped = bytes.count - Self.kept
        bytes.removeFirst(dropped)
        return dropped
    }

    /// The line that holds byte `place` of `bytes`, without its end, at most 400 bytes of it.
    func line(at place: Int) -> ArraySlice<UInt8> {
        let isEnd = { (byte: UInt8) in byte == 10 || byte == 13 }
        let start = bytes[..<place].lastIndex(where: isEnd).map { $0 + 1 } ?? 0
        let end = bytes[place...].firstIndex(where: isEnd) ?? bytes.endIndex
        return bytes[start..<end].prefix(400)
    }

    /// The last line that holds anything visible, at most 400 bytes of it.
    var lastLine: ArraySlice<UInt8> {
        guard let last = bytes.lastIndex(where: { $0 > 32 }) else { return [] }
        return line(at: last)
    }
}
