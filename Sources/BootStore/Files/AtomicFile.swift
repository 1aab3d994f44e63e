import Foundation

/// A file that is replaced as a whole: readers see the old contents or the new, whatever dies in between.
public enum AtomicFile {
    /// Replaces the file at `path` by `bytes`.
    ///
    /// The bytes go to a new file in the same folder, which is flushed to the disk and renamed over the old
    /// one; then the folder is flushed. A failure leaves the old file as it was, and no other file.
    /// - Parameter mode: the new file's permissions, before the process's mask.
    /// - Throws: `StoreError` with the codes `diskFull`, `notWritable` or `missing` (no such folder).
    public static func write(_ bytes: some Sequence<UInt8>, to path: String, mode: UInt32 = 0o644) throws {
        guard !path.utf8.contains(0), !path.isEmpty else {
            throw StoreError(
                .notWritable, path: path, reason: "is not a path", nextStep: "Name another file.")
        }
        let temporary = temporaryPath(for: path)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw failure(errno, path) }
        do {
            try fill(descriptor, with: bytes, path: path)
            guard rename(temporary, path) == 0 else { throw failure(errno, path) }
        } catch {
            unlink(temporary)
            throw error
        }
        try flushFolder(of: path)
    }

    /// Makes the names in the folder that holds `path` survive a loss of power.
    static func flushFolder(of path: String) throws {
        try flush(folder: folder(of: path))
    }

    /// Makes the names in `folder` survive a loss of power.
    static func flush(folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno, folder) }
        defer { close(descriptor) }
        // Some file systems cannot flush a folder and say so; their renames are as durable as they get.
        guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else {
            throw failure(errno, folder)
        }
    }

    /// Removes what writers that were killed have left beside `path`. Only for who holds the folder's lock.
    static func removeLeftovers(besides path: String) {
        let folder = folder(of: path)
        let prefix = temporaryPrefix(for: path)
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for entry in entries where entry.hasPrefix(prefix) && entry.hasSuffix(".tmp") {
            unlink(folder + "/" + entry)
        }
    }

    /// Writes everything, flushes and closes; the descriptor is closed in any case.
    private static func fill(_ descriptor: Int32, with bytes: some Sequence<UInt8>, path: String) throws {
        let contents = Array(bytes)
        do {
            var written = 0
            while written < contents.count {
                let count = contents.withUnsafeBytes { buffer in
                    Foundation.write(
                        descriptor, buffer.baseAddress.map { $0 + written }, contents.count - written)
                }
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { throw failure(count == 0 ? ENOSPC : errno, path) }
                written += count
            }
            guard fsync(descriptor) == 0 else { throw failure(errno, path) }
        } catch {
            close(descriptor)
            throw error
        }
        // Network file systems report a full disk only here.
        guard close(descriptor) == 0 else { throw failure(errno, path) }
    }

    private static func failure(_ number: Int32, _ path: String) -> StoreError {
        guard number == ENOENT || number == ENOTDIR else { return .system(number, writing: path) }
        return StoreError(
            .missing, path: folder(of: path), reason: "is not a folder",
            nextStep: "Make it first, or name another place.")
    }

    private static func folder(of path: String) -> String {
        let folder = path.parentFolder
        return folder.isEmpty ? "." : folder
    }

    private static func temporaryPrefix(for path: String) -> String {
        "." + path.lastPathPart + "."
    }

    private static func temporaryPath(for path: String) -> String {
        let suffix = String(UInt32.random(in: 0...UInt32.max), radix: 16)
        return "\(folder(of: path))/\(temporaryPrefix(for: path))\(getpid()).\(suffix).tmp"
    }
}
