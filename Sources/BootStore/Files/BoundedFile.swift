import Foundation

/// Reading of files that somebody else may have made: never more than a limit, never a pipe that blocks.
public enum BoundedFile {
    /// The whole file, where it is a plain file of at most `limit` bytes.
    /// - Throws: `StoreError` with the codes `missing`, `unreadable` or `tooLarge`.
    public static func read(_ path: String, limit: Int) throws -> [UInt8] {
        let (descriptor, size) = try openPlain(path)
        defer { close(descriptor) }
        guard size <= limit else {
            throw StoreError(
                .tooLarge, path: path, reason: "has \(size) bytes, more than the \(limit) that belong there",
                nextStep: "It was not written by Bootmark: name the right file.")
        }
        return try read(descriptor, path: path, atMost: limit)
    }

    /// The last bytes of a plain file, at most `limit`; nothing where there is no such file.
    static func tail(of path: String, limit: Int) throws -> [UInt8] {
        let descriptor: Int32
        let size: Int
        do {
            (descriptor, size) = try openPlain(path)
        } catch let error where error.code == .missing {
            return []
        }
        defer { close(descriptor) }
        guard lseek(descriptor, max(0, size - limit), SEEK_SET) >= 0 else {
            throw StoreError.system(errno, reading: path)
        }
        return try read(descriptor, path: path, atMost: limit)
    }

    private static func openPlain(_ path: String) throws(StoreError) -> (descriptor: Int32, size: Int) {
        // Without O_NONBLOCK, opening a named pipe would wait for its writer.
        let descriptor = path.utf8.contains(0) ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(path.utf8.contains(0) ? ENOENT : errno, reading: path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw StoreError(
                .unreadable, path: path, reason: "is not a plain file",
                nextStep: "Name a file, or the folder of a run where one is asked for.")
        }
        return (descriptor, Int(status.st_size))
    }

    private static func read(_ descriptor: Int32, path: String, atMost limit: Int) throws -> [UInt8] {
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while contents.count < limit {
            let wanted = min(buffer.count, limit - contents.count)
            let count = buffer.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, wanted) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw StoreError.system(errno, reading: path) }
            if count == 0 { break }
            contents += buffer[..<count]
        }
        return contents
    }
}
