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
    private let reader = Reader()
    private var milestones: [(name: String, at: Double)] = []

    /// The most that is kept of a boot's log, in bytes; what comes behind it is counted all the same.
    static let limit = 64 << 20
    /// The file that keeps the log, in the boot's folder.
    static let name = "trace.log"

    /// Follows the events that `patterns` name; the log goes to the folder `output`, its pipe to `folder`.
    init(_ patterns: [String], folder: String, output: String) throws {
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
        return Collected(notes: reader.counted.notes(milestones))
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

/// How often each event came, and when.
struct TraceCount: Sendable {
    /// The most kinds of events and moments that are told apart.
    private static let most = 4_096
    private var line: [UInt8] = []
    private var kept = 0
    private var isCut = false
    private var fault: Int32?
    /// By event: how often it came in each hundredth of a second, since 1970.
    private var moments: [String: [Int64: Int]] = [:]
    private var others = 0

    /// Takes a piece of the log, and writes it to `file` as far as there is room.
    mutating func take(_ piece: ArraySlice<UInt8>, keeping file: Int32) {
        if !isCut {
            // Whole lines alone are kept: what is cut ends where an event does.
            let room = EventTracing.limit - kept
            let part = piece.count <= room ? piece : piece.prefix(room)
            isCut = part.count < piece.count
            write(part, to: file)
        }
        var rest = piece
        while let end = rest.firstIndex(of: 10) {
            line += rest[..<end]
            count(line)
            line.removeAll(keepingCapacity: true)
            rest = rest[(end + 1)...]
        }
        if line.count < 1 << 16 { line += rest }
    }

    private mutating func write(_ bytes: ArraySlice<UInt8>, to file: Int32) {
        var rest = bytes
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                fault = errno
                isCut = true
                return
            }
            kept += written
            rest = rest.dropFirst(written)
        }
    }

    /// Takes `8538@1795499828.546932:apic_local_deliver vector 3`.
    private mutating func count(_ line: [UInt8]) {
        guard let at = line.firstIndex(of: UInt8(ascii: "@")),
            let colon = line[at...].firstIndex(of: UInt8(ascii: ":")),
            let time = Double(String(decoding: line[(at + 1)..<colon], as: UTF8.self))
        else { return others += 1 }
        let name = line[(colon + 1)...].prefix { $0 != 32 }
        guard name.allSatisfy({ $0 == 95 || $0 &- 48 < 10 || ($0 | 32) &- 97 < 26 }), !name.isEmpty else {
            return others += 1
        }
        let event = String(decoding: name, as: UTF8.self)
        guard moments[event] != nil || moments.count < Self.most else { return others += 1 }
        moments[event, default: [:]][Int64(time * 100), default: 0] += 1
    }

    /// What was seen, a line for each phase: `trace of kernel: 1,204 events, pic_set_irq 900, …`.
    ///
    /// - Parameter milestones: when the phases began and when the boot ended, in seconds since 1970.
    func notes(_ milestones: [(name: String, at: Double)]) -> [String] {
        let total = moments.values.reduce(0) { $0 + $1.values.reduce(0, +) }
        guard total > 0 else { return ["trace: none of the events came in this boot"] }
        var notes: [String] = []
        for (place, phase) in milestones.enumerated() {
            let end = place + 1 < milestones.count ? milestones[place + 1].at : .infinity
            // Milestones reach the runner a moment after the guest wrote them, so a hundredth is as good as it gets.
            let counts = moments.mapValues { times in
                times.reduce(0) { sum, moment in
                    let time = Double(moment.key) / 100
                    let isFirst = place == 0 && time < phase.at
                    return isFirst || (time >= phase.at && time < end) ? sum + moment.value : sum
                }
            }.filter { $0.value > 0 }
            let all = counts.values.reduce(0, +)
            guard all > 0 else { continue }
            let most = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(5)
            let named = most.map { "\($0.key) \(Quantity.exactText(Double($0.value)))" }.joined(
                separator: ", ")
            let name = phase.name == BootScript.booted ? "what came after the boot" : phase.name
            notes.append("trace of \(name): \(Quantity.exactText(Double(all))) events, \(named)")
        }
        if isCut {
            notes.append(
                fault.map { "\(EventTracing.name) was cut: \(systemMessage($0))" }
                    ?? "\(EventTracing.name) was cut at \(EventTracing.limit >> 20) MiB; give fewer events to --trace"
            )
        }
        return notes
    }
}
