import BootModel
import Foundation
import Glibc

/// A `perf stat` or `perf record` that is attached to a process which does not run yet, told when to count.
///
/// perf does not stand between the runner and QEMU: it attaches by process id, so QEMU stays the runner's own
/// to time, to end and to account for, and what perf itself does is not measured.
final class PerfControl {
    private let arguments: [String]
    private let folder: String
    private let environment: [String: String]
    private var process: GuardedProcess?
    private var orders: Int32 = -1
    private var answers: Int32 = -1
    private let log: String

    /// A perf command without its `--control` and `-p`; `folder` is private to this boot.
    init(_ arguments: [String], folder: String, environment: [String: String], log: String) {
        self.arguments = arguments
        self.folder = folder
        self.environment = environment
        self.log = log
    }

    deinit {
        if orders >= 0 { close(orders) }
        if answers >= 0 { close(answers) }
    }

    /// Starts perf on a process and waits until it counts.
    func attach(to identifier: Int32) throws {
        let kind = arguments.count > 1 ? arguments[1] : "perf"
        let ordersPath = "\(folder)/\(kind)-orders"
        let answersPath = "\(folder)/\(kind)-answers"
        for path in [ordersPath, answersPath] where mkfifo(path, 0o600) != 0 {
            throw RunnerError(
                .environment, "The pipe \(path) could not be made: \(systemMessage(errno)).",
                next: "Set TMPDIR to a folder on a local file system with free space.")
        }
        orders = open(ordersPath, O_RDWR | O_CLOEXEC | O_NONBLOCK)
        answers = open(answersPath, O_RDWR | O_CLOEXEC | O_NONBLOCK)
        let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard orders >= 0, answers >= 0, output >= 0 else {
            throw RunnerError(
                .environment, "perf's pipes could not be opened: \(systemMessage(errno)).",
                next: "Check the space and the rights of \(folder) and \(log).")
        }
        defer { close(output) }
        let process = try GuardedProcess(
            arguments + [
                "-p", "\(identifier)", "-D", "-1", "--control", "fifo:\(ordersPath),\(answersPath)",
            ],
            environment: environment, output: output, error: output)
        process.release()
        self.process = consume process
        guard order("enable", within: .seconds(20)) else {
            let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw RunnerError(
                .environment, "perf \(kind) could not attach to QEMU: \(Self.lastLine(said)).",
                next:
                    "Run bootmark doctor, which names what is missing; or leave perf out: --collect guest-instructions."
            )
        }
    }

    /// Gives perf an order and waits for its answer; false where none comes.
    @discardableResult
    func order(_ order: String, within limit: Nanoseconds) -> Bool {
        let line = Array("\(order)\n".utf8)
        guard write(orders, line, line.count) == line.count else { return false }
        let deadline = Clock.now + limit
        while Clock.now < deadline {
            var watched = pollfd(fd: answers, events: Int16(POLLIN), revents: 0)
            if poll(&watched, 1, 20) > 0 {
                var answer = [UInt8](repeating: 0, count: 64)
                return read(answers, &answer, answer.count) > 0
            }
            if case .ended? = process?.nextReport(within: .zero) {
                process = nil
                return false
            }
        }
        return false
    }

    /// Has perf write what it has and waits for it to go.
    func finish(within limit: Nanoseconds = .seconds(60)) {
        guard let process = process.take() else { return }
        process.signal(SIGINT)
        _ = process.end(within: limit)
    }

    private static func lastLine(_ text: String) -> String {
        text.split(separator: "\n").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "it said nothing"
    }
}
