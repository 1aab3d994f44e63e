import Glibc

/// Bytes that can be read at any place: a file that is not read as a whole, or an array.
final class RandomAccess {
    let name: String
    let size: Int
    private let descriptor: Int32?
    private let held: [UInt8]

    /// The file at `path`; nil where it cannot be opened or is no regular file.
    init?(path: String) {
        let opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard opened >= 0 else { return nil }
        var information = stat()
        guard fstat(opened, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            close(opened)
            return nil
        }
        name = path
        size = Int(information.st_size)
        descriptor = opened
        held = []
    }

    /// Bytes in memory.
    init(_ bytes: [UInt8], name: String) {
        self.name = name
        size = bytes.count
        descriptor = nil
        held = bytes
    }

    deinit {
        if let descriptor { close(descriptor) }
    }

    /// The `count` bytes at `offset`.
    ///
    /// - Throws: `ProfileError` where the file ends before.
    func bytes(_ offset: Int, _ count: Int) throws(ProfileError) -> [UInt8] {
        guard offset >= 0, count >= 0, offset <= size, count <= size - offset else { throw cut(at: offset) }
        var got = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            got = read(offset, UnsafeMutableRawBufferPointer(buffer))
            filled = got
        }
        guard got == count else { throw cut(at: offset + got) }
        return bytes
    }

    /// Reads what there is at `offset` into `target`; the number of bytes, fewer than asked at the end.
    func read(_ offset: Int, _ target: UnsafeMutableRawBufferPointer) -> Int {
        guard offset >= 0, offset < size, target.count > 0 else { return 0 }
        guard let descriptor else {
            let count = min(target.count, size - offset)
            held.withUnsafeBytes {
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<(offset + count)]))
            }
            return count
        }
        var done = 0
        while done < target.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: target[done...])
            let got = pread(descriptor, rest.baseAddress, rest.count, offset + done)
            if got < 0, errno == EINTR { continue }
            if got <= 0 { break }
            done += got
        }
        return done
    }

    private func cut(at offset: Int) -> ProfileError {
        ProfileError(
            .truncated, file: name, at: .byte(min(offset, size)), "it ends before what it announces",
            nextStep: "Record or copy it again, or read what there is with --partial.")
    }
}
