import BootRunner
import Dispatch
import Glibc
import Synchronization

/// Ctrl-C and its like: the boot in flight is ended, the run is saved, and a word says how to go on.
enum Interruption {
    private static let number = Mutex<Int32>(0)
    private static let sources = Mutex<[any DispatchSourceSignal]>([])

    /// The signal that was received, or nil.
    static var received: Int32? { number.withLock { $0 == 0 ? nil : $0 } }

    /// From now on SIGINT, SIGTERM and SIGHUP stop the run.
    static func forward(to stop: StopSignal) {
        for caught in [SIGINT, SIGTERM, SIGHUP] {
            signal(caught, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: caught, queue: .global())
            source.setEventHandler {
                number.withLock { $0 = caught }
                stop.raise()
            }
            source.resume()
            sources.withLock { $0.append(source) }
        }
    }
}
