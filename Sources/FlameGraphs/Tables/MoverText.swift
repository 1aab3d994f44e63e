import BootModel
import BootProfiles

/// The formats of a table of movers.
extension MoverTable {
    /// The `count` first movers as a table for a terminal, `width` columns wide or more where names need it.
    public func text(count: Int = 10, width: Int = 100) -> String {
        guard !movers.isEmpty else { return "No function's share changed. \(explanation)" }
        var lines = [
            "Functions that changed most, before -> after:",
            Self.over, "\(Self.headings)  function",
        ]
        for mover in movers.prefix(max(0, count)) {
            let figures = figures(mover)
            let room = max(20, width - figures.utf8.count - 2)
            lines.append(figures + "  " + ScreenText.fitting(Label.clean(mover.change.name), columns: room))
        }
        let rest = movers.count - min(movers.count, max(0, count))
        if rest > 0 { lines.append("  and \(Figures.count(Double(rest))) more") }
        return (lines + [explanation]).joined(separator: "\n")
    }

    private static let over = "  itself                          with all that it called"
    /// The headings of `figures`.
    static let headings = "    before     after    points     before     after    points "

    /// The shares and changes of `mover`, as wide as the headings.
    func figures(_ mover: Mover) -> String {
        let change = mover.change
        return cells(change.selfBefore, change.selfAfter, mover.selfRate)
            + cells(change.totalBefore, change.totalAfter, mover.totalRate)
    }

    /// The `count` first movers as a table in Markdown.
    public func markdown(count: Int = 50) -> String {
        guard !movers.isEmpty else { return "No function's share changed. \(explanation)\n" }
        var lines = [
            "| function | self before | self after | points | with callees before | after | points |",
            "|---|---:|---:|---:|---:|---:|---:|",
        ]
        for mover in movers.prefix(max(0, count)) {
            let change = mover.change
            let cells = [
                Label.markdown(change.name), Figures.percent(change.selfBefore),
                Figures.percent(change.selfAfter),
                points(change.selfBefore, change.selfAfter) + mark(mover.selfRate, "\\*"),
                Figures.percent(change.totalBefore), Figures.percent(change.totalAfter),
                points(change.totalBefore, change.totalAfter) + mark(mover.totalRate, "\\*"),
            ]
            lines.append("| " + cells.joined(separator: " | ") + " |")
        }
        let rest = movers.count - min(movers.count, max(0, count))
        if rest > 0 { lines += ["", "And \(Figures.count(Double(rest))) more."] }
        let words = explanation.split(separator: "*", omittingEmptySubsequences: false)
        return (lines + ["", words.joined(separator: "\\*")]).joined(separator: "\n") + "\n"
    }

    /// All movers as JSON; Documentation/Movers.schema.json describes it.
    public func json() -> [UInt8] {
        var json = JSONText()
        json.raw("{\n  \"schema\": 1,\n  \"unit\": ")
        json.string(unit)
        json.raw(",\n  \"boots\": {\"before\": \(boots.before), \"after\": \(boots.after)}")
        json.raw(",\n  \"paired\": \(isPaired)")
        json.raw(",\n  \"basis\": ")
        if let basis { json.number(basis) } else { json.raw("null") }
        json.raw(",\n  \"level\": ")
        json.number(level)
        json.raw(",\n  \"functions\": [")
        for (index, mover) in movers.enumerated() {
            json.raw(index > 0 ? ",\n    {\"name\": " : "\n    {\"name\": ")
            json.string(mover.change.name)
            let change = mover.change
            for (key, value) in [
                ("selfBefore", change.selfBefore), ("selfAfter", change.selfAfter),
                ("totalBefore", change.totalBefore), ("totalAfter", change.totalAfter),
            ] {
                json.raw(", \"\(key)\": ")
                json.number(value)
            }
            for (key, value) in [("selfRate", mover.selfRate), ("totalRate", mover.totalRate)] {
                json.raw(", \"\(key)\": ")
                if let value { json.number(value) } else { json.raw("null") }
            }
            json.raw("}")
        }
        json.raw("\n  ]\n}\n")
        return json.bytes
    }

    private func cells(_ before: Double, _ after: Double, _ rate: Double?) -> String {
        let parts = [Figures.percent(before), Figures.percent(after), points(before, after)]
        return parts.map { Self.right($0, 10) }.joined() + (isSignificant(rate) == true ? "*" : " ")
    }

    private func mark(_ rate: Double?, _ star: String) -> String { isSignificant(rate) == true ? star : "" }

    private func points(_ before: Double, _ after: Double) -> String {
        Figures.signed((after - before) * 100, 2)
    }

    private static func right(_ text: String, _ columns: Int) -> String {
        String(repeating: " ", count: max(0, columns - text.utf8.count)) + text
    }
}
