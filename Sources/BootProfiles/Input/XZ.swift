import CLZMA

/// Unpacks what xz packed.
enum XZ {
    /// What the decoder may need for itself; the strongest of xz's own settings need 65 MB.
    private static let memory: UInt64 = 128 << 20

    /// What `packed` holds; nil where it is damaged, cut, or unfolds to more than `limit` bytes.
    static func unpacked(_ packed: [UInt8], limit: Int) -> [UInt8]? {
        var stream = lzma_stream()
        guard lzma_stream_decoder(&stream, memory, 0) == LZMA_OK else { return nil }
        defer { lzma_end(&stream) }
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        var status = LZMA_OK
        packed.withUnsafeBufferPointer { packed in
            stream.next_in = packed.baseAddress
            stream.avail_in = packed.count
            while status == LZMA_OK, output.count <= limit {
                let count = piece.withUnsafeMutableBufferPointer { piece in
                    stream.next_out = piece.baseAddress
                    stream.avail_out = piece.count
                    status = lzma_code(&stream, LZMA_FINISH)
                    return piece.count - stream.avail_out
                }
                output += piece[..<count]
            }
        }
        return status == LZMA_STREAM_END && output.count <= limit ? output : nil
    }
}
