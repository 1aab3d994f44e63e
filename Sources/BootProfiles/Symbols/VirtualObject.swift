import CElfutils
import Glibc

/// The code that the kernel maps into every process, as this process has it: `clock_gettime` and a few others.
enum VirtualObject {
    /// What recordings and maps call it.
    static let name = "[vdso]"

    /// Where a copy of it can be opened; nil where this process has none. The copy lives as long as the process.
    static let path: String? = {
        guard let image = image(), let file = memfd() else { return nil }
        var written = 0
        while written < image.count {
            let count = write(file, image.baseAddress.map { $0 + written }, image.count - written)
            guard count > 0 else {
                close(file)
                return nil
            }
            written += count
        }
        return "/proc/self/fd/\(file)"
    }()

    /// A file in memory, closed where another program is started.
    private static func memfd() -> Int32? {
        let file = memfd_create("vdso", 1)
        return file >= 0 ? file : nil
    }

    /// The image in this process's memory.
    private static func image() -> UnsafeRawBufferPointer? {
        guard let stream = try? ByteStream(.file("/proc/self/maps")) else { return nil }
        var image: UnsafeRawBufferPointer?
        try? stream.forEachChunk { (chunk, _) throws(ProfileError) in
            for line in chunk.split(separator: 0x0A)
            where line.suffix(name.utf8.count).elementsEqual(name.utf8) {
                // 7ffd1c5f0000-7ffd1c5f2000 r-xp …
                let range = String(decoding: line.prefix { $0 != 0x20 }, as: UTF8.self).split(separator: "-")
                guard range.count == 2, let start = UInt(range[0], radix: 16),
                    let end = UInt(range[1], radix: 16),
                    end > start, end - start <= 1 << 20
                else { continue }
                image = UnsafeRawBufferPointer(
                    start: UnsafeRawPointer(bitPattern: start), count: Int(end - start))
            }
        }
        return image
    }
}
