import Foundation
import Glibc

/// A temporary folder that only this user can enter and that goes with its owner.
///
/// An owner that is ended by SIGKILL leaves its folder behind; the next one to make a folder removes it. The
/// lock that every owner holds on its own tells which are in use, over all processes.
struct PrivateFolder: ~Copyable {
    /// Its path.
    let path: String
    private let lock: Int32

    /// Makes a folder under TMPDIR, or under /tmp where a socket's path or perf's options could not name it.
    /// - Throws: `RunnerError` where none can be made.
    init() throws {
        let wanted = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        // A socket's path holds 107 bytes, and perf separates its pipes' paths by a comma.
        let isUsable = wanted.utf8.count <= 70 && !wanted.isEmpty && !wanted.contains(",")
        let parent = isUsable ? wanted : "/tmp"
        Self.removeAbandoned(in: parent)
        var template = Array("\(parent)/\(Self.prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw RunnerError(
                .environment, "No temporary folder could be made in \(parent): \(systemMessage(errno)).",
                next: "Set TMPDIR to a folder that you may write to and that has space.")
        }
        path = template.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
        lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        _ = flock(lock, LOCK_EX | LOCK_NB)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
        if lock >= 0 { close(lock) }
    }

    private static let prefix = "bootmark-boot-"

    /// Removes folders of this user's that nobody holds. A new one has a minute to be locked.
    private static func removeAbandoned(in parent: String) {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        for entry in entries where entry.hasPrefix(prefix) && entry.utf8.count == prefix.utf8.count + 6 {
            let descriptor = open(
                "\(parent)/\(entry)", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_uid == geteuid(),
                time(nil) - status.st_mtim.tv_sec > 60, flock(descriptor, LOCK_EX | LOCK_NB) == 0
            else { continue }
            try? FileManager.default.removeItem(atPath: "\(parent)/\(entry)")
        }
    }
}
