import BootModel
import CBootLauncher
import Foundation
import Glibc

/// A `perf stat` or `perf record` that is attached to a process which does not run yet, told when to count.
///
/// perf does not stand between the runner and QEMU: it attaches by process id, so QEMU stays the runner's own
/// to time, to end and to account for, and what perf itself does is not measured.
final class PerfControl {
    private let arguments: [String]
    private let environment: [String: String]
    private var process: GuardedProcess?
    /// Both ends of both pipes: perf's are kept open here, so that a perf that is gone makes no writer stumble.
    private var orders = (reading: Int32(-1), writing: Int32(-1))
    private var answers = (reading: Int32(-1), writing: Int32(-1))
    private let log: String

    /// A perf command without its `--control` and `-p`.
    init(_ arguments: [String], environment: [String: String], log: String) {
        self.arguments = arguments
        self.environment = environment
        self.log = log
    }

    deinit {
        for end in [orders.reading, orders.writing, answers.reading, answers.writing] where end >= 0 {
            close(end)
        }
    }

    /// Starts perf on a process and waits until it counts.
    func attach(to identifier: Int32) throws {
        let kind = arguments.count > 1 ? arguments[1] : "perf"
        orders = try Self.pipe()
        answers = try Self.pipe()
        let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard output >= 0 else {
            throw RunnerError(
                .environment, "\(log) could not be written: \(systemMessage(errno)).",
                next: "Free some space or check the folder's rights, then go on with --resume.")
        }
        defer { close(output) }
        let process = try GuardedProcess(
            arguments + ["-p", "\(identifier)", "-D", "-1", "--control", "fd:3,4"],
            environment: environment, output: output, error: output,
            passed: [orders.reading, answers.writing])
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

    private static func pipe() throws -> (reading: Int32, writing: Int32) {
        var reading: Int32 = -1
        var writing: Int32 = -1
        let failure = bootmark_pipe(&reading, &writing)
        guard failure == 0 else {
            throw RunnerError(
                .environment, "A pipe to perf could not be made: \(systemMessage(failure)).",
                next: "Raise the limit on open files (ulimit -n), then try again.")
        }
        return (reading, writing)
    }

    /// Gives perf an order and waits for its answer; false where none comes.
    @discardableResult
    func order(_ order: String, within limit: Nanoseconds) -> Bool {
        let line = Array("\(order)\n".utf8)
        guard write(orders.writing, line, line.count) == line.count else { return false }
        let deadline = Clock.now + limit
        while Clock.now < deadline {
            var watched = pollfd(fd: answers.reading, events: Int16(POLLIN), revents: 0)
            if poll(&watched, 1, 20) > 0 {
                var answer = [UInt8](repeating: 0, count: 64)
                return read(answers.reading, &answer, answer.count) > 0
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
