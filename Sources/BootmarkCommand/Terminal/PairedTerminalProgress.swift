import BootComparison
import BootModel
import BootRunner
import BootStatistics
import BootStore
import Foundation

/// Shows on standard error how far the pairs are and what they say so far: one line that is redrawn on a
/// terminal, a line a pair elsewhere.
final class PairedTerminalProgress: PairedProgress {
    private let isTerminal: Bool
    private let comparator: PairedComparator

    /// Progress for a terminal or for a log.
    init(comparator: PairedComparator, isTerminal: Bool = Standard.errorIsTerminal) {
        self.comparator = comparator
        self.isTerminal = isTerminal
    }

    func waitingForTheMachine() {
        Standard.error("Another measured boot holds this machine; waiting for it to end …")
    }

    func began(_ side: BootFailure.Side, of pair: PairedPlan.Pair, in run: PairedRun) {
        guard isTerminal else { return }
        redraw("\(PairedText.place(of: pair, in: run)), \(side.rawValue) …")
    }

    func ended(_ boot: Boot, on side: BootFailure.Side, in run: PairedRun) {
        guard let pair = run.plan.pairs.first(where: { $0.index == boot.index }) else { return }
        if !boot.outcome.isBooted {
            let detail = ConsoleLine.clean("\(boot.outcome.kind.text): \(boot.outcome.detail)")
            return say("\(PairedText.place(of: pair, in: run)), \(side.rawValue): \(detail)")
        }
        guard pair.order.last == side else { return }
        let line = PairedText.place(of: pair, in: run) + (pair.purpose == .timed ? standing(run) : "")
        if isTerminal { redraw(line) } else { Standard.error(line) }
    }

    /// The estimate so far, its interval, and how many pairs may still come.
    private func standing(_ run: PairedRun) -> String {
        let sides = run.compared(in: "")
        let progress = comparator.progress(before: sides.before, after: sides.after)
        let gates = progress.comparison.results.filter { $0.role == .gates }
        let estimates = gates.prefix(2).compactMap { gate in
            comparator.runningEstimate(of: gate.metric, before: sides.before, after: sides.after)
                .map { "\(gate.metric.id) \(PairedText.text($0))" }
        }
        let more = (comparator.settings.rule.looks.last ?? 0) - progress.pairs
        var line = estimates.isEmpty ? "" : ": " + estimates.joined(separator: ", ")
        if comparator.isEnough(progress) {
            line += "; that is enough"
        } else if more > 0 {
            let next = comparator.settings.rule.nextLook(after: progress.pairs)
            line += "; " + (next.map { "judged at \($0), " } ?? "") + "at most \(more) more"
        }
        return line
    }

    private func say(_ line: String) { Standard.error((isTerminal ? "\r\u{1B}[K" : "") + line) }

    private func redraw(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K\(line)".utf8))
    }
}

/// Pairs in words.
enum PairedText {
    /// `pair 3 of at most 40`, or what the pair is for.
    static func place(of pair: PairedPlan.Pair, in run: PairedRun) -> String {
        let alike = run.plan.pairs.filter { $0.purpose == pair.purpose }
        let place = (alike.firstIndex { $0.index == pair.index } ?? 0) + 1
        return pair.purpose == .timed
            ? "pair \(place) of at most \(alike.count)"
            : "\(pair.purpose.text) pair" + (alike.count > 1 ? " \(place) of \(alike.count)" : "")
    }

    /// `+1.2 % (98 %: +0.4 % to +2.0 %)`.
    static func text(_ change: MetricComparison.Change) -> String {
        let middle = Quantity.percent(change.estimate)
        guard let low = change.low, let high = change.high else { return middle }
        return "\(middle) (98 %: \(Quantity.percent(low)) to \(Quantity.percent(high)))"
    }

    /// Prints what would be done.
    static func print(_ run: PairedRun, asJSON: Bool) throws {
        if asJSON {
            Standard.output(
                String(decoding: try CanonicalJSON.encode(run.plan, for: "the plan"), as: UTF8.self))
            return
        }
        let rule = run.plan.rule
        let timed = run.plan.pairs.filter { $0.purpose == .timed }
        let others = run.plan.pairs.filter { $0.purpose != .timed }.map(\.purpose.text)
        var lines = ["Before     \(run.before.plan.command.map(ShellWord.quoted).joined(separator: " "))"]
        lines.append("After      \(run.after.plan.command.map(ShellWord.quoted).joined(separator: " "))")
        lines.append(
            "Pairs      at most \(timed.count), judged after \(rule.looks.map(String.init).joined(separator: ", "))"
        )
        if !others.isEmpty { lines.append("Beside     \(others.joined(separator: ", "))") }
        lines.append("Seed       \(run.plan.seed)")
        lines.append(
            "Order      \(timed.prefix(20).map(\.first.rawValue).joined(separator: ", ")) first\(timed.count > 20 ? ", …" : "")"
        )
        lines.append("Measured   \(run.after.metrics.map(\.id).joined(separator: ", "))")
        if !run.after.plan.budgets.isEmpty {
            let budgets = run.after.plan.budgets.map { "\($0.metric.id) \(Quantity.share($0.tolerance))" }
            lines.append("Decides    \(budgets.joined(separator: ", "))")
        }
        lines += run.after.notes.map { "Note       \($0)" }
        Standard.output(lines.joined(separator: "\n"))
    }
}
