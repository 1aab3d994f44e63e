/// Why an XML document could not be written or read.
public struct XMLError: Error, Hashable, Sendable {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// libxml2 had no memory left.
        case outOfMemory
        /// A name that is no XML name was given to an element or an attribute.
        case invalidName
        /// Text holds a character that no XML 1.0 document can hold, not even escaped.
        case illegalCharacter
        /// Calls were made in an order that gives no document, or libxml2 refused one.
        case writerRefused
        /// What was read is not well-formed.
        case notWellFormed
        /// What was read has a document type declaration, which may define entities.
        case documentType
        /// What was read is larger than the reader was told to accept.
        case tooLarge
    }

    /// The kind of failure.
    public var code: Code
    /// One line for a person.
    public var message: String
    /// The line of the document, from 1; nil where no line is to blame.
    public var line: Int?

    /// A failure of the kind `code`.
    public init(_ code: Code, _ message: String, line: Int? = nil) {
        self.code = code
        self.message = message
        self.line = line
    }
}

extension XMLError: CustomStringConvertible {
    /// The message with its place: `line 3: Opening and ending tag mismatch`.
    public var description: String { line.map { "line \($0): \(message)" } ?? message }
}
