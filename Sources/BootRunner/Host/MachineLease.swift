import BootModel
import Glibc

/// The right to measure on this machine: one measured boot at a time, over all processes and users.
///
/// Two boots that overlap would measure each other. The lease is a lock on a file, so it ends with its
/// holder, however that ends.
public struct MachineLease: ~Copyable {
    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    /// Waits until no other boot is measured on this machine; nil where `stop` was raised while it waited.
    ///
    /// Who waits stands at a second lock, which the next one has to pass too: so a run that takes boot after
    /// boot cannot come back before another had its turn.
    /// - Parameters:
    ///   - path: the lock's file; nil for the machine's own.
    ///   - stop: ends the waiting.
    ///   - waiting: called once, when the lease is not free at once.
    /// - Throws: `RunnerError` where the file cannot be opened.
    public static func acquire(
        at path: String? = nil, stop: StopSignal, waiting: @Sendable () -> Void
    ) async throws -> MachineLease? {
        let path = path ?? usualPath
        let queue = MachineLease(descriptor: try openLock(path + ".queue"))
        let lease = MachineLease(descriptor: try openLock(path))
        var isFirst = true
        for descriptor in [queue.descriptor, lease.descriptor] {
            while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
                if isFirst { waiting() }
                isFirst = false
                guard !stop.isRaised else { return nil }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        queue.end()
        return lease
    }

    /// Opens the lock's file, also where another user made it: the kernel refuses O_CREAT on somebody
    /// else's file in a folder that all may write to (fs.protected_regular).
    private static func openLock(_ path: String) throws -> Int32 {
        let existing = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if existing >= 0 { return existing }
        let made = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard made >= 0 else {
            throw RunnerError(
                .environment,
                "The lease on this machine, \(path), could not be opened: \(systemMessage(errno)).",
                next: "Remove it if it is not in use, or name another file in BOOTMARK_LEASE.")
        }
        return made
    }

    /// Gives the machine back.
    public consuming func end() {}

    deinit { close(descriptor) }

    /// BOOTMARK_LEASE, else a file in the folder for locks that all users share.
    static var usualPath: String {
        if let named = getenv("BOOTMARK_LEASE").map({ String(cString: $0) }), !named.isEmpty { return named }
        return (access("/run/lock", W_OK) == 0 ? "/run/lock" : "/tmp") + "/bootmark-measuring.lock"
    }
}
