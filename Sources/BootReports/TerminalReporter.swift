import BootModel

/// A table for a terminal, or for the log of a build.
public struct TerminalReporter: Reporter {
    /// The columns that a line may take; narrower tables leave columns out, never rows.
    public var width: Int
    /// Whether verdicts are coloured, by the caller's decision: a terminal, and no `NO_COLOR`.
    public var isColoured: Bool

    private static let mostFunctions = 10
    private static let mostFailures = 5
    private static let consoleLines = 12

    /// A reporter for a terminal of `width` columns, at least 40.
    public init(width: Int = 100, isColoured: Bool = false) {
        self.width = max(40, width)
        self.isColoured = isColoured
    }

    /// `summary.txt`.
    public var fileName: String { "summary.txt" }

    /// The report as UTF-8. Colours apart, it holds no escape sequence, whatever a guest wrote.
    public func report(
        on comparisons: [Comparison], beside neighbours: Set<String>
    ) throws -> [UInt8] {
        Array(comparisons.map(text).joined(separator: "\n").utf8)
    }

    private func text(_ comparison: Comparison) -> String {
        let verdict = Wording.verdict(comparison.verdict).uppercased()
        var lines = [
            "\(shown(Wording.title(comparison))): \(coloured(verdict, comparison.verdict, strong: true))"
        ]
        lines += paragraph(Wording.reason(comparison))
        lines += comparison.exactLines.flatMap { paragraph($0) }
        if !comparison.results.isEmpty { lines += [""] + table(comparison.results) }
        if !comparison.functions.isEmpty { lines += [""] + functions(comparison) }
        if !comparison.failures.isEmpty { lines += [""] + failures(comparison) }
        let differences = Environment.differences(comparison)
        if !differences.isEmpty {
            lines += ["", "  What ran them differs:"]
            lines += differences.flatMap { paragraph("\($0.name): \($0.before) -> \($0.after)", indent: 4) }
        }
        let notes = Wording.notes(comparison)
        if !notes.isEmpty { lines += [""] + notes.flatMap { paragraph("Note: \($0)") } }
        if let command = Wording.reproduction(comparison) {
            // Never wrapped: it is there to be copied.
            lines += ["", "  To measure again:", "    \(shown(command))"]
        }
        return lines.map { $0 + "\n" }.joined()
    }

    // MARK: - Parts

    private struct Column {
        var title: String
        var isRightAligned = true
        /// The column to leave out first has the highest number; nil never goes.
        var dispensable: Int?
        var cell: (MetricComparison) -> String
    }

    private func table(_ results: [MetricComparison]) -> [String] {
        var columns = [
            Column(title: "metric", isRightAligned: false) { shown(Wording.name($0.metric)) },
            Column(title: "before") { Wording.value($0.medianBefore, $0.metric) },
            Column(title: "after") { Wording.value($0.medianAfter, $0.metric) },
            Column(title: "change") { Wording.change($0) },
            Column(title: "interval", isRightAligned: false, dispensable: 1) { Wording.interval($0) },
            Column(title: "allowed", isRightAligned: false, dispensable: 2) { Wording.allowedChange($0) },
            Column(title: "n", dispensable: 3) { "\($0.before.count), \($0.after.count)" },
        ]
        func widths() -> [Int] {
            columns.map { column in
                results.reduce(column.title.count) { max($0, TerminalText.width(column.cell($1))) }
            }
        }
        let verdictWidth = results.reduce("verdict".count) { max($0, Self.verdict($1).count) }
        var sizes = widths()
        while sizes.reduce(0, +) + 2 * sizes.count + verdictWidth + 2 > width,
            let index = columns.indices.max(by: {
                (columns[$0].dispensable ?? 0) < (columns[$1].dispensable ?? 0)
            }), columns[index].dispensable != nil
        {
            columns.remove(at: index)
            sizes = widths()
        }
        let excess = sizes.reduce(0, +) + 2 * sizes.count + verdictWidth + 2 - width
        if excess > 0 { sizes[0] = max(12, sizes[0] - excess) }
        func row(_ cells: [String], _ verdict: String) -> String {
            let fitted = zip(columns.indices, cells).map { index, cell in
                TerminalText.fitted(cell, to: sizes[index], rightAligned: columns[index].isRightAligned)
            }
            return "  " + fitted.joined(separator: "  ") + "  " + verdict
        }
        return [row(columns.map(\.title), "verdict")]
            + results.map { result in
                row(
                    columns.map { $0.cell(result) },
                    coloured(Self.verdict(result), result.verdict, strong: result.role == .gates))
            }
    }

    private static func verdict(_ result: MetricComparison) -> String {
        Wording.verdict(result.verdict) + (result.role == .informs ? " (informs)" : "")
    }

    private func functions(_ comparison: Comparison) -> [String] {
        let changes = comparison.functions.prefix(Self.mostFunctions)
        let isExact = changes.contains { $0.selfFloor != nil }
        return [
            isExact
                ? "  Functions that changed, the one most at fault first:"
                : "  Functions that changed most (itself, before -> after):"
        ]
            + changes.map { change in
                if let instructions = Wording.instructions(change) {
                    return "    " + shown("\(Wording.name(change)) (guest): \(instructions)")
                }
                let shares = "\(Quantity.share(change.selfBefore)) -> \(Quantity.share(change.selfAfter))"
                let name = "\(shown(Wording.name(change))) (\(change.origin.rawValue))"
                return "    " + TerminalText.fitted(shares, to: 20, rightAligned: true) + "  "
                    + TerminalText.fitted(name, to: max(10, width - 26)).trimmingTrailingSpaces
            }
    }

    private func failures(_ comparison: Comparison) -> [String] {
        var lines = ["  Boots that failed:"]
        for failure in comparison.failures.prefix(Self.mostFailures) {
            lines += paragraph(Wording.failure(failure), indent: 4)
        }
        let rest = comparison.failures.count - Self.mostFailures
        if rest > 0 { lines.append("    and \(rest) more") }
        guard let failure = comparison.failures.first else { return lines }
        let console = ConsoleText(failure.consoleTail).capped(head: 0, tail: 16 << 10)
            .split(separator: "\n").suffix(Self.consoleLines)
        guard !console.isEmpty else { return lines }
        lines.append("    The last of the console of boot \(failure.boot) (\(failure.side.rawValue)):")
        // The bar keeps a line from beginning with what a build server takes for an order (`::`).
        lines += console.map { line in
            let text = shown(String(line)).replacing("\t", by: "    ")
            return "    | " + TerminalText.fitted(text, to: width - 6).trimmingTrailingSpaces
        }
        if let path = failure.console {
            lines += paragraph("all of it: \(ConsoleText.line(path))", indent: 4)
        }
        return lines
    }

    // MARK: - Text

    private func paragraph(_ text: String, indent: Int = 2) -> [String] {
        let margin = String(repeating: " ", count: indent)
        return TerminalText.wrapped(shown(text), to: width - indent).map { line in
            // GitHub takes a line that begins with two colons for an order.
            margin + (line.utf8.starts(with: "::".utf8) ? "." : "") + line
        }
    }

    private func shown(_ text: String) -> String { TerminalText.harmless(text) }

    private func coloured(_ text: String, _ verdict: Verdict, strong: Bool) -> String {
        guard isColoured else { return text }
        let colour =
            switch verdict {
            case .pass, .improvement: "32"
            case .regression, .failed: "31"
            case .inconclusive, .incomparable, .invalidEnvironment: "33"
            }
        return "\u{1B}[\(strong ? "1;" : "")\(colour)m\(text)\u{1B}[0m"
    }
}

extension String {
    fileprivate var trimmingTrailingSpaces: String {
        String(self[..<(lastIndex { $0 != " " }.map(index(after:)) ?? startIndex)])
    }
}
