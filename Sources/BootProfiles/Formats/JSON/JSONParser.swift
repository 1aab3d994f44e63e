/// Reads JSON, strictly, to a depth of 4,096 and to a stated size.
///
/// It keeps its own stack, because a profile is as deep as the recursion that it shows.
struct JSONParser {
    /// The deepest nesting that is read: Python's own limit of recursion comes to half of it.
    static let deepest = 4096
    /// The longest document that is read, in bytes.
    static let longest = 512 << 20
    /// The most values that a document may hold; an object counts as eight. They take up to 2 GB.
    static let mostValues = 40_000_000

    /// A document, and whether the text ended before it did.
    struct Document {
        var value: JSONValue
        var isCut: Bool
    }

    private let bytes: [UInt8]
    private let name: String
    private let partial: Bool
    private var place = 0
    private var values = 0
    private var mostValues = Self.mostValues
    // The open arrays and objects, from the outermost one; an object's own key is the name of the member to come.
    private var kinds: [Bool] = []
    private var starts: [Int] = []
    private var arrays: [[JSONValue]] = []
    private var objects: [[String: JSONValue]] = []
    private var keys: [String] = []

    /// The value that makes up `bytes`.
    ///
    /// - Throws: `ProfileError` with the byte that is wrong.
    static func parse(
        _ bytes: [UInt8], name: String, mostValues: Int = mostValues
    ) throws(ProfileError) -> JSONValue {
        var parser = JSONParser(bytes: bytes, name: name, partial: false)
        parser.mostValues = mostValues
        return try parser.whole().value
    }

    /// The document of a reader's input; with its `partial`, what there is of one that is cut short.
    static func parse(_ input: ReaderInput) throws(ProfileError) -> Document {
        var parser = JSONParser(
            bytes: try input.stream.readAll(limit: longest), name: input.name, partial: input.options.partial)
        return try parser.whole()
    }

    private mutating func whole() throws(ProfileError) -> Document {
        let document = try document()
        skipBlanks()
        guard place == bytes.count else { throw fault("something follows the end of the JSON") }
        return document
    }

    private init(bytes: [UInt8], name: String, partial: Bool) {
        self.bytes = bytes
        self.name = name
        self.partial = partial
    }

    private mutating func document() throws(ProfileError) -> Document {
        do throws(ProfileError) {
            while true {
                if let value = try next(), let whole = try close(with: value) {
                    return Document(value: whole, isCut: false)
                }
            }
        } catch {
            guard partial, error.code == .truncated, !kinds.isEmpty else { throw error }
            // What was begun is taken as if it ended here; a member or an element that is cut is left out.
            place = bytes.count
            while let isObject = kinds.last {
                if isObject, keys.count == objects.count { keys.removeLast() }
                if let value = endInnermost(), let whole = put(value) {
                    return Document(value: whole, isCut: true)
                }
            }
            throw error
        }
    }

    /// Reads up to the end of a value: a plain one, or an empty array or object; nil where one was opened.
    private mutating func next() throws(ProfileError) -> JSONValue? {
        skipBlanks()
        values += 1
        guard values <= mostValues else {
            throw ProfileError(
                .tooLarge, file: name, at: .byte(place), "it holds more than \(mostValues) values",
                nextStep: "Record for a shorter time, or export fewer threads.")
        }
        switch current {
        case 0x7B, 0x5B:
            guard kinds.count < Self.deepest else {
                throw fault("it is nested deeper than \(Self.deepest) levels")
            }
            let isObject = current == 0x7B
            if isObject { values += 7 }
            kinds.append(isObject)
            starts.append(place)
            if isObject { objects.append([:]) } else { arrays.append([]) }
            place += 1
            skipBlanks()
            if current == (isObject ? 0x7D : 0x5D) {
                place += 1
                return endInnermost()
            }
            if isObject { try readKey() }
            return nil
        case 0x22: return .string(try string())
        case 0x74: return try word("true", .boolean(true))
        case 0x66: return try word("false", .boolean(false))
        case 0x6E: return try word("null", .null)
        default: return try number()
        }
    }

    /// Puts `value` where it belongs, and ends what ends behind it; the document's value once that is whole.
    private mutating func close(with value: JSONValue) throws(ProfileError) -> JSONValue? {
        var value = value
        while true {
            if let whole = put(value) { return whole }
            guard let isObject = kinds.last else { return nil }
            skipBlanks()
            if current == 0x2C {
                place += 1
                if isObject { try readKey() }
                return nil
            }
            try expect(isObject ? 0x7D : 0x5D)
            guard let ended = endInnermost() else { return nil }
            value = ended
        }
    }

    /// Puts `value` into the innermost open array or object; it is the document's where none is open.
    private mutating func put(_ value: JSONValue) -> JSONValue? {
        guard let isObject = kinds.last else { return value }
        if isObject {
            if let key = keys.popLast() { objects[objects.count - 1][key] = value }
        } else {
            arrays[arrays.count - 1].append(value)
        }
        return nil
    }

    private mutating func endInnermost() -> JSONValue? {
        guard let isObject = kinds.popLast(), let start = starts.popLast() else { return nil }
        return isObject
            ? objects.popLast().map { .object($0, at: start) }
            : arrays.popLast().map { .array($0, at: start) }
    }

    private mutating func readKey() throws(ProfileError) {
        skipBlanks()
        guard current == 0x22 else { throw fault("a member's name is missing") }
        let key = try string()
        skipBlanks()
        try expect(0x3A)
        keys.append(key)
    }

    private mutating func string() throws(ProfileError) -> String {
        place += 1
        let start = place
        while let byte = current, byte != 0x22, byte != 0x5C, byte >= 0x20 { place += 1 }
        if current == 0x22 {
            place += 1
            return String(decoding: bytes[start..<(place - 1)], as: UTF8.self)
        }
        var text = Array(bytes[start..<place])
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
        var whole: UInt64 = 0
        while let byte = current, byte &- 0x30 < 10, place - start < 18 {
            whole = whole * 10 + UInt64(byte &- 0x30)
            place += 1
        }
        if place > start, let byte = current, !"+-.eE0123456789".utf8.contains(byte) {
            return .number(Double(whole))
        }
        while let byte = current, "+-.eE0123456789".utf8.contains(byte) { place += 1 }
        // A number at the end of an open array may lack digits.
        if current == nil, !kinds.isEmpty { throw fault("a number does not end") }
        guard place > start, place - start < 400,
            let value = Double(String(decoding: bytes[start..<place], as: UTF8.self)),
            value.isFinite
        else {
            place = start
            throw fault("a value is missing")
        }
        return .number(value)
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(ProfileError) -> JSONValue {
        for byte in word.utf8 {
            guard current == byte else { throw fault("a value is missing") }
            place += 1
        }
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
            nextStep: current == nil
                ? "Export the profile again, or read what there is with --partial."
                : "Export the profile again.")
    }
}
