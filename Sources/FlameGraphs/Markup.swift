/// Writes XML so that no text of others can become markup, a script or something else than it looks like.
struct Markup {
    /// What was written so far.
    private(set) var bytes: [UInt8] = []

    init(reserving capacity: Int = 1 << 16) { bytes.reserveCapacity(capacity) }

    /// Writes markup of our own, as it is.
    @inline(__always)
    mutating func raw(_ markup: StaticString) {
        let utf8 = UnsafeBufferPointer(start: markup.utf8Start, count: markup.utf8CodeUnitCount)
        bytes.append(contentsOf: utf8)
    }

    /// Writes a string of our own making that needs no escaping: a number, a colour, the script.
    @inline(__always)
    mutating func plain(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Writes text of others, in content or between double quotes.
    mutating func text(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            for place in utf8.indices {
                let escaped: StaticString
                switch utf8[place] {
                case 0x26: escaped = "&amp;"
                case 0x3C: escaped = "&lt;"
                case 0x3E: escaped = "&gt;"
                case 0x22: escaped = "&quot;"
                case 0x27: escaped = "&#39;"
                default: continue
                }
                bytes.append(contentsOf: utf8[start..<place])
                raw(escaped)
                start = place + 1
            }
            bytes.append(contentsOf: utf8[start...])
        }
    }

    /// Writes `value` rounded to `decimals` places, without trailing zeros.
    mutating func number(_ value: Double, _ decimals: Int) {
        var factor = 1.0
        for _ in 0..<decimals { factor *= 10 }
        guard value.isFinite, abs(value) < 1e12 else { return bytes.append(0x30) }
        var scaled = Int64((value * factor).rounded())
        if scaled < 0 {
            bytes.append(0x2D)
            scaled = -scaled
        }
        var digits: (UInt64, Int) = (UInt64(scaled), decimals)
        while digits.1 > 0, digits.0 % 10 == 0 {
            digits.0 /= 10
            digits.1 -= 1
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { text in
            var start = text.count
            var place = 0
            repeat {
                if place == digits.1, place > 0 {
                    start -= 1
                    text[start] = 0x2E
                }
                start -= 1
                text[start] = 0x30 + UInt8(digits.0 % 10)
                digits.0 /= 10
                place += 1
            } while digits.0 > 0 || place <= digits.1
            bytes.append(contentsOf: text[start...])
        }
    }
}

/// Names as they may be shown.
enum Label {
    /// The most characters of a name that are shown anywhere.
    static let limit = 240

    /// `name` without what a picture, an XML reader or a person could be misled by: control characters,
    /// direction marks and what Unicode calls unassigned become U+FFFD, and long names end in an ellipsis.
    static func clean(_ name: UnsafeRawBufferPointer) -> String {
        if name.count <= limit, name.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
            return name.isEmpty ? "(no name)" : String(decoding: name, as: UTF8.self)
        }
        // A scalar takes at most four bytes; cutting inside one gives a U+FFFD behind the limit.
        return clean(String(decoding: name.prefix((limit + 1) * 4), as: UTF8.self))
    }

    /// `clean` for text that is no frame's name.
    static func clean(_ text: String) -> String {
        var shown = String.UnicodeScalarView()
        var count = 0
        for scalar in text.unicodeScalars {
            if count == limit {
                shown.append("\u{2026}")
                break
            }
            shown.append(isHarmless(scalar) ? scalar : "\u{FFFD}")
            count += 1
        }
        return shown.isEmpty ? "(no name)" : String(shown)
    }

    /// `name` as Markdown shows it letter by letter, in a table's cell too.
    static func markdown(_ name: String) -> String { MarkdownText.line(clean(name)) }

    /// How much of `name` fits into `width` pixels at `perCharacter` pixels a letter; nil for too little.
    static func fitting(_ name: String, width: Double, perCharacter: Double) -> String? {
        let room = Int(width / perCharacter)
        guard room >= 3 else { return nil }
        if name.utf8.count <= room { return name }
        var used = 0
        var fitting = String.UnicodeScalarView()
        var columns = 0
        for scalar in name.unicodeScalars { columns += self.columns(scalar) }
        if columns <= room { return name }
        for scalar in name.unicodeScalars {
            used += self.columns(scalar)
            if used > room - 2 { break }
            fitting.append(scalar)
        }
        return String(fitting) + ".."
    }

    // East Asian letters take the room of two.
    private static func columns(_ scalar: Unicode.Scalar) -> Int { scalar.value >= 0x1100 ? 2 : 1 }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value >= 0x20 && scalar.value < 0x7F { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse:
            return false
        default: return scalar.value != 0xFFFE && scalar.value != 0xFFFF
        }
    }
}
