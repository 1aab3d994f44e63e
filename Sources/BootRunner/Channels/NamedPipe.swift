import CBootLauncher
import Glibc

/// A named pipe that QEMU writes to and the runner reads.
struct NamedPipe: ~Copyable {
    /// Its path.
    let path: String
    /// The reading end, which never blocks and never reports an end: the runner holds a writing end too.
    let descriptor: Int32

    /// Makes the pipe at `path`.
    /// - Throws: `RunnerError` where the folder cannot hold it.
    init(at path: String) throws {
        let descriptor = try Self.opened(at: path)
        self.path = path
        self.descriptor = descriptor
    }

    /// Makes a pipe and opens its reading end.
    static func opened(at path: String) throws -> Int32 {
        guard mkfifo(path, 0o600) == 0 else {
            throw RunnerError(
                .environment, "The pipe \(path) could not be made: \(systemMessage(errno)).",
                next: "Set TMPDIR to a folder on a local file system with free space.")
        }
        let descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw RunnerError(
                .environment, "The pipe \(path) could not be opened: \(systemMessage(errno)).",
                next: "Set TMPDIR to a folder of your own.")
        }
        // A guest that writes faster than the runner reads must not wait for it: that would be measured.
        bootmark_widen_pipe(descriptor)
        return descriptor
    }

    deinit { close(descriptor) }
}
