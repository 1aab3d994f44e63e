import Foundation
import Glibc

/// A temporary folder that only this user can enter and that goes with its owner.
struct PrivateFolder: ~Copyable {
    /// Its path.
    let path: String

    /// Makes a folder under TMPDIR, or under /tmp where that is too long for a socket's path.
    /// - Throws: `RunnerError` where none can be made.
    init() throws {
        let wanted = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        // A socket's path holds 107 bytes.
        let parent = wanted.utf8.count <= 70 && !wanted.isEmpty ? wanted : "/tmp"
        var template = Array("\(parent)/bootmark-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw RunnerError(
                .environment, "No temporary folder could be made in \(parent): \(systemMessage(errno)).",
                next: "Set TMPDIR to a folder that you may write to and that has space.")
        }
        path = template.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
