import Foundation

/// JSON that reviews well in git: sorted keys, one value a line, the same bytes for the same value.
public enum CanonicalJSON {
    /// The value as text: two spaces of indentation, no escaped slashes, whole numbers without a fraction,
    /// a newline at the end. Doubles read back as the same doubles.
    /// - Throws: `StoreError` with the code `malformed` where a number is not finite.
    public static func encode(_ value: some Encodable, for path: String = "run.json") throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return closingEmptyCollections(Array(try encoder.encode(value))) + [UInt8(ascii: "\n")]
        } catch let EncodingError.invalidValue(value, context) {
            throw StoreError(
                .malformed, path: path, place: context.codingPath.readable,
                reason: "cannot hold the value \(value)",
                nextStep: "This is a fault of Bootmark's own: please report it.")
        }
    }

    /// The value that the text of a file stands for.
    /// - Parameter path: the file's name, for errors.
    /// - Throws: `StoreError` with the codes `cutShort` or `malformed`, with line, byte and coding path as
    ///   far as they are known.
    public static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], path: String
    ) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw StoreError(error, bytes: bytes, path: path)
        }
    }

    /// Foundation writes an empty collection over three lines; a string never holds a bare newline, so an
    /// opening bracket before one is never inside a string.
    private static func closingEmptyCollections(_ bytes: [UInt8]) -> [UInt8] {
        let newline = UInt8(ascii: "\n")
        let space = UInt8(ascii: " ")
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            result.append(byte)
            index += 1
            guard byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") else { continue }
            // In ASCII, each closing bracket comes two places after its opening one.
            let rest = bytes[index...]
            if rest.first == newline, let end = rest.firstIndex(where: { $0 != newline && $0 != space }),
                bytes[end] == byte + 2
            {
                index = end
            }
        }
        return result
    }
}

extension StoreError {
    /// Words what Foundation found wrong, and finds the place that Foundation does not tell.
    fileprivate init(_ error: DecodingError, bytes: [UInt8], path: String) {
        let source = JSONSource(bytes)
        let again = "Restore the file, or take the run again."
        switch source.firstFault() {
        case .cutShort:
            self.init(
                .cutShort, path: path, place: source.place(of: bytes.count), reason: "is cut short",
                nextStep: again)
        case .unexpected(let offset):
            self.init(
                .malformed, path: path, place: source.place(of: offset), reason: "is not JSON",
                nextStep: again)
        case nil:
            let (codingPath, reason) = error.cause
            let place = source.offset(of: codingPath).map { source.place(of: $0) + ", " } ?? ""
            self.init(
                .malformed, path: path, place: place + codingPath.readable,
                reason: "does not hold what it should: \(reason.printable)", nextStep: again)
        }
    }
}

extension DecodingError {
    /// Where the decoder stood, and what it missed there.
    fileprivate var cause: (path: [any CodingKey], reason: String) {
        switch self {
        case .typeMismatch(let type, let context):
            (context.codingPath, "a value of type \(type) belongs there")
        case .valueNotFound(let type, let context):
            (context.codingPath, "a value of type \(type) belongs there")
        case .keyNotFound(let key, let context): (context.codingPath, "the key \(key.stringValue) is missing")
        case .dataCorrupted(let context):
            // The text is valid JSON here, so what Foundation calls invalid is a number.
            (
                context.codingPath,
                context.codingPath.isEmpty ? "a number does not fit its place" : context.debugDescription
            )
        @unknown default: ([], "it cannot be decoded")
        }
    }
}

extension [any CodingKey] {
    /// The path for a person: `boots[2].samples.boot-time`.
    fileprivate var readable: String {
        var result = ""
        for key in self {
            if let index = key.intValue {
                result += "[\(index)]"
            } else {
                result += (result.isEmpty ? "" : ".") + key.stringValue.printable
            }
        }
        return result.isEmpty ? "the top" : result
    }
}
