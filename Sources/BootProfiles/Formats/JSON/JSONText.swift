/// Writes JSON whose strings hold what others wrote.
package struct JSONText {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// Writes JSON of our own, as it is.
    package mutating func raw(_ json: String) { bytes.append(contentsOf: json.utf8) }

    /// Writes a string; what is not UTF-8 in it becomes U+FFFD. What a terminal would act on is escaped.
    package mutating func string(_ text: String) {
        bytes.append(0x22)
        defer { bytes.append(0x22) }
        // Of a profile nearly all names are so.
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) {
            return bytes.append(contentsOf: text.utf8)
        }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                bytes.append(0x5C)
                bytes.append(UInt8(scalar.value))
            case " "..."~": bytes.append(UInt8(scalar.value))
            default:
                if Printable.isHarmless(scalar) {
                    bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                } else {
                    for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter { escape(unit) }
                }
            }
        }
    }

    private mutating func escape(_ unit: UInt16) {
        bytes.append(contentsOf: "\\u".utf8)
        for shift in [12, 8, 4, 0] as [UInt16] {
            let digit = UInt8(unit >> shift & 15)
            bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }

    /// Writes a number without an exponent; null where it is none.
    package mutating func number(_ value: Double) {
        guard value.isFinite else { return raw("null") }
        DecimalNumber.append(value, to: &bytes)
    }
}
