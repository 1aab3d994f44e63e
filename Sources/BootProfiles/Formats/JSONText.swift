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

/// A value of JSON, for formats that are read as a whole.
enum JSONValue {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    subscript(key: String) -> JSONValue? {
        if case .object(let members) = self { return members[key] }
        return nil
    }

    var elements: [JSONValue]? {
        if case .array(let elements) = self { return elements }
        return nil
    }

    var text: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    var number: Double? {
        if case .number(let number) = self { return number }
        return nil
    }

    /// The number as an index below `count`, or nil.
    func index(below count: Int) -> Int? {
        guard let number, let index = Int(exactly: number), index >= 0, index < count else { return nil }
        return index
    }
}

/// Reads JSON, strictly, to a depth of 64.
struct JSONParser {
    private static let deepest = 64

    private let bytes: [UInt8]
    private let name: String
    private var place = 0

    /// The value that makes up `bytes`.
    ///
    /// - Throws: `ProfileError` with the byte that is wrong.
    static func parse(_ bytes: [UInt8], name: String) throws(ProfileError) -> JSONValue {
        var parser = JSONParser(bytes: bytes, name: name)
        let value = try parser.value(depth: 0)
        parser.skipBlanks()
        guard parser.place == bytes.count else { throw parser.fault("something follows the end of the JSON") }
        return value
    }

    private init(bytes: [UInt8], name: String) {
        self.bytes = bytes
        self.name = name
    }

    private mutating func value(depth: Int) throws(ProfileError) -> JSONValue {
        guard depth < Self.deepest else { throw fault("it is nested deeper than \(Self.deepest) levels") }
        skipBlanks()
        switch current {
        case 0x7B: return try object(depth: depth)
        case 0x5B: return try array(depth: depth)
        case 0x22: return .string(try string())
        case 0x74: return try word("true", .boolean(true))
        case 0x66: return try word("false", .boolean(false))
        case 0x6E: return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(ProfileError) -> JSONValue {
        place += 1
        var members: [String: JSONValue] = [:]
        skipBlanks()
        if current == 0x7D {
            place += 1
            return .object(members)
        }
        while true {
            skipBlanks()
            guard current == 0x22 else { throw fault("a member's name is missing") }
            let key = try string()
            skipBlanks()
            try expect(0x3A)
            members[key] = try value(depth: depth + 1)
            skipBlanks()
            if current == 0x7D {
                place += 1
                return .object(members)
            }
            try expect(0x2C)
        }
    }

    private mutating func array(depth: Int) throws(ProfileError) -> JSONValue {
        place += 1
        var elements: [JSONValue] = []
        skipBlanks()
        if current == 0x5D {
            place += 1
            return .array(elements)
        }
        while true {
            elements.append(try value(depth: depth + 1))
            skipBlanks()
            if current == 0x5D {
                place += 1
                return .array(elements)
            }
            try expect(0x2C)
        }
    }

    private mutating func string() throws(ProfileError) -> String {
        place += 1
        var text: [UInt8] = []
        while let byte = current {
            place += 1
            switch byte {
            case 0x22: return String(decoding: text, as: UTF8.self)
            case 0x5C: try escape(&text)
            case 0..<0x20: throw fault("a string holds a control character")
            default: text.append(byte)
            }
        }
        throw fault("a string does not end")
    }

    private mutating func escape(_ text: inout [UInt8]) throws(ProfileError) {
        guard let letter = current else { throw fault("a string does not end") }
        place += 1
        switch letter {
        case 0x22, 0x5C, 0x2F: text.append(letter)
        case 0x62: text.append(0x08)
        case 0x66: text.append(0x0C)
        case 0x6E: text.append(0x0A)
        case 0x72: text.append(0x0D)
        case 0x74: text.append(0x09)
        case 0x75:
            var unit = try hexadecimal()
            if unit >> 10 == 0x36, place + 1 < bytes.count, bytes[place] == 0x5C, bytes[place + 1] == 0x75 {
                let start = place
                place += 2
                let second = try hexadecimal()
                if second >> 10 == 0x37 {
                    unit = 0x10000 + (unit & 0x3FF) << 10 + (second & 0x3FF)
                } else {
                    place = start
                }
            }
            text.append(contentsOf: String(Unicode.Scalar(unit) ?? "\u{FFFD}").utf8)
        default: throw fault("a string holds an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(ProfileError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = KernelSymbols.hexadecimal(byte) else {
                throw fault("a string holds a broken escape")
            }
            value = value << 4 | UInt32(digit)
            place += 1
        }
        return value
    }

    private mutating func number() throws(ProfileError) -> JSONValue {
        let start = place
        while let byte = current, "+-.eE0123456789".utf8.contains(byte) { place += 1 }
        guard place > start, place - start < 64,
            let value = Double(String(decoding: bytes[start..<place], as: UTF8.self)),
            value.isFinite
        else { throw fault("a value is missing") }
        return .number(value)
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(ProfileError) -> JSONValue {
        guard bytes[place...].starts(with: word.utf8) else { throw fault("a value is missing") }
        place += word.utf8.count
        return value
    }

    private mutating func expect(_ byte: UInt8) throws(ProfileError) {
        guard current == byte else { throw fault("a \"\(Character(Unicode.Scalar(byte)))\" is missing") }
        place += 1
    }

    private mutating func skipBlanks() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place += 1 }
    }

    private var current: UInt8? { place < bytes.count ? bytes[place] : nil }

    private func fault(_ detail: String) -> ProfileError {
        ProfileError(
            current == nil ? .truncated : .malformed, file: name, at: .byte(place), detail,
            nextStep: "Export the profile again.")
    }
}
