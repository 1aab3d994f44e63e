import CBootLauncher
import Glibc

/// A way to stop a run from another thread or from a signal handler: once raised, it stays so.
public final class StopSignal: Sendable {
    /// Becomes readable when the run is to stop.
    let descriptor: Int32

    /// A signal that nobody has raised.
    public init() { descriptor = bootmark_event() }

    deinit { close(descriptor) }

    /// Stops the run: the boot in flight is ended and recorded as interrupted. Safe to call from anywhere.
    public func raise() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    /// Whether it was raised.
    public var isRaised: Bool {
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&watched, 1, 0) > 0
    }
}
