import BootStore
import Foundation

/// A turn that tests take at something that they share, over tasks and processes.
///
/// It is a lock on a file, so it ends with its holder, however that ends.
enum Turn {
    /// Does something while nobody else has the turn at `path`; waits for it without holding a thread.
    /// - Throws: `GateError` where the file cannot be made, or what `body` throws.
    static func taking<Value: Sendable>(
        _ path: String, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        let folder = path.parentFolder
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw GateError(
                "\(folder) cannot be made a folder: \(error.localizedDescription). Name another one in BOOTMARK_REPORTS."
            )
        }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else {
            throw GateError(
                "\(path) cannot be written: \(String(cString: strerror(errno))). Check the folder's rights, or name another one in BOOTMARK_REPORTS."
            )
        }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 { try await Task.sleep(for: .milliseconds(50)) }
        return try await body()
    }
}
