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

    /// The `count` bytes at `offset`, of which only what is looked at is read.
    ///
    /// - Throws: `ProfileError` where the file ends before.
    func lazyBytes(_ offset: Int, _ count: Int) throws(ProfileError) -> FileBytes {
        guard offset >= 0, count >= 0, offset <= size, count <= size - offset else { throw cut(at: offset) }
        guard let descriptor, let mapped = FileBytes(descriptor, offset, count) else {
            return FileBytes(try bytes(offset, count))
        }
        return mapped
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

/// Bytes that stay where they are: an array, or a part of a file that is mapped.
///
/// Mapping costs no memory for tables of which little is looked at. It is for files that programs were loaded
/// from, which are replaced as a whole: a file that is cut while it is mapped ends whoever reads it.
final class FileBytes {
    /// How many they are.
    let count: Int
    private let held: [UInt8]
    private let mapping: UnsafeMutableRawBufferPointer?
    private let start: Int

    /// Bytes in memory.
    init(_ bytes: [UInt8]) {
        count = bytes.count
        held = bytes
        mapping = nil
        start = 0
    }

    /// The `count` bytes at `offset` of the open file `descriptor`, which has them; nil where it cannot be mapped.
    init?(_ descriptor: Int32, _ offset: Int, _ count: Int) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        start = offset % page
        guard count > 0,
            let base = mmap(nil, start + count, PROT_READ, MAP_PRIVATE, descriptor, offset - start),
            base != MAP_FAILED
        else { return nil }
        self.count = count
        held = []
        mapping = UnsafeMutableRawBufferPointer(start: base, count: start + count)
    }

    deinit {
        if let mapping { munmap(mapping.baseAddress, mapping.count) }
    }

    /// Calls `body` with the bytes.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        guard let mapping else { return try held.withUnsafeBytes(body) }
        return try body(UnsafeRawBufferPointer(rebasing: mapping[start...]))
    }
}
