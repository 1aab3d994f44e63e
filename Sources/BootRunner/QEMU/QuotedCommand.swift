import BootModel

/// A command line in one string, split into its words by the quoting rules of the POSIX shell, without a shell.
///
/// Nothing is expanded and nothing is run: what a shell would expand, redirect or run is refused, with what to
/// do in its place, so that a string never means something else here than where it was copied from.
public struct QuotedCommand: Sendable, Hashable {
    /// The words, quotes taken off.
    public let words: [String]

    /// The longest string that is split, in bytes: more than a kernel takes as one argument.
    static let longest = 128 << 10

    /// Splits a string.
    ///
    /// - Parameters:
    ///   - text: the string.
    ///   - option: what the user gave it to, for errors: `--before`.
    /// - Throws: `RunnerError` with the code `usage`.
    public init(_ text: String, option: String) throws {
        guard text.utf8.count <= Self.longest, !text.utf8.contains(0) else {
            throw Self.refusal(option, "is too long or holds a NUL character", "Give a shorter command.")
        }
        var splitter = Splitter(text: Array(text.unicodeScalars), option: option)
        words = try splitter.split()
        guard let program = words.first else {
            throw Self.refusal(option, "is empty", "Give it a QEMU command: \(option) 'qemu-system-i386 …'.")
        }
        if let sign = program.firstIndex(of: "="), sign != program.startIndex,
            program[..<sign].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
        {
            throw Self.refusal(
                option, "begins with a variable (\(program))", "Set it for bootmark itself instead.")
        }
    }

    fileprivate static func refusal(_ option: String, _ problem: String, _ next: String) -> RunnerError {
        RunnerError(.usage, "The command of \(option) \(problem).", next: next)
    }
}

/// The state of a split.
private struct Splitter {
    let text: [Unicode.Scalar]
    let option: String
    var place = 0
    var words: [String] = []
    /// The word in hand; nil between words, empty after a pair of quotes around nothing.
    var word: String.UnicodeScalarView?

    mutating func split() throws -> [String] {
        while place < text.count {
            let scalar = text[place]
            place += 1
            switch scalar {
            case " ", "\t": endWord()
            case "'": try single()
            case "\"": try double()
            case "\\": try escaped()
            default: try plain(scalar)
            }
        }
        endWord()
        return words
    }

    private mutating func endWord() {
        if let word { words.append(String(word)) }
        word = nil
    }

    private mutating func add(_ scalar: Unicode.Scalar) { word = (word ?? .init()) + [scalar] }

    private mutating func single() throws {
        let start = place
        word = word ?? .init()
        while place < text.count {
            let scalar = text[place]
            place += 1
            if scalar == "'" { return }
            add(scalar)
        }
        throw refusal(at: start, "opens a single quote that is never closed", "Close it with another '.")
    }

    private mutating func double() throws {
        let start = place
        word = word ?? .init()
        while place < text.count {
            let scalar = text[place]
            place += 1
            switch scalar {
            case "\"": return
            case "\\" where place < text.count && "\"\\$`\n".unicodeScalars.contains(text[place]):
                if text[place] != "\n" { add(text[place]) }
                place += 1
            case "$", "`": throw expansion(scalar)
            default: add(scalar)
            }
        }
        throw refusal(at: start, "opens a double quote that is never closed", "Close it with another \".")
    }

    private mutating func escaped() throws {
        guard place < text.count else {
            throw refusal(
                at: place, "ends with a backslash", "Take it away, or write \\\\ for the character.")
        }
        // A backslash before the end of a line joins both lines.
        if text[place] != "\n" { add(text[place]) }
        place += 1
    }

    private mutating func plain(_ scalar: Unicode.Scalar) throws {
        switch scalar {
        case "$", "`": throw expansion(scalar)
        case "<", ">":
            throw refusal(
                at: place, "redirects with \(scalar)",
                "Bootmark keeps what QEMU writes in the run's folder; take the redirection away.")
        case "|", "&", ";", "(", ")", "\n", "\r":
            let name = scalar == "\n" || scalar == "\r" ? "an end of line" : "\(scalar)"
            throw refusal(
                at: place, "holds \(name), which ends a command in a shell",
                "Give one QEMU command alone, and put the character in single quotes where it belongs to it.")
        case "*", "?", "[":
            throw refusal(
                at: place, "holds \(scalar), for which a shell looks up files",
                "Name the file, or put the character in single quotes.")
        case "~" where word == nil, "#" where word == nil:
            throw refusal(
                at: place, "has a word that begins with \(scalar), which means something else to a shell",
                scalar == "~" ? "Write the folder out." : "Put it in single quotes.")
        default: add(scalar)
        }
    }

    private func expansion(_ scalar: Unicode.Scalar) -> RunnerError {
        refusal(
            at: place, "holds \(scalar), which a shell would expand and Bootmark does not",
            "Use double quotes around the whole command to let your shell expand it, or single quotes inside "
                + "for the character itself.")
    }

    private func refusal(at place: Int, _ problem: String, _ next: String) -> RunnerError {
        QuotedCommand.refusal(option, "\(problem), at character \(place)", next)
    }
}
