/// A value of JSON, for formats that are read as a whole. Arrays and objects know the byte where they begin.
enum JSONValue {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue], at: Int)
    case object([String: JSONValue], at: Int)

    subscript(key: String) -> JSONValue? {
        if case .object(let members, _) = self { return members[key] }
        return nil
    }

    var elements: [JSONValue]? {
        if case .array(let elements, _) = self { return elements }
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

    /// Where the value begins, for faults; of numbers and words only the whole document is known.
    var place: ProfileError.Place {
        switch self {
        case .array(_, let byte), .object(_, let byte): .byte(byte)
        case .null, .boolean, .number, .string: .whole
        }
    }

    /// The number of a thread, which some write as text; nil of anything else.
    var threadNumber: Int32? {
        if let text { return Int32(text).flatMap { $0 >= 0 ? $0 : nil } }
        return number.flatMap { Int32(exactly: $0) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// The number as an index below `count`, or nil.
    func index(below count: Int) -> Int? {
        guard let number, let index = Int(exactly: number), index >= 0, index < count else { return nil }
        return index
    }

    /// The numbers of the member `key`, which is a column of a table; nil where it is none or holds anything else.
    func numbers(_ key: String) -> [Double]? {
        guard let elements = self[key]?.elements else { return nil }
        var numbers: [Double] = []
        numbers.reserveCapacity(elements.count)
        for element in elements {
            guard let number = element.number else { return nil }
            numbers.append(number)
        }
        return numbers
    }
}
