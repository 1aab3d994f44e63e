/// Writes JSON whose strings hold what others wrote.
package struct JSONText {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// Writes JSON of our own, as it is.
    package mutating func raw(_ json: String) { bytes.append(contentsOf: json.utf8) }

    /// Writes a string; what is not UTF-8 in it becomes U+FFFD.
    package mutating func string(_ text: String) {
        bytes.append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C:
                bytes.append(0x5C)
                bytes.append(byte)
            case 0..<0x20, 0x7F:
                let digits = Array("0123456789abcdef".utf8)
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(0x22)
    }

    /// Writes a number without an exponent.
    package mutating func number(_ value: Double) { DecimalNumber.append(value, to: &bytes) }
}
