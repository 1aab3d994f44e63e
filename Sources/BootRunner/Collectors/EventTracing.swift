import BootModel
import BootStore
import Foundation
import Glibc
import Synchronization

/// Keeps QEMU's own trace events of a boot, as its log writes them, and counts them by phase.
final class EventTracing: BootCollector {
    let qemuArguments: [String]
    private let pipe: NamedPipe
    private let file: Int32
    private let output: String
    private let reader = Reader()
    private var milestones: [(name: String, at: Double)] = []

    /// The most that is kept of a boot's log, in bytes; what comes behind it is counted all the same.
    static let limit = 64 << 20
    /// The file that keeps the log, in the boot's folder.
    static let name = "trace.log"

    /// Follows the events that `patterns` name; the log goes to the folder `output`, its pipe to `folder`.
    init(_ patterns: [String], folder: String, output: String) throws {
        self.output = output
        pipe = try NamedPipe(at: "\(folder)/trace")
        let path = "\(output)/\(Self.name)"
        file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw RunnerError(
                .environment, "\(path) could not be written: \(systemMessage(errno)).",
                next: "Free some space or check the folder's rights, then go on with --resume.")
        }
        qemuArguments =
            patterns.flatMap { ["-trace", "enable=\(QEMUOption.escaped($0))"] }
            + ["-msg", "timestamp=on", "-D", pipe.path]
    }

    deinit { close(file) }

    func attach(to process: Int32) {
        milestones = [(BootScript.powerOn, Date().timeIntervalSince1970)]
        let (source, file, reader) = (pipe.descriptor, file, reader)
        let thread = Thread {
            reader.read(source, into: file)
            reader.hasEnded.signal()
        }
        thread.name = "bootmark-trace"
        thread.start()
    }

    func reached(_ milestone: String, atByte byte: Int?) {
        milestones.append((milestone, Date().timeIntervalSince1970))
    }

    func freeze() {}

    func collect() -> Collected {
        reader.isOver.store(true, ordering: .releasing)
        // QEMU is gone: what is still in the pipe is all that there will be.
        guard reader.hasEnded.wait(timeout: .now() + 60) == .success else {
            return Collected(notes: ["the trace's reader did not end"])
        }
        let count = reader.counted
        var notes = count.notes(milestones)
        do {
            let table = RunFolder.HotTable.events.fileName
            try AtomicFile.write(count.table(milestones), to: "\(output)/\(table)")
        } catch {
            notes.append("the table of the trace's events could not be kept: \(error)")
        }
        return Collected(notes: notes)
    }
}

extension EventTracing {
    /// Empties the pipe on a thread of its own: QEMU waits where nobody reads.
    private final class Reader: Sendable {
        let isOver = Atomic(false)
        let hasEnded = DispatchSemaphore(value: 0)
        private let state = Mutex(TraceCount())

        var counted: TraceCount { state.withLock { $0 } }

        func read(_ source: Int32, into file: Int32) {
            var piece = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let wasOver = isOver.load(ordering: .acquiring)
                var watched = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
                let ready = poll(&watched, 1, wasOver ? 0 : 100)
                let count = ready > 0 ? Glibc.read(source, &piece, piece.count) : 0
                if count > 0 {
                    state.withLock { $0.take(piece[..<count], keeping: file) }
                } else if wasOver {
                    return
                }
            }
        }
    }
}
