import Glibc

/// The local socket on which the runner waits for QEMU's control connection.
struct ControlSocket: ~Copyable {
    /// Its path, in a private folder.
    let path: String
    /// The listening descriptor.
    let descriptor: Int32

    /// Listens at `path`.
    /// - Throws: `RunnerError` where the system does not let it.
    init(at path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        let fits = bytes.count < capacity
        if fits {
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        }
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard fits, descriptor >= 0, isBound, listen(descriptor, 1) == 0 else {
            let number = errno
            if descriptor >= 0 { close(descriptor) }
            throw RunnerError(
                .environment, "The control socket \(path) could not be made: \(systemMessage(number)).",
                next: "Set TMPDIR to a folder with a short path on a local file system.")
        }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
