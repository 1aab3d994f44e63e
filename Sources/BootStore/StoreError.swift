import Foundation

/// Why something could not be stored or read, with the file, the place and the next step.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible, LocalizedError {
    /// The kinds of failure, told apart because each asks for something else from the reader.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// Something is already there that must not be overwritten.
        case exists
        /// What was to be read is not there.
        case missing
        /// What is there cannot be read, or is not a plain file.
        case unreadable
        /// The place cannot be written to.
        case notWritable
        /// The disk, a quota or a limit on file sizes is exhausted.
        case diskFull
        /// A file ends before its contents do.
        case cutShort
        /// A file does not hold what it should.
        case malformed
        /// A newer Bootmark wrote the file.
        case newerSchema
        /// A file is larger than any that Bootmark writes.
        case tooLarge
        /// Somebody else is writing there.
        case locked
        /// A run is not good enough to be a baseline.
        case refused
        /// A scenario's name cannot be a folder's name.
        case badName
    }

    /// What kind of failure it is.
    public var code: Code
    /// The file or folder, as the user named it.
    public var path: String
    /// Where in the file, if that is known: `line 12, byte 340`.
    public var place: String?
    /// What is wrong, as a clause: `is cut short`.
    public var reason: String
    /// What to do next, as a sentence.
    public var nextStep: String

    /// A failure.
    public init(_ code: Code, path: String, place: String? = nil, reason: String, nextStep: String) {
        self.code = code
        self.path = path
        self.place = place
        self.reason = reason
        self.nextStep = nextStep
    }

    /// The failure in one line: file, what is wrong, place, next step.
    public var description: String {
        let place = place.map { " (\($0))" } ?? ""
        return "\(path.printable) \(reason)\(place). \(nextStep)"
    }

    /// The same line, for those who ask for a localized one.
    public var errorDescription: String? { description }
}

extension StoreError {
    /// The failure of a system call on `path`, from its error number.
    static func system(_ number: Int32, writing path: String) -> StoreError {
        let message = String(cString: strerror(number))
        return switch number {
        case ENOSPC, EDQUOT:
            StoreError(
                .diskFull, path: path, reason: "cannot be written: \(message)",
                nextStep: "What was there before is intact; free some space and go on.")
        case EFBIG:
            StoreError(
                .diskFull, path: path, reason: "cannot be written: \(message)",
                nextStep: "What was there before is intact; raise the limit on file sizes (ulimit -f).")
        default:
            StoreError(
                .notWritable, path: path, reason: "cannot be written: \(message)",
                nextStep: "Name a folder that you may write to.")
        }
    }

    /// The failure of a system call on `path`, from its error number.
    static func system(_ number: Int32, reading path: String) -> StoreError {
        number == ENOENT || number == ENOTDIR
            ? StoreError(
                .missing, path: path, reason: "does not exist", nextStep: "Check the path for a typing error."
            )
            : StoreError(
                .unreadable, path: path, reason: "cannot be read: \(String(cString: strerror(number)))",
                nextStep: "Check who may read it.")
    }
}

extension String {
    /// The text without what would move a terminal's cursor or flood it: controls are escaped, 300
    /// characters are kept. Names in errors can come from a hostile file.
    var printable: String {
        var result = ""
        for (count, scalar) in unicodeScalars.enumerated() {
            if count == 300 { return result + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                result += scalar.escaped(asASCII: true)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
