import CRenameAt2
import Foundation

/// A folder that takes the place of another as a whole.
enum FolderSwap {
    /// Puts the folder `incoming` in the place of `target`, and removes what was there.
    ///
    /// Where the file system can exchange two names, a reader always finds the old folder or the new one.
    /// Where it cannot, `target` is first renamed to `outgoing`, so that a reader who finds no `target`
    /// must look there. Only for who holds the lock on the parent.
    static func put(_ incoming: String, inPlaceOf target: String, outgoing: String) throws {
        try remove(outgoing)
        var status = stat()
        guard lstat(target, &status) == 0 else {
            try move(incoming, to: target)
            return try AtomicFile.flushFolder(of: target)
        }
        guard try exchange(incoming, target) else {
            return try moveAside(incoming, inPlaceOf: target, outgoing: outgoing)
        }
        try AtomicFile.flushFolder(of: target)
        try remove(incoming)
    }

    /// Exchanges two names in one step; false where the file system cannot.
    static func exchange(_ one: String, _ other: String) throws -> Bool {
        let renameExchange: UInt32 = 2  // linux/fs.h
        if renameat2(AT_FDCWD, one, AT_FDCWD, other, renameExchange) == 0 { return true }
        guard [EINVAL, ENOSYS, ENOTSUP].contains(errno) else {
            throw StoreError.system(errno, writing: other)
        }
        return false
    }

    /// The two steps for file systems that cannot exchange.
    static func moveAside(_ incoming: String, inPlaceOf target: String, outgoing: String) throws {
        try move(target, to: outgoing)
        do {
            try move(incoming, to: target)
        } catch {
            rename(outgoing, target)
            throw error
        }
        try AtomicFile.flushFolder(of: target)
        try remove(outgoing)
    }

    /// Removes a folder with all that is in it; nothing happens where it is missing.
    static func remove(_ path: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw StoreError(
                .notWritable, path: path, reason: "cannot be removed", nextStep: "Remove it by hand.")
        }
    }

    private static func move(_ path: String, to target: String) throws {
        guard rename(path, target) == 0 else { throw StoreError.system(errno, writing: target) }
    }
}
