/// Text measured in the columns of a terminal.
enum ScreenText {
    /// The columns that `text` takes.
    static func columns(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + columns($1) }
    }

    /// `text`, or as much of it as fits into `columns` with two points at its end.
    static func fitting(_ text: String, columns room: Int) -> String {
        guard columns(text) > room else { return text }
        guard room > 2 else { return prefix(text, columns: max(0, room)) }
        return prefix(text, columns: room - 2) + ".."
    }

    /// `text` cut or filled with spaces to exactly `columns`.
    static func padded(_ text: String, columns room: Int) -> String {
        let fitting = fitting(text, columns: room)
        return fitting + String(repeating: " ", count: max(0, room - columns(fitting)))
    }

    /// `text` behind spaces, `columns` wide in all.
    static func right(_ text: String, columns room: Int) -> String {
        String(repeating: " ", count: max(0, room - columns(text))) + text
    }

    private static func prefix(_ text: String, columns room: Int) -> String {
        var used = 0
        var taken = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            used += columns(scalar)
            if used > room { break }
            taken.append(scalar)
        }
        return String(taken)
    }

    /// The columns of one letter: two for East Asian wide ones and pictures, none for combining marks.
    private static func columns(_ scalar: Unicode.Scalar) -> Int {
        guard scalar.value >= 0x300 else { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xAC00...0xD7A3,
            0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
            0x1F680...0x1F6FF, 0x1F900...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
