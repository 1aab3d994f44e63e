import CZstd

/// Undoes the compression of `perf record -z`: one zstd stream over all compressed records.
///
/// A recording is never as repetitive as a bomb: beyond the limit of all records together, no more than
/// `Inflater.mostPerByte` may unfold from each compressed byte.
final class Decompressor {
    /// The most that the content of one record may unfold to: perf fills a record from 512 KB of data, unless it was
    /// told to keep more.
    private static let mostOfRecord = 64 << 20

    private let name: String
    /// How many bytes all records may unfold to without being compared with the compressed ones.
    private let limit: Int
    private let stream: OpaquePointer
    private var held: [UInt8] = []
    private var taken = 0
    private var unfolded = 0

    init(name: String, limit: Int = Inflater.limit) throws(ProfileError) {
        self.name = name
        self.limit = limit
        guard let stream = ZSTD_createDStream() else {
            throw ProfileError(
                .unreadable, file: name, "zstd could not be started",
                nextStep: "Free some memory and try again.")
        }
        self.stream = stream
        ZSTD_initDStream(stream)
    }

    deinit { ZSTD_freeDStream(stream) }

    /// Keeps the start of a record that the next compressed record goes on with.
    func keep(_ bytes: [UInt8]) { held = bytes }

    /// What was kept, and what `compressed` unfolds to.
    func decompress(_ compressed: UnsafeRawBufferPointer, at place: Int) throws(ProfileError) -> [UInt8] {
        var output = held
        held = []
        taken += compressed.count
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 8)
        defer { piece.deallocate() }
        var source = ZSTD_inBuffer(src: compressed.baseAddress, size: compressed.count, pos: 0)
        while true {
            var target = ZSTD_outBuffer(dst: piece.baseAddress, size: piece.count, pos: 0)
            let code = ZSTD_decompressStream(stream, &target, &source)
            guard ZSTD_isError(code) == 0 else {
                throw PerfDataFile.fault(name, .malformed, place, "its compressed data is damaged")
            }
            output.append(contentsOf: piece[..<target.pos])
            guard output.count <= Self.mostOfRecord else {
                throw PerfDataFile.fault(
                    name, .tooLarge, place, "a record unfolds to more than \(Self.mostOfRecord) bytes")
            }
            unfolded += target.pos
            guard unfolded <= limit || unfolded / Inflater.mostPerByte <= taken else {
                throw PerfDataFile.fault(
                    name, .tooLarge, place,
                    "more than \(limit) bytes unfold, over \(Inflater.mostPerByte) from each compressed one")
            }
            if source.pos == source.size, target.pos < target.size { return output }
        }
    }
}
