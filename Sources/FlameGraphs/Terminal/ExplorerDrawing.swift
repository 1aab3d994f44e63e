extension Explorer {
    static let headRows = 2
    static let footRows = 3

    var graphRows: Int { size.rows - Self.headRows - Self.footRows }
    /// The lines of the table that are shown, below its headings.
    var tableRows: Int { graphRows - 1 }

    private static let ink = Colour(0x1D2129)
    private static let faint = Screen.Style(isFaint: true)
    private static let bold = Screen.Style(isBold: true)

    /// What the screen shows: exactly as many rows as it has, none wider than it is.
    public func screen() -> Screen {
        let body =
            switch mode {
            case .graph: graph()
            case .table: table()
            case .help: helpPage()
            }
        let rows = head() + body.prefix(graphRows)
        let empty = [[Screen.Run]](repeating: [], count: size.rows - Self.footRows - rows.count)
        let shown = rows + empty + foot()
        guard !isUnicode else { return Screen(rows: shown) }
        return Screen(
            rows: shown.map { row in row.map { Screen.Run(text: Self.ascii($0.text), style: $0.style) } })
    }

    /// Moves what is shown so that what is selected is in it.
    mutating func settle() {
        var depth = 0
        var node = selected
        while node > 0 {
            node = Int(tree.parents[node])
            depth += 1
        }
        top = min(max(top, depth - graphRows + 1), depth)
        firstLine = min(max(firstLine, line - tableRows + 1), line)
    }

    // MARK: Head and foot

    private func head() -> [[Screen.Run]] {
        let shown = tree.views.count > 1 ? "widths: \(tree.views[view])" : tree.summary
        let right = ScreenText.fitting(shown, columns: size.columns / 2)
        let room = size.columns - ScreenText.columns(right) - 1
        let first = [
            Screen.Run(text: ScreenText.padded(tree.title, columns: room) + " ", style: Self.bold),
            Screen.Run(text: right, style: Self.faint),
        ]
        var words: [String] = []
        if zoom > 0 {
            words.append("zoomed into \(tree.name(zoom)) (\(Figures.percent(tree.shares[view][zoom])))")
        }
        if search.isActive {
            let places = Figures.counted(search.places.count, "place")
            words.append("/\(search.pattern)/ matched \(Figures.percent(search.share)) in \(places)")
        }
        if words.isEmpty, tree.views.count > 1 { words.append(tree.summary) }
        return [first, [Screen.Run(text: fitting(words.joined(separator: "; ")), style: Self.faint)]]
    }

    private func foot() -> [[Screen.Run]] {
        if mode != .graph {
            let note = tree.notes.joined(separator: " ")
            return [[], [Screen.Run(text: fitting(note), style: Self.faint)], hints()]
        }
        let name = Screen.Run(text: fitting(tree.name(selected)), style: Self.bold)
        let facts = tree.facts(selected).joined(separator: "; ")
        return [[name], [Screen.Run(text: fitting(facts))], hints()]
    }

    private func hints() -> [Screen.Run] {
        if let prompt {
            // The end of what is typed has to be seen.
            var typed = prompt
            while ScreenText.columns(typed) > size.columns - 3 { typed.removeFirst() }
            return [
                Screen.Run(text: "/", style: Self.bold), Screen.Run(text: typed),
                Screen.Run(text: " ", style: Screen.Style(isReversed: true)),
            ]
        }
        if let message { return [Screen.Run(text: fitting(message), style: Self.bold)] }
        let keys =
            switch mode {
            case .graph:
                "q quits  ? help  arrows walk  Enter zooms  Esc resets  / searches  n next  Tab table"
                    + (tree.views.count > 1 ? "  w widths" : "")
            case .table: "q quits  ? help  arrows walk  Enter finds  s sorts  / searches  Tab graph"
            case .help: "q quits  any other key goes back"
            }
        return [Screen.Run(text: fitting(keys), style: Self.faint)]
    }

    private func fitting(_ text: String) -> String { ScreenText.fitting(text, columns: size.columns) }

    // MARK: The graph

    private func graph() -> [[Screen.Run]] {
        let layout = ExplorerLayout(self)
        return layout.levels.enumerated().dropFirst(top).prefix(graphRows).map { depth, cells in
            var row: [Screen.Run] = []
            var column = 0
            for cell in cells where cell.columns.lowerBound >= column && !cell.columns.isEmpty {
                if cell.columns.lowerBound > column {
                    row.append(Screen.Run(text: spaces(cell.columns.lowerBound - column)))
                }
                row += runs(cell, isCaller: depth < layout.zoomDepth)
                column = cell.columns.upperBound
            }
            return row
        }
    }

    private func runs(_ cell: ExplorerLayout.Cell, isCaller: Bool) -> [Screen.Run] {
        let look = tree.look(cell.node)
        let isMatch = search.isActive && cell.node > 0 && search.matches[tree.frame(cell.node)]
        var style = Screen.Style(ink: Self.ink, ground: look.colour)
        if isCaller { style.ground = look.colour.mixed(with: Colour(0x8A8F99), 0.45) }
        if search.isActive { style.ground = isMatch ? look.colour : Colour(0x9AA0AA) }
        style.isBold = isMatch
        style.isUnderlined = isMatch
        if cell.node == selected {
            // Reversed colours would be those of another frame's; a terminal's own stand out.
            style = Screen.Style(isBold: true, isReversed: true)
        }
        if !isColoured {
            style.ink = nil
            style.ground = nil
        }
        let mark = isColoured ? "" : look.mark
        let width = cell.columns.count
        // The edge parts neighbours, whose colours may be alike.
        let edge = isUnicode ? "\u{258F}" : "|"
        let label =
            width < 4 ? spaces(width - 1) : ScreenText.padded(mark + tree.name(cell.node), columns: width - 1)
        return [Screen.Run(text: edge + label, style: style)]
    }

    private func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }

    // MARK: The table and the page of help

    private func table() -> [[Screen.Run]] {
        let width = ScreenText.columns(tree.headings)
        let sorted = sortsByTotal ? "with callees" : "self"
        let heading = "\(tree.headings)  function (sorted by \(sorted))"
        var rows = [[Screen.Run(text: fitting(heading), style: Self.bold)]]
        for (index, entry) in sortedLines.enumerated().dropFirst(firstLine).prefix(tableRows) {
            let name = ScreenText.fitting(entry.name, columns: max(3, size.columns - width - 2))
            let text = ScreenText.padded(entry.figures, columns: width) + "  " + name
            rows.append([
                Screen.Run(
                    text: index == line ? ScreenText.padded(text, columns: size.columns) : fitting(text),
                    style: Screen.Style(isReversed: index == line))
            ])
        }
        if tree.lines.isEmpty { rows.append([Screen.Run(text: fitting("  no function changed"))]) }
        return rows
    }

    private func helpPage() -> [[Screen.Run]] {
        ExplorerKeys.help.map { keys, meaning in
            [
                Screen.Run(text: "  " + ScreenText.padded(keys, columns: 16), style: Self.bold),
                Screen.Run(text: ScreenText.fitting(meaning, columns: max(1, size.columns - 18))),
            ]
        } + [[], [Screen.Run(text: fitting("  " + tree.notes.joined(separator: " ")), style: Self.faint)]]
    }

    // A letter that takes two columns becomes two marks, so that nothing moves.
    private static func ascii(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 >= 0x80 }) else { return text }
        return text.unicodeScalars.map { scalar in
            scalar.isASCII
                ? String(scalar) : String(repeating: "?", count: ScreenText.columns(String(scalar)))
        }.joined()
    }
}
