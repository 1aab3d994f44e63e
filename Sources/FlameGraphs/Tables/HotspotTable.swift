import BootProfiles

/// The functions or modules of a profile by what they weigh, or the neighbours of one function.
public struct HotspotTable: Sendable {
    /// What comes first.
    public enum Order: String, Sendable, Hashable, CaseIterable {
        case own = "self"
        case total
    }

    /// What a line stands for.
    public enum Subject: String, Sendable, Hashable, CaseIterable {
        case function, module, block, page, event

        /// Whether a boot keeps a table of it, rather than stacks.
        public var isHeat: Bool { [.block, .page, .event].contains(self) }
    }

    /// How the table is written.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        case text, markdown, json, csv
    }

    /// What comes first.
    public var order = Order.own
    /// What a line stands for.
    public var subject = Subject.function
    /// Whether the lines are who calls a function, rather than what it calls.
    public var isOfCallers = false
    /// The most lines.
    public var limit = 20

    private let lines: [FunctionTotals]
    private let function: String?
    private let own: Double
    private let total: Double
    private let unit: String
    private let notes: [String]

    /// The functions of `profile`; with `function`, the neighbours of it in a profile that `Profile.callers(of:)`
    /// or `Profile.callees(of:)` gave.
    public init(_ profile: Profile, neighboursOf function: String? = nil) {
        self.function = function
        total = profile.total
        unit = profile.unit
        notes = profile.notes
        if function == nil {
            lines = profile.functions()
            own = 0
        } else {
            (own, lines) = profile.neighbours()
        }
    }

    /// The table; text is `width` columns wide, or more where figures need it. Documentation/Hotspots.schema.json
    /// describes the JSON.
    public func bytes(_ format: Format, width: Int = 100) -> [UInt8] {
        switch format {
        case .text: Array(text(width).utf8)
        case .markdown: Array(markdown().utf8)
        case .json: json()
        case .csv: csv()
        }
    }

    /// The lines in their order, no more than there may be. Neighbours are sorted by what passes through them.
    private var shown: ArraySlice<FunctionTotals> {
        let sorted = order == .total && function == nil ? lines.sorted { $0.total > $1.total } : lines
        return sorted.prefix(limit)
    }

    private func share(_ weight: Double) -> Double { total > 0 ? weight / total : 0 }

    /// What the table is of, in a sentence.
    private var caption: String {
        let amount = Figures.amount(total, Label.clean(unit))
        guard let function else { return "\(Figures.counted(lines.count, subject.rawValue)), \(amount)" }
        let name = Label.clean(function)
        let rest = "\(Figures.percent(share(own))) \(isOfCallers ? "has no caller" : "in itself")"
        return isOfCallers
            ? "Who calls \(name): \(amount), \(rest)" : "What \(name) calls: \(amount), \(rest)"
    }

    private var columns: [(heading: String, weight: (FunctionTotals) -> Double)] {
        function == nil
            ? [("self", { $0.own }), ("total", { $0.total })] : [("share", { $0.total })]
    }

    private func text(_ width: Int) -> String {
        var rows = [caption]
        let most =
            shown.flatMap { line in columns.map { Figures.count($0.weight(line)).utf8.count } }.max() ?? 0
        let room = max(10, most + 1)
        rows.append(
            columns.map {
                ScreenText.right($0.heading, columns: 9) + ScreenText.right("weight", columns: room)
            }.joined() + "  \(function == nil ? subject.rawValue : isOfCallers ? "caller" : "callee")")
        for line in shown {
            let figures = columns.map { column in
                ScreenText.right(Figures.percent(share(column.weight(line))), columns: 9)
                    + ScreenText.right(Figures.count(column.weight(line)), columns: room)
            }.joined()
            let names = max(20, width - figures.utf8.count - 2)
            rows.append("\(figures)  \(ScreenText.fitting(Label.clean(line.name), columns: names))")
        }
        if lines.count > shown.count { rows.append("  and \(lines.count - shown.count) more") }
        rows += notes.map { "note: \(Label.clean($0))" }
        return rows.joined(separator: "\n") + "\n"
    }

    private func markdown() -> String {
        let headings = columns.flatMap { [$0.heading, "weight"] }
        let last = function == nil ? subject.rawValue : isOfCallers ? "caller" : "callee"
        var rows = [Label.markdown(caption), "", "| \((headings + [last]).joined(separator: " | ")) |"]
        rows.append("|" + String(repeating: "---:|", count: headings.count) + "---|")
        for line in shown {
            let cells = columns.flatMap { column in
                [Figures.percent(share(column.weight(line))), Figures.count(column.weight(line))]
            }
            rows.append("| \((cells + [Label.markdown(line.name)]).joined(separator: " | ")) |")
        }
        if lines.count > shown.count { rows += ["", "And \(lines.count - shown.count) more."] }
        return rows.joined(separator: "\n") + "\n"
    }

    private func json() -> [UInt8] {
        var json = JSONText()
        json.raw(
            "{\n  \"schema\": 1,\n  \"subject\": \"\(function == nil ? subject.rawValue : "neighbours")\"")
        if let function {
            json.raw(",\n  \"\(isOfCallers ? "callersOf" : "calleesOf")\": ")
            json.string(function)
            json.raw(",\n  \"own\": ")
            json.number(own)
        }
        json.raw(",\n  \"unit\": ")
        json.string(unit)
        json.raw(",\n  \"total\": ")
        json.number(total)
        json.raw(",\n  \"lines\": [")
        for (index, line) in shown.enumerated() {
            json.raw(index > 0 ? ",\n    {\"name\": " : "\n    {\"name\": ")
            json.string(line.name)
            for (heading, weight) in columns {
                let keys = function == nil ? (heading, "\(heading)Share") : ("weight", "share")
                json.raw(", \"\(keys.0)\": ")
                json.number(weight(line))
                json.raw(", \"\(keys.1)\": ")
                json.number(share(weight(line)))
            }
            json.raw("}")
        }
        json.raw("\n  ]\n}\n")
        return json.bytes
    }

    private func csv() -> [UInt8] {
        var rows = CSVText(
            columns: [function == nil ? subject.rawValue : "function"] + columns.map(\.heading))
        for line in shown { rows.add(line.name, columns.map { $0.weight(line) }) }
        return rows.bytes
    }
}
