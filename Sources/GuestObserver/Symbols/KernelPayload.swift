import CLZ4
import CLZMA
import CZlib
import CZstd

/// The compressed part of a kernel image, in whatever way it was compressed: each by its own library.
enum KernelPayload {
    /// The largest kernel that is unpacked, in bytes; a Debian kernel has 60 MB.
    static let sizeLimit = 1 << 29

    /// Why a payload cannot be unpacked.
    enum Failure: Error, Equatable {
        case unknownFormat
        case damaged
        case tooLarge
    }

    /// Unpacks `payload`, which may be followed by other bytes.
    static func unpack(_ payload: ArraySlice<UInt8>, limit: Int = sizeLimit) throws(Failure) -> [UInt8] {
        let input = Array(payload)
        let output: [UInt8]
        if input.starts(with: [0x1f, 0x8b]) {
            output = try gunzip(input, limit: limit)
        } else if input.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a]) {
            output = try unlzma(input, limit: limit, isXZ: true)
        } else if input.starts(with: [0x5d, 0x00, 0x00]) {
            output = try unlzma(input, limit: limit, isXZ: false)
        } else if input.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) {
            output = try unzstd(input, limit: limit)
        } else if input.starts(with: [0x02, 0x21, 0x4c, 0x18]) {
            output = try unlz4(input, limit: limit)
        } else {
            throw .unknownFormat
        }
        guard !output.isEmpty else { throw .damaged }
        return output
    }

    private static let chunkSize = 1 << 20

    private static func gunzip(_ input: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        var stream = z_stream()
        // 15 bits of window, and 16 more for the header of gzip.
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(&stream, 31, ZLIB_VERSION, size) == Z_OK else { throw .damaged }
        defer { inflateEnd(&stream) }
        var source = input
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: chunkSize)
        var status = Z_OK
        let isWhole = source.withUnsafeMutableBufferPointer { source in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(clamping: source.count)
            while status == Z_OK && output.count <= limit {
                let count = chunk.withUnsafeMutableBufferPointer { chunk in
                    stream.next_out = chunk.baseAddress
                    stream.avail_out = UInt32(chunk.count)
                    status = inflate(&stream, Z_NO_FLUSH)
                    return chunk.count - Int(stream.avail_out)
                }
                output += chunk[0..<count]
            }
            return status == Z_STREAM_END
        }
        guard output.count <= limit else { throw .tooLarge }
        guard isWhole else { throw .damaged }
        return output
    }

    private static func unlzma(_ input: [UInt8], limit: Int, isXZ: Bool) throws(Failure) -> [UInt8] {
        var stream = lzma_stream()
        let memory = UInt64(1) << 30
        let begun = isXZ ? lzma_stream_decoder(&stream, memory, 0) : lzma_alone_decoder(&stream, memory)
        guard begun == LZMA_OK else { throw .damaged }
        defer { lzma_end(&stream) }
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: chunkSize)
        var status = LZMA_OK
        input.withUnsafeBufferPointer { source in
            stream.next_in = source.baseAddress
            stream.avail_in = source.count
            while status == LZMA_OK && output.count <= limit {
                let count = chunk.withUnsafeMutableBufferPointer { chunk in
                    stream.next_out = chunk.baseAddress
                    stream.avail_out = chunk.count
                    status = lzma_code(&stream, LZMA_RUN)
                    return chunk.count - stream.avail_out
                }
                output += chunk[0..<count]
            }
        }
        guard output.count <= limit else { throw .tooLarge }
        guard status == LZMA_STREAM_END else { throw .damaged }
        return output
    }

    private static func unzstd(_ input: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        guard let stream = ZSTD_createDStream() else { throw .damaged }
        defer { ZSTD_freeDStream(stream) }
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: chunkSize)
        var remaining = 1
        input.withUnsafeBytes { source in
            var from = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
            // 0 says that a frame is whole; what lies behind it is none of ours.
            while remaining != 0 && ZSTD_isError(remaining) == 0 && output.count <= limit {
                let before = from.pos
                let count = chunk.withUnsafeMutableBytes { chunk in
                    var into = ZSTD_outBuffer(dst: chunk.baseAddress, size: chunk.count, pos: 0)
                    remaining = ZSTD_decompressStream(stream, &into, &from)
                    return into.pos
                }
                if count == 0 && from.pos == before { break }
                output += chunk[0..<count]
            }
        }
        guard output.count <= limit else { throw .tooLarge }
        guard remaining == 0 else { throw .damaged }
        return output
    }

    /// The kernel uses lz4's legacy format: a magic number, then blocks of up to 8 MiB behind their sizes.
    private static func unlz4(_ input: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        var output: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 8 << 20)
        var at = 4
        while at + 4 <= input.count {
            let size = input.withUnsafeBytes {
                Int($0.loadUnaligned(fromByteOffset: at, as: UInt32.self).littleEndian)
            }
            at += 4
            // Behind the last block comes the size of the whole, which is no block.
            guard size > 0, size <= input.count - at else { break }
            let count = input.withUnsafeBytes { source in
                block.withUnsafeMutableBytes { target in
                    LZ4_decompress_safe(
                        source.baseAddress.map { ($0 + at).assumingMemoryBound(to: CChar.self) },
                        target.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(size),
                        Int32(target.count))
                }
            }
            guard count >= 0 else { break }
            output += block[0..<Int(count)]
            guard output.count <= limit else { throw .tooLarge }
            at += size
        }
        return output
    }
}
