import Foundation

/// The right to write in a folder, held from `init` until the last reference goes, or the process ends.
///
/// The kernel gives it back whatever kills the process; it binds only those who ask for it.
final class FolderLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock by the file at `path`, which is made where it is missing, or by the folder at `path`.
    /// - Throws: `StoreError` with the code `locked` where another holds it.
    init(_ path: String, isFolder: Bool = false, whatToDo: String) throws {
        let flags = isFolder ? O_RDONLY | O_DIRECTORY : O_RDWR | O_CREAT | O_NOFOLLOW
        let descriptor = open(path, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw StoreError.system(errno, writing: path) }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let number = errno
            if number == EINTR { continue }
            // Network file systems may know no locks on folders; what follows is atomic without them too.
            if isFolder && number != EWOULDBLOCK { break }
            close(descriptor)
            throw number == EWOULDBLOCK
                ? StoreError(
                    .locked, path: path, reason: "is held by another Bootmark", nextStep: whatToDo)
                : StoreError.system(number, writing: path)
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
