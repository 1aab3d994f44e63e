import BootRunner
import Dispatch
import Glibc
import Synchronization

/// Ctrl-C and its like: while one of these lives, the boot in flight is ended and the run is saved.
final class Interruption {
    private let number = Received()
    private let sources: [any DispatchSourceSignal]

    private final class Received: Sendable {
        let number = Mutex<Int32>(0)
    }

    /// The signal that was received, or nil.
    var received: Int32? { number.number.withLock { $0 == 0 ? nil : $0 } }

    /// From now on SIGINT, SIGTERM and SIGHUP raise `stop`.
    init(raising stop: StopSignal) {
        sources = [SIGINT, SIGTERM, SIGHUP].map { [number] caught in
            signal(caught, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: caught, queue: .global())
            source.setEventHandler {
                number.number.withLock { $0 = caught }
                stop.raise()
            }
            source.resume()
            return source
        }
    }
}
