/// What may be shown to a person of text that somebody else wrote.
package enum Printable {
    /// `text` on one line without control characters, at most `limit` scalars long.
    static func line(_ text: String, limit: Int = 200) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if shown.count == limit { return String(shown) + "..." }
            shown.append(isHarmless(scalar) ? scalar : "\u{FFFD}")
        }
        return String(shown)
    }

    /// `bytes` on one line in quotes.
    static func quote(_ bytes: UnsafeRawBufferPointer, limit: Int = 60) -> String {
        "\"" + line(String(decoding: bytes.prefix(limit * 4), as: UTF8.self), limit: limit) + "\""
    }

    /// Whether a terminal shows `scalar` and does nothing else.
    ///
    /// Direction marks are no such ones: they make a terminal show something else than what is there.
    package static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
        default: true
        }
    }
}
