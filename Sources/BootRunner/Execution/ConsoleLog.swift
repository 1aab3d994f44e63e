import Glibc

/// A channel's bytes in a file, as the guest wrote them.
///
/// Held in memory by the piece, so that a write a letter by the guest is not a write a letter by the runner;
/// cut at a limit, so that a guest that never stops talking does not fill the disk.
struct ConsoleLog: ~Copyable {
    /// The most that is kept, in bytes.
    static let limit = 16 << 20

    private let descriptor: Int32
    private let path: String
    private var pending: [UInt8] = []
    private var written = 0
    private(set) var failure: RunnerError?
    /// Whether the guest wrote more than is kept.
    private(set) var isCut = false

    /// A log at `path`.
    /// - Throws: `RunnerError` where the file cannot be made.
    init(at path: String) throws(RunnerError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.fault(path, errno) }
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Takes a piece.
    mutating func append(_ piece: UnsafeRawBufferPointer) {
        let room = Self.limit - written - pending.count
        if piece.count > room { isCut = true }
        guard room > 0 else { return }
        pending.append(contentsOf: piece.prefix(room))
        if pending.count >= 64 * 1024 { flush() }
    }

    /// Writes what is held.
    mutating func flush() {
        var rest = pending[...]
        while !rest.isEmpty, failure == nil {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                failure = Self.fault(path, errno)
            }
        }
        written += pending.count
        pending.removeAll(keepingCapacity: true)
    }

    private static func fault(_ path: String, _ number: Int32) -> RunnerError {
        RunnerError(
            .environment, "\(path) could not be written: \(systemMessage(number)).",
            next: "Free some space, then take the missing boots with --resume.")
    }
}
