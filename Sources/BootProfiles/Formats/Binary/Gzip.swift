import CZlib

/// Compression as pprof's readers expect it.
enum Gzip {
    /// `bytes` in one member of gzip, without a time, so that equal bytes stay equal.
    static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var state = z_stream()
        guard
            deflateInit2_(
                &state, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return bytes }
        defer { deflateEnd(&state) }
        var input = bytes
        let room = Int(deflateBound(&state, UInt(bytes.count))) + 64
        return [UInt8](unsafeUninitializedCapacity: room) { output, count in
            input.withUnsafeMutableBufferPointer { buffer in
                state.next_in = buffer.baseAddress
                state.avail_in = UInt32(clamping: buffer.count)
                state.next_out = output.baseAddress
                state.avail_out = UInt32(clamping: room)
                _ = deflate(&state, Z_FINISH)
            }
            count = room - Int(state.avail_out)
        }
    }
}
