/// Text on a terminal, by the columns that it takes.
enum TerminalText {
    /// Cleaned text that no build server takes for an order: GitHub, Azure and TeamCity look for `##` before
    /// a bracket anywhere in the output of a step.
    static func harmless(_ text: String) -> String { text.replacing("##", by: "# #") }

    /// The number of columns that a line takes: two for wide characters, none for combining ones.
    static func width(_ text: some StringProtocol) -> Int {
        text.unicodeScalars.reduce(0) { $0 + width($1) }
    }

    /// The text filled with spaces to `columns`, or cut so that it ends in `...`.
    static func fitted(_ text: String, to columns: Int, rightAligned: Bool = false) -> String {
        let width = width(text)
        if width <= columns {
            let padding = String(repeating: " ", count: columns - width)
            return rightAligned ? padding + text : text + padding
        }
        var kept = String.UnicodeScalarView()
        var used = 0
        let mark = columns > 3 ? "..." : ""
        for scalar in text.unicodeScalars {
            let next = self.width(scalar)
            if used + next > columns - mark.count { break }
            used += next
            kept.append(scalar)
        }
        return String(kept) + mark + String(repeating: " ", count: max(0, columns - mark.count - used))
    }

    /// The words of a line over as many lines as `columns` asks for; words that are too long stand out, and a
    /// number is not parted from its unit.
    static func wrapped(_ text: String, to columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in unbreakable(text) {
            if !line.isEmpty && width(line) + 1 + width(word) > columns {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }

    private static func unbreakable(_ text: String) -> [String] {
        text.split(separator: " ").reduce(into: []) { words, word in
            let isUnit = units.contains(word.prefix { $0.isLetter || $0 == "%" })
            if let last = words.last, isUnit, last.last?.isWholeNumber == true {
                words[words.count - 1] = last + " " + word
            } else {
                words.append(String(word))
            }
        }
    }

    private static let units: Set<Substring> = [
        "%", "k", "M", "G", "T", "s", "ms", "us", "ns", "KiB", "MiB", "GiB",
    ]

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch scalar.value {
        // East Asian wide and full-width forms, and pictographs, by block.
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
            0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
