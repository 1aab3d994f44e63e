import Glibc

/// Where the guest's first serial port ends on the host: a pipe, whose bytes arrive at once, or in an exact or
/// profiled boot a file, which never makes QEMU wait and whose growth tells which instruction wrote which byte.
struct SerialEnd: ~Copyable {
    /// What QEMU writes to.
    let path: String
    /// What the runner reads from.
    let descriptor: Int32

    /// An end in a boot's private folder.
    /// - Throws: `RunnerError` where the folder cannot hold it.
    init(in folder: String, asFile isFile: Bool) throws {
        let path = Self.path(in: folder)
        let descriptor = isFile ? try Self.openedFile(at: path) : try NamedPipe.opened(at: path)
        self.path = path
        self.descriptor = descriptor
    }

    private static func openedFile(at path: String) throws -> Int32 {
        let descriptor = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw RunnerError(
                .environment, "\(path) could not be made: \(systemMessage(errno)).",
                next: "Set TMPDIR to a folder of your own with free space.")
        }
        return descriptor
    }

    /// The end's path in a boot's private folder.
    static func path(in folder: String) -> String { "\(folder)/serial" }

    deinit { close(descriptor) }
}
