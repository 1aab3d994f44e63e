/// What a terminal shows: rows of text with their looks.
public struct Screen: Sendable, Hashable {
    /// How many colours a terminal has.
    public enum Colours: Sendable, Hashable {
        /// None, or none wanted: looks are told apart by bold and reversed text.
        case none
        /// The 256 that terminals have had for long.
        case indexed
        /// Any.
        case all
    }

    /// How a piece of text looks.
    struct Style: Sendable, Hashable {
        var ink: Colour?
        var ground: Colour?
        var isBold = false
        var isFaint = false
        var isUnderlined = false
        var isReversed = false
    }

    /// A piece of text in one style.
    struct Run: Sendable, Hashable {
        var text: String
        var style = Style()
    }

    /// The rows from the top, each a list of runs that is as wide as the screen or less.
    var rows: [[Run]]

    /// The text of each row, without its looks or the spaces at its end.
    public var text: [String] {
        rows.map { row in
            var line = row.map(\.text).joined()
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// The bytes that draw row `index` from its first column to its end, whatever stood there.
    public func bytes(ofRow index: Int, colours: Colours) -> String {
        // Erased first: behind a letter in the last column the cursor still stands on it.
        var line = "\u{1B}[\(index + 1);1H\u{1B}[0m\u{1B}[2K"
        for run in rows[index] {
            let codes = run.style.codes(colours)
            line += codes.isEmpty ? run.text : "\u{1B}[\(codes.joined(separator: ";"))m\(run.text)\u{1B}[0m"
        }
        return line
    }
}

extension Screen.Style {
    /// The parameters of SGR (ECMA-48, 8.3.117).
    func codes(_ colours: Screen.Colours) -> [String] {
        var codes: [String] = []
        if isBold { codes.append("1") }
        if isFaint { codes.append("2") }
        if isUnderlined { codes.append("4") }
        if isReversed { codes.append("7") }
        if let ink, let code = ink.code(colours) { codes.append("38;\(code)") }
        if let ground, let code = ground.code(colours) { codes.append("48;\(code)") }
        return codes
    }
}

extension Colour {
    fileprivate func code(_ colours: Screen.Colours) -> String? {
        let parts = [red, green, blue].map { min(1, max(0, $0)) }
        switch colours {
        case .none: return nil
        case .all: return "2;" + parts.map { String(Int(($0 * 255).rounded())) }.joined(separator: ";")
        case .indexed:
            // The cube of 6 x 6 x 6: 0, 95, 135, 175, 215, 255.
            let steps = [0.0, 95, 135, 175, 215, 255]
            let places = parts.map { part in
                steps.indices.min { abs(steps[$0] - part * 255) < abs(steps[$1] - part * 255) } ?? 0
            }
            return "5;\(16 + 36 * places[0] + 6 * places[1] + places[2])"
        }
    }
}
