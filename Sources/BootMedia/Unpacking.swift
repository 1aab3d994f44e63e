import CArchive

/// Files that a boot loader unpacks on their way: GRUB does so with gzip, xz and lzop.
enum Unpacking {
    /// The bytes, unpacked where they are compressed in one of those ways, as they are otherwise.
    /// - Throws: `BootMediaError` of code `imageUnusable` where they are damaged, or `tooLarge`.
    static func unpacked(_ bytes: [UInt8], name: String, limit: Int) throws(BootMediaError) -> [UInt8] {
        let marks: [[UInt8]] = [
            [0x1f, 0x8b], [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], [0x89, 0x4c, 0x5a, 0x4f],
        ]
        guard marks.contains(where: { bytes.starts(with: $0) }) else { return bytes }
        guard let archive = archive_read_new() else {
            throw BootMediaError(.imageUnusable, place: name, reason: "there is no memory to unpack it")
        }
        defer { archive_read_free(archive) }
        archive_read_support_filter_gzip(archive)
        archive_read_support_filter_xz(archive)
        archive_read_support_filter_lzop(archive)
        archive_read_support_format_raw(archive)
        var output: [UInt8] = []
        var count = -1
        bytes.withUnsafeBytes { source in
            var entry: OpaquePointer?
            guard archive_read_open_memory(archive, source.baseAddress, source.count) == ARCHIVE_OK,
                archive_read_next_header(archive, &entry) == ARCHIVE_OK
            else { return }
            var chunk = [UInt8](repeating: 0, count: 1 << 20)
            repeat {
                count = archive_read_data(archive, &chunk, chunk.count)
                if count > 0 { output += chunk[0..<count] }
            } while count > 0 && output.count <= limit
        }
        guard output.count <= limit else {
            throw BootMediaError(.tooLarge, place: name, reason: "it unpacks to more than \(limit) bytes")
        }
        guard count == 0 else {
            throw BootMediaError(.imageUnusable, place: name, reason: "its compressed data is damaged")
        }
        return output
    }
}
