import CZlib
import Foundation

/// Compression for what is stored under version control: the same input always gives the same bytes.
public enum Gzip {
    /// `bytes` in the gzip format, without a name and without a time.
    /// - Parameter path: the file that it is for, for errors.
    public static func compress(_ bytes: [UInt8], path: String) throws -> [UInt8] {
        var stream = z_stream()
        // 15 bits of window, and 16 for gzip's framing; zlib then writes a modification time of 0.
        let status = deflateInit2_(
            &stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw fault(path, "zlib refused to start (\(status))") }
        defer { deflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
        var input = bytes
        let result = input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(clamping: source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(clamping: target.count)
                return deflate(&stream, Z_FINISH)
            }
        }
        guard result == Z_STREAM_END else { throw fault(path, "zlib stopped (\(result))") }
        return Array(output.prefix(Int(stream.total_out)))
    }

    /// What `bytes`, in the gzip format, stand for.
    /// - Parameters:
    ///   - limit: the most bytes that may come out, so that a small hostile file cannot fill the memory.
    ///   - path: the file that they come from, for errors.
    /// - Throws: `StoreError` with the codes `cutShort`, `malformed` or `tooLarge`.
    public static func decompress(_ bytes: [UInt8], limit: Int, path: String) throws -> [UInt8] {
        var stream = z_stream()
        let status = inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw fault(path, "zlib refused to start (\(status))") }
        defer { inflateEnd(&stream) }
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var input = bytes
        return try input.withUnsafeMutableBufferPointer { source in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(clamping: source.count)
            while true {
                let (status, count) = chunk.withUnsafeMutableBufferPointer { target in
                    stream.next_out = target.baseAddress
                    stream.avail_out = UInt32(target.count)
                    return (inflate(&stream, Z_NO_FLUSH), target.count - Int(stream.avail_out))
                }
                result += chunk[..<count]
                guard result.count <= limit else {
                    throw StoreError(
                        .tooLarge, path: path, reason: "unpacks to more than \(limit) bytes",
                        nextStep: "It was not written by Bootmark: accept the baseline again.")
                }
                if status == Z_STREAM_END { break }
                try check(status, progress: count, stream, of: source.count, path)
            }
            guard stream.avail_in == 0 else { throw malformed(path, "holds more than one stream") }
            return result
        }
    }

    private static func check(
        _ status: Int32, progress: Int, _ stream: z_stream, of size: Int, _ path: String
    ) throws {
        if status == Z_BUF_ERROR || (status == Z_OK && stream.avail_in == 0 && progress == 0) {
            throw StoreError(
                .cutShort, path: path, place: "byte \(size)", reason: "is cut short",
                nextStep: "Restore it from version control, or accept the baseline again.")
        }
        guard status == Z_OK else { throw malformed(path, "is not what gzip writes") }
    }

    private static func malformed(_ path: String, _ reason: String) -> StoreError {
        StoreError(
            .malformed, path: path, reason: reason,
            nextStep: "Restore it from version control, or accept the baseline again.")
    }

    private static func fault(_ path: String, _ reason: String) -> StoreError {
        StoreError(
            .notWritable, path: path, reason: "cannot be packed: \(reason)",
            nextStep: "This is a fault of Bootmark's own: please report it.")
    }
}
