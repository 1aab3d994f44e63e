import BootModel

/// A summary for people, for the pages of build servers that show Markdown.
public struct MarkdownReporter: Reporter {
    /// GitHub drops a step's summary whole beyond 1,048,576 bytes; room is left for what others add.
    private static let longestSummary = 900_000
    private static let consoleHead = 2 << 10
    private static let consoleTail = 8 << 10
    private static let mostConsoles = 3
    private static let mostFunctions = 15

    /// A reporter with nothing to set.
    public init() {}

    /// `summary.md`.
    public var fileName: String { "summary.md" }

    /// The report as UTF-8, of less than 1,000,000 bytes: what does not fit is named only.
    public func report(
        on comparisons: [Comparison], beside neighbours: Set<String>
    ) throws -> [UInt8] {
        var text = ""
        if comparisons.count != 1 {
            text += "# Boot performance: \(Wording.verdict(Wording.overall(comparisons)))\n\n"
            text += Self.overview(comparisons)
        }
        for (index, comparison) in comparisons.enumerated() {
            let section = Self.section(comparison, alone: comparisons.count == 1, beside: neighbours)
            guard text.utf8.count + section.utf8.count < Self.longestSummary else {
                text += "\n\(comparisons.count - index) more scenarios are in the other reports: "
                text += "this summary has no room for them.\n"
                break
            }
            text += (text.isEmpty ? "" : "\n") + section
        }
        return Array(text.utf8)
    }

    private static func overview(_ comparisons: [Comparison]) -> String {
        guard !comparisons.isEmpty else { return "Nothing was compared.\n" }
        let limit = 500
        let rows = comparisons.prefix(limit).map { comparison in
            [
                Markdown.text(Wording.title(comparison)), "**\(Wording.verdict(comparison.verdict))**",
                Markdown.text(ConsoleText.line(Wording.reason(comparison), limit: 300)),
            ]
        }
        let rest = comparisons.count > limit ? "\nand \(comparisons.count - limit) more\n" : ""
        return Markdown.table(["scenario", "verdict", "why"], rows) + "\n" + rest
    }

    private static func section(_ comparison: Comparison, alone: Bool, beside neighbours: Set<String>)
        -> String
    {
        let verdict = Wording.verdict(comparison.verdict)
        let title = Markdown.text(Wording.title(comparison))
        var parts = [
            "\(alone ? "#" : "##") \(title): \(verdict)", Markdown.paragraph(Wording.reason(comparison)),
        ]
        parts += comparison.exactLines.map { Markdown.paragraph($0) }
        if let table = metrics(comparison) { parts.append(table) }
        if !comparison.failures.isEmpty { parts.append(failures(comparison)) }
        if !comparison.functions.isEmpty { parts.append(functions(comparison)) }
        let differences = Environment.differences(comparison)
        if !differences.isEmpty {
            parts.append("What ran them differs:")
            let rows = differences.prefix(50).map {
                [Markdown.text($0.name), Markdown.text($0.before), Markdown.text($0.after)]
            }
            parts.append(Markdown.table(["", "before", "after"], rows))
        }
        let notes = Wording.notes(comparison)
        if !notes.isEmpty {
            parts.append(notes.map { "- \(Markdown.paragraph($0))" }.joined(separator: "\n"))
        }
        parts.append(runs(comparison))
        let pictures = ["diff-guest.svg", "diff-host.svg"].filter(neighbours.contains)
        if alone && !pictures.isEmpty {
            // Build servers do not serve the pictures from here, so they are named, and not shown.
            let names = pictures.map { Markdown.code($0) }.joined(separator: ", ")
            parts.append("Differential flame graphs, beside this file: \(names).")
        }
        if let command = Wording.reproduction(comparison) {
            parts.append("To measure again:")
            parts.append(Markdown.block(command, "sh"))
        }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func metrics(_ comparison: Comparison) -> String? {
        guard !comparison.results.isEmpty else { return nil }
        let limit = 200
        let rows = comparison.results.prefix(limit).map { result in
            let verdict = Wording.verdict(result.verdict)
            let gates = result.role == .gates
            return [
                Markdown.code(Wording.name(result.metric)) + (gates ? "" : " (informs)"),
                Markdown.text(Wording.value(result.medianBefore, result.metric)),
                Markdown.text(Wording.value(result.medianAfter, result.metric)),
                Markdown.text(Wording.change(result)), Markdown.text(Wording.interval(result)),
                Markdown.text(Wording.allowedChange(result)), "\(result.before.count), \(result.after.count)",
                gates && result.verdict != .pass ? "**\(verdict)**" : verdict,
            ]
        }
        let header = [
            "metric", "before", "after", "change", "interval", "allowed", "n before, after", "verdict",
        ]
        let rest = comparison.results.count > limit ? "\n\nand \(comparison.results.count - limit) more" : ""
        return Markdown.table(header, rows, rightAligned: [1, 2, 3, 6]) + rest
    }

    private static func functions(_ comparison: Comparison) -> String {
        let exact = Wording.exactFunctions(comparison).map { rows in
            let cells = rows.prefix(mostFunctions).map { row in
                [Markdown.code(row[0]), row[1], row[2], row[3].isEmpty ? "" : Markdown.code(row[3]), row[4]]
            }
            return "Functions that changed, the one most at fault first:\n\n"
                + Markdown.table(Wording.exactFunctionsHeader, cells, rightAligned: [1, 2, 4])
        }
        let others = comparison.functions.filter { $0.selfFloor == nil }
        guard !others.isEmpty else { return exact ?? "" }
        let rows = others.prefix(mostFunctions).map { change in
            [
                Markdown.code(Wording.name(change)), change.origin.rawValue,
                Quantity.share(change.selfBefore), Quantity.share(change.selfAfter),
                Quantity.share(change.totalBefore), Quantity.share(change.totalAfter),
            ]
        }
        let header = [
            "function", "profile", "itself before", "after", "with what it calls before", "after",
        ]
        return (exact.map { $0 + "\n\n" } ?? "") + "Functions whose share changed most:\n\n"
            + Markdown.table(header, rows, rightAligned: [2, 3, 4, 5])
    }

    private static func failures(_ comparison: Comparison) -> String {
        let limit = 20
        var lines = comparison.failures.prefix(limit).map { "- \(Markdown.text(Wording.failure($0)))" }
        if comparison.failures.count > limit {
            lines.append("- and \(comparison.failures.count - limit) more")
        }
        let consoles = comparison.failures.prefix(mostConsoles).map { failure in
            let text = ConsoleText(failure.consoleTail).capped(head: consoleHead, tail: consoleTail)
            guard !text.isEmpty else {
                return "Boot \(failure.boot) (\(failure.side.rawValue)) wrote nothing."
            }
            let title = "The last of the console of boot \(failure.boot) (\(failure.side.rawValue))"
            return "<details><summary>\(title)</summary>\n\n\(Markdown.block(text))\n\n</details>"
        }
        return (["Boots that failed:", lines.joined(separator: "\n")] + consoles).joined(separator: "\n\n")
    }

    private static func runs(_ comparison: Comparison) -> String {
        let sides = [("before", comparison.before), ("after", comparison.after)]
        let rows = sides.map { name, side in
            guard let side else { return [name, "none", "", "", ""] }
            return [
                name, Markdown.code(ConsoleText.line(side.location)), String(side.boots),
                Timestamp.text(secondsSince1970: side.startedAt).replacing("T", by: " ") + " UTC",
                Quantity.text(Double(side.duration.count), unit: .nanoseconds),
            ]
        }
        return Markdown.table(["run", "where", "boots", "began", "took"], rows, rightAligned: [2, 4])
    }
}
