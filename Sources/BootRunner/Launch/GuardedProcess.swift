import BootModel
import CBootLauncher
import Glibc

/// A program that cannot outlive whoever started it: not its owner's scope, and not the runner's process,
/// even when that is ended by SIGKILL.
///
/// It is started stopped, so that collectors can attach before its first instruction, and goes on `release`.
/// (swift-subprocess, which runs everything else here, neither reports the resources that a program used nor
/// ends it when the runner is killed.)
struct GuardedProcess: ~Copyable {
    /// What a guard reports of its program.
    enum Report: Sendable {
        /// The program was let go, at this time of the monotonic clock.
        case started(Nanoseconds)
        /// The program could not be executed.
        case notExecuted(errno: Int32)
        /// The program ended.
        case ended(End)
    }

    /// How a program ended and what it used.
    struct End: Sendable, Hashable {
        /// Its exit status, or nil where a signal ended it.
        var exitStatus: Int32?
        /// The signal that ended it, or nil.
        var signal: Int32?
        /// When, on the monotonic clock.
        var at: Nanoseconds
        /// Processor time in user mode.
        var user: Nanoseconds
        /// Processor time in the kernel.
        var system: Nanoseconds
        /// The largest resident set, in bytes.
        var peakMemory: Int64
    }

    /// The name under which the program finds the folder that is shared with it: the same on every host.
    static let sharedFolder = "/proc/self/fd/3"

    /// The program's process id, which is also its process group.
    let identifier: pid_t
    /// Becomes readable with each report.
    let reports: Int32
    private let guardian: pid_t
    private let control: Int32

    /// Starts `arguments`, whose first is the program's full path, without letting it go yet.
    ///
    /// - Parameters:
    ///   - arguments: the program's path and its arguments; no shell sees them.
    ///   - environment: the whole environment.
    ///   - output: the descriptor for its standard output.
    ///   - error: the descriptor for its standard error.
    ///   - passed: at most two more descriptors, which it finds as its 3 and 4 where it shares no folder.
    ///   - processor: the processor that it is pinned to, or nil.
    ///   - folder: a folder that it finds under the name `sharedFolder`, or nil.
    /// - Throws: `RunnerError` where the system has no process to give.
    init(
        _ arguments: [String], environment: [String: String], output: Int32, error: Int32,
        passed: [Int32] = [], processor: Int? = nil, sharing folder: String? = nil
    ) throws {
        let shared = folder.map { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) } ?? -1
        defer { if shared >= 0 { close(shared) } }
        let given = (shared >= 0 ? [shared] : []) + passed
        var launched = bootmark_launched()
        let failure = arguments.withCStrings { arguments in
            environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                .withCStrings { environment in
                    var command = bootmark_command(
                        program: arguments[0]!, arguments: arguments, environment: environment, folder: nil,
                        output: output, error: error,
                        passed: (given.first ?? -1, given.dropFirst().first ?? -1),
                        processor: Int32(processor ?? -1))
                    return bootmark_launch(&command, &launched)
                }
        }
        guard failure == 0 else {
            throw RunnerError(
                .environment, "\(arguments.first ?? "") could not be started: \(systemMessage(failure)).",
                next: "Free some memory or raise the limit on processes (ulimit -u), then try again.")
        }
        identifier = launched.program
        reports = launched.reports
        guardian = launched.guard
        control = launched.control
    }

    /// Lets the program go.
    func release() {
        var order = UInt8(ascii: "G")
        _ = send(control, &order, 1, Int32(MSG_NOSIGNAL))
    }

    /// Sends a signal to the program's whole process group.
    func signal(_ number: Int32) {
        kill(-identifier, number)
    }

    /// Waits for the next report; nil when there are no more, or none within `timeout`.
    func nextReport(within timeout: Nanoseconds? = nil) -> Report? {
        if let timeout {
            var watched = pollfd(fd: reports, events: Int16(POLLIN), revents: 0)
            let milliseconds = Int32(clamping: timeout.count / 1_000_000)
            guard poll(&watched, 1, milliseconds) > 0 else { return nil }
        }
        var report = bootmark_report()
        let size = MemoryLayout<bootmark_report>.size
        guard read(reports, &report, size) == size else { return nil }
        switch UInt8(bitPattern: report.kind) {
        case UInt8(ascii: "S"):
            return .started(Nanoseconds(report.when))
        case UInt8(ascii: "X"):
            return .notExecuted(errno: report.error)
        default:
            let status = bootmark_exit_status(report.status)
            let signal = bootmark_end_signal(report.status)
            return .ended(
                End(
                    exitStatus: status >= 0 ? status : nil, signal: signal > 0 ? signal : nil,
                    at: Nanoseconds(report.when), user: Nanoseconds(report.user * 1000),
                    system: Nanoseconds(report.system * 1000), peakMemory: report.resident * 1024))
        }
    }

    /// Waits until the program has ended, and kills it where it has not within `limit`.
    consuming func end(within limit: Nanoseconds) -> End? {
        let deadline = Clock.now + limit
        while let report = nextReport(within: max(.zero, deadline - Clock.now)) {
            if case .ended(let end) = report { return end }
            if case .notExecuted = report { return nil }
        }
        signal(SIGKILL)
        while let report = nextReport(within: .seconds(5)) {
            if case .ended(let end) = report { return end }
        }
        return nil
    }

    deinit {
        // The guard kills the program's group when this closes, and then ends itself.
        close(control)
        close(reports)
        var status: Int32 = 0
        while waitpid(guardian, &status, 0) < 0, errno == EINTR { continue }
    }
}

/// The host's monotonic clock.
enum Clock {
    /// Now.
    static var now: Nanoseconds { Nanoseconds(bootmark_monotonic()) }
}

extension [String] {
    /// These strings as C takes an argument vector: pointers that end with NULL, valid during `body`.
    func withCStrings<Result>(
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) throws -> Result
    ) rethrows -> Result {
        let copies = map { strdup($0) } + [nil]
        defer { copies.forEach { free($0) } }
        return try copies.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("the vector holds NULL at least") }
            return try body(base)
        }
    }
}

/// What the system says of an errno.
func systemMessage(_ number: Int32) -> String { String(cString: strerror(number)) }
