/// Why a profile could not be read or built: what is wrong, where, and what to do next.
public struct ProfileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of fault, told apart because each asks for something else from the reader.
    public enum Code: String, Sendable, Hashable {
        /// The input does not exist or cannot be read.
        case unreadable
        /// The input is none of the kinds that are read.
        case unknownKind
        /// The input ends in the middle of something.
        case truncated
        /// The input holds something that its format does not allow.
        case malformed
        /// The input uses a part of its format that is not supported.
        case unsupported
        /// The input holds no stack.
        case empty
        /// The input is larger than a stated limit.
        case tooLarge
        /// The output cannot be written.
        case unwritable
    }

    /// Where in the input the fault lies.
    public enum Place: Sendable, Hashable {
        /// A line, from 1.
        case line(Int)
        /// A byte, from 0.
        case byte(Int)
        /// The input as a whole.
        case whole
    }

    /// The kind of fault.
    public var code: Code
    /// The input's path or another name for it.
    public var file: String
    /// Where the fault lies.
    public var place: Place
    /// What is wrong, as the end of a sentence that begins with the file and the place.
    public var detail: String
    /// What the reader can do about it; a full sentence.
    public var nextStep: String

    /// A fault.
    public init(
        _ code: Code, file: String, at place: Place = .whole, _ detail: String, nextStep: String
    ) {
        self.code = code
        self.file = file
        self.place = place
        self.detail = detail
        self.nextStep = nextStep
    }

    /// One line for a person: file, place, fault, next step.
    public var description: String {
        let place =
            switch place {
            case .line(let line): ", line \(line)"
            case .byte(let byte): ", byte \(byte)"
            case .whole: ""
            }
        return "\(Printable.line(file))\(place): \(detail). \(nextStep)"
    }

    /// This fault with the name of the input, where it arose in a profile that knows none.
    func naming(_ input: String) -> ProfileError {
        guard file == Self.profile else { return self }
        var named = self
        named.file = input
        return named
    }

    /// What faults of a profile call it before anybody knows where it comes from.
    static let profile = "profile"
}
