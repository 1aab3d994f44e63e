import BootProfiles

/// A table that a boot kept of what is frequent in it: blocks or pages of its guest, events of QEMU.
public struct HeatTable: Sendable {
    private let columns: [String]
    private let rows: [[String]]

    /// Reads a table in CSV, as the runner writes it: a line of headings, then the hottest first; a quoted name may
    /// hold commas.
    /// - Throws: `ProfileError` of the code `malformed` with the line whose cells are not those of the headings.
    public init(_ bytes: [UInt8], file: String) throws(ProfileError) {
        var lines = bytes.split(separator: 10).map { Self.cells(String(decoding: $0, as: UTF8.self)) }
        let headings = lines.isEmpty ? [] : lines.removeFirst()
        for (index, line) in lines.enumerated() where line.count != headings.count {
            throw Self.damaged(file, "line \(index + 2) has \(line.count) cells, not \(headings.count)")
        }
        guard ["address", "event"].contains(headings.first), headings.last == "share" else {
            throw Self.damaged(file, "it does not begin as such a table does")
        }
        columns = headings
        rows = lines
    }

    /// The `limit` hottest lines as text, Markdown, JSON or CSV.
    public func bytes(_ format: HotspotTable.Format, limit: Int) -> [UInt8] {
        let shown = rows.prefix(limit).map(Array.init)
        switch format {
        case .text: return Array(text(shown).utf8)
        case .markdown: return Array(markdown(shown).utf8)
        case .csv:
            var text = CSVText(columns: columns)
            for row in shown {
                text.add(
                    zip(columns, row).map { $0 != "address" && Self.isName($0) ? .name($1) : .plain($1) })
            }
            return text.bytes
        case .json: return json(shown)
        }
    }

    private func text(_ shown: [[String]]) -> String {
        let cells = ([columns] + shown.map(Self.readable)).map { $0.map { Label.clean($0) } }
        let widths = columns.indices.map { column in cells.map { ScreenText.columns($0[column]) }.max() ?? 0 }
        let lines = cells.map { row in
            row.enumerated().map { column, cell in
                Self.isName(columns[column])
                    ? ScreenText.padded(cell, columns: widths[column])
                    : ScreenText.right(cell, columns: widths[column])
            }.joined(separator: "  ") + "\n"
        }
        return lines.joined() + (rows.count > shown.count ? "  and \(rows.count - shown.count) more\n" : "")
    }

    private func markdown(_ shown: [[String]]) -> String {
        let rule = columns.map { Self.isName($0) ? "---|" : "---:|" }.joined()
        return "| \(columns.joined(separator: " | ")) |\n|\(rule)\n"
            + shown.map { row in
                "| \(Self.readable(row).map { Label.markdown($0) }.joined(separator: " | ")) |\n"
            }.joined()
    }

    private func json(_ shown: [[String]]) -> [UInt8] {
        var json = JSONText()
        json.raw("{\n  \"schema\": 1,\n  \"lines\": [")
        for (index, row) in shown.enumerated() {
            json.raw(index > 0 ? ",\n    {" : "\n    {")
            for (column, cell) in row.enumerated() {
                if column > 0 { json.raw(", ") }
                json.string(columns[column])
                json.raw(": ")
                if !Self.isName(columns[column]), let number = Double(cell), number.isFinite, number >= 0 {
                    json.number(number)
                } else {
                    json.string(cell)
                }
            }
            json.raw("}")
        }
        json.raw("\n  ]\n}\n")
        return json.bytes
    }

    /// The share, which comes last, in percent.
    private static func readable(_ row: [String]) -> [String] {
        guard let share = row.last.flatMap(Double.init) else { return row }
        return row.dropLast() + [Figures.percent(share)]
    }

    private static func isName(_ column: String) -> Bool { names.contains(column) }

    private static let names: Set = ["address", "function", "kind", "symbol", "event", "phase"]

    /// The cells of a line; within quotes a comma is one, and a doubled quote is a quote.
    private static func cells(_ line: String) -> [String] {
        var cells = [""]
        var isQuoted = false
        var rest = line[...]
        while let character = rest.popFirst() {
            switch character {
            case "\"" where isQuoted && rest.first == "\"": cells[cells.count - 1].append(rest.removeFirst())
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: cells.append("")
            case "\r\n", "\r": break
            default: cells[cells.count - 1].append(character)
            }
        }
        return cells
    }

    private static func damaged(_ file: String, _ reason: String) -> ProfileError {
        ProfileError(.malformed, file: file, reason, nextStep: "Take the boot again.")
    }
}
