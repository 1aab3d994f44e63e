import BootModel
import BootProfiles
import BootRunner
import Foundation
import Synchronization

/// Shows a run's progress on standard error: one line that is redrawn on a terminal, a line a boot elsewhere.
final class TerminalProgress: RunProgress {
    private let isTerminal: Bool
    private let began = Mutex(Date())

    /// Progress for a terminal or for a log.
    init(isTerminal: Bool = Standard.errorIsTerminal) { self.isTerminal = isTerminal }

    func waitingForTheMachine() {
        Standard.error("Another measured boot holds this machine; waiting for it to end …")
    }

    func began(_ boot: Plan.PlannedBoot, of plan: Plan) {
        if boot.index == 1 { began.withLock { $0 = Date() } }
        guard isTerminal else { return }
        redraw("boot \(boot.index) of \(plan.boots.count) (\(boot.purpose.text)) …")
    }

    func ended(_ boot: Boot, of run: Run) {
        let time = boot.samples[Metric.bootTime.id].map { String(format: "%.2f s", $0 / 1e9) }
        let outcome =
            boot.outcome.isBooted
            ? time ?? "booted" : ConsoleLine.clean("\(boot.outcome.kind.text): \(boot.outcome.detail)")
        let left = remaining(run)
        let line = "boot \(boot.index) of \(run.plan.boots.count) (\(boot.purpose.text)): \(outcome)"
        if isTerminal, boot.outcome.isBooted, !run.isComplete {
            redraw(line + left)
        } else {
            Standard.error((isTerminal ? "\r\u{1B}[K" : "") + line + (run.isComplete ? "" : left))
        }
    }

    /// What the rest will take, from what has been taken.
    private func remaining(_ run: Run) -> String {
        let rest = run.plan.boots.count - run.boots.count
        guard rest > 0, !run.boots.isEmpty else { return "" }
        let seconds = began.withLock { -$0.timeIntervalSinceNow } / Double(run.boots.count) * Double(rest)
        return String(format: ", about %.0f s to go", seconds)
    }

    private func redraw(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K\(line)".utf8))
    }
}

/// A guest's words on one line of a terminal, with nothing in them that a terminal would obey.
enum ConsoleLine {
    static func clean(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(400).map { Printable.isHarmless($0) ? $0 : "\u{B7}" }))
    }

    /// Lines of text, each as long as it is.
    static func harmless(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map {
                    Printable.isHarmless($0) || $0 == "\n" || $0 == "\t" ? $0 : "\u{B7}"
                }))
    }
}

extension Boot.Purpose {
    /// What a person calls it.
    var text: String {
        switch self {
        case .warmUp: "warm-up"
        case .timed: "timed"
        case .recorded: "recorded"
        case .profiled: "profiled"
        case .control: "control"
        case .sampled: "sampled"
        case .inspected: "inspected"
        case .traced: "traced"
        }
    }
}

extension BootOutcome.Kind {
    /// What a person calls it.
    var text: String {
        switch self {
        case .booted: "booted"
        case .panicked: "the guest panicked"
        case .reset: "the guest reset"
        case .poweredOff: "the guest switched off before it was booted"
        case .hung: "the guest hung"
        case .refused: "QEMU refused"
        case .crashed: "QEMU crashed"
        case .timedOut: "out of time"
        case .interrupted: "interrupted"
        }
    }
}
