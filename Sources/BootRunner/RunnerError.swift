/// Why a run cannot go on, and what to do next.
public struct RunnerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of fault, each with an exit code of its own.
    public enum Code: String, Sendable, Hashable {
        /// What was asked for makes no sense.
        case usage
        /// A file that is to be booted or read is missing or unreadable.
        case input
        /// The host cannot answer: a tool is missing, a permission, a full disk.
        case environment
        /// A fault of Bootmark's own.
        case fault
    }

    /// The kind of fault.
    public var code: Code
    /// What is wrong, naming the file and the place.
    public var problem: String
    /// What to do about it.
    public var next: String

    /// A fault.
    public init(_ code: Code, _ problem: String, next: String) {
        self.code = code
        self.problem = problem
        self.next = next
    }

    /// Both sentences.
    public var description: String { "\(problem)\n\(next)" }

    /// What the command line exits with.
    public var exitCode: Int32 {
        switch code {
        case .usage: 64
        case .input: 66
        case .environment: 4
        case .fault: 70
        }
    }
}
