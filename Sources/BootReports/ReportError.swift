/// Why a report could not be made, written or read.
public struct ReportError: Error, Hashable, Sendable {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// The format cannot say what was to be said.
        case notRepresentable
        /// A file could not be written.
        case notWritten
        /// A stored comparison could not be understood.
        case notUnderstood
        /// A stored comparison was written by a newer Bootmark.
        case newerSchema
    }

    /// The kind of failure.
    public var code: Code
    /// The file, as the caller named it.
    public var file: String
    /// What is wrong and what to do about it, in one line for a person.
    public var message: String

    /// A failure of the kind `code`.
    public init(_ code: Code, file: String, _ message: String) {
        self.code = code
        self.file = file
        self.message = message
    }
}

extension ReportError: CustomStringConvertible {
    /// The file and the message.
    public var description: String { ConsoleText.line("\(file): \(message)") }
}
