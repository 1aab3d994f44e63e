/// A script of GRUB 2, taken apart by the rules of its shell (grub-core/script, and "Writing full
/// configuration files directly" in its manual).
///
/// Understood are commands, quoting, variables, `if`, `for` and functions; a `while`, and what else is not, is an
/// error with its line.
struct GRUBScript {
    /// A word before its variables are replaced.
    struct Word: Hashable {
        enum Part: Hashable {
            case text(String)
            /// A variable; a quoted one's value is not split into words.
            case variable(String, isQuoted: Bool)
        }
        var parts: [Part] = []
        /// The word as it stands, where nothing in it was quoted or a variable.
        var plain: String? {
            guard !wasQuoted else { return nil }
            var text = ""
            for part in parts {
                guard case .text(let piece) = part else { return nil }
                text += piece
            }
            return text
        }
        /// Whether a part of it was quoted, so that it is a word even when it is empty.
        var wasQuoted = false
    }

    indirect enum Statement {
        /// A command, with the block behind it where it has one.
        case command([Word], block: [Statement]?, line: Int)
        case conditional([(condition: [Statement], body: [Statement])], otherwise: [Statement])
        case loop(variable: String, over: [Word], body: [Statement], line: Int)
        case function(String, [Statement])
    }

    let statements: [Statement]

    /// Takes a script apart.
    /// - Throws: `BootMediaError` of code `menuNotUnderstood`, with the line.
    init(_ text: String, name: String) throws(BootMediaError) {
        var parser = Parser(try Lexer.tokens(text, name: name), name: name)
        statements = try parser.statements(until: [], depth: 0)
    }

    fileprivate enum Token: Hashable {
        case word(Word, line: Int)
        /// A line's end or a semicolon.
        case end(line: Int)

        var line: Int {
            switch self {
            case .word(_, let line), .end(let line): line
            }
        }
        var plain: String? { if case .word(let word, _) = self { word.plain } else { nil } }
    }
}

/// Takes a script's text apart into words and ends of commands.
private struct Lexer {
    private var rest: Substring.UnicodeScalarView
    private var line = 1
    private var word = GRUBScript.Word()
    private var text = ""
    private var tokens: [GRUBScript.Token] = []
    private let name: String

    static func tokens(_ text: String, name: String) throws(BootMediaError) -> [GRUBScript.Token] {
        var lexer = Lexer(rest: Substring(text).unicodeScalars, name: name)
        try lexer.run()
        return lexer.tokens
    }

    private init(rest: Substring.UnicodeScalarView, name: String) {
        self.rest = rest
        self.name = name
    }

    private mutating func run() throws(BootMediaError) {
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\n":
                endCommand()
                line += 1
            case ";": endCommand()
            case " ", "\t", "\r": endWord()
            case "{", "}":
                endWord()
                text = String(scalar)
                endWord()
            case "#" where word.parts.isEmpty && text.isEmpty && !word.wasQuoted:
                while let next = rest.first, next != "\n" { _ = rest.popFirst() }
            case "'":
                word.wasQuoted = true
                try takeQuoted()
            case "\"":
                word.wasQuoted = true
                try takeDoublyQuoted()
            case "\\":
                guard let next = rest.popFirst() else { break }
                if next == "\n" { line += 1 } else { text.unicodeScalars.append(next) }
                if next != "\n" { word.wasQuoted = true }
            case "$": takeVariable(isQuoted: false)
            case "&", "|", "<", ">": throw odd("'\(scalar)' is not understood")
            default: text.unicodeScalars.append(scalar)
            }
        }
        endCommand()
    }

    private func odd(_ reason: String) -> BootMediaError {
        BootMediaError(.menuNotUnderstood, place: "\(name):\(line)", reason: reason)
    }

    private mutating func takeQuoted() throws(BootMediaError) {
        while let scalar = rest.popFirst() {
            if scalar == "'" { return }
            if scalar == "\n" { line += 1 }
            text.unicodeScalars.append(scalar)
        }
        throw odd("a quotation does not end")
    }

    private mutating func takeDoublyQuoted() throws(BootMediaError) {
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return
            case "\\":
                guard let next = rest.popFirst() else { break }
                if next == "\n" { line += 1 }
                if !"\"\\$\n".unicodeScalars.contains(next) { text.append("\\") }
                if next != "\n" { text.unicodeScalars.append(next) }
            case "$": takeVariable(isQuoted: true)
            default:
                if scalar == "\n" { line += 1 }
                text.unicodeScalars.append(scalar)
            }
        }
        throw odd("a quotation does not end")
    }

    private mutating func takeVariable(isQuoted: Bool) {
        var name = ""
        if rest.first == "{" {
            var inside = rest.dropFirst()
            while let scalar = inside.popFirst(), scalar != "}" { name.unicodeScalars.append(scalar) }
            rest = inside
        } else if let first = rest.first, "?#@*".unicodeScalars.contains(first) {
            _ = rest.popFirst()
            name = String(first)
        } else {
            while let next = rest.first,
                next == "_" || next.properties.isAlphabetic || ("0"..."9").contains(next)
            {
                name.unicodeScalars.append(next)
                _ = rest.popFirst()
            }
        }
        guard !name.isEmpty else { return text.append("$") }
        endPart()
        word.parts.append(.variable(name, isQuoted: isQuoted))
    }

    private mutating func endPart() {
        if !text.isEmpty { word.parts.append(.text(text)) }
        text = ""
    }

    private mutating func endWord() {
        endPart()
        if !word.parts.isEmpty || word.wasQuoted { tokens.append(.word(word, line: line)) }
        word = GRUBScript.Word()
    }

    private mutating func endCommand() {
        endWord()
        tokens.append(.end(line: line))
    }
}

/// Puts words together into statements, by recursive descent.
private struct Parser {
    private var tokens: ArraySlice<GRUBScript.Token>
    private let name: String
    private let lastLine: Int

    init(_ tokens: [GRUBScript.Token], name: String) {
        self.tokens = tokens[...]
        lastLine = tokens.last?.line ?? 0
        self.name = name
    }

    private func odd(_ reason: String, _ line: Int) -> BootMediaError {
        BootMediaError(.menuNotUnderstood, place: "\(name):\(line)", reason: reason)
    }

    private mutating func skipEnds() {
        while let first = tokens.first, case .end = first { tokens.removeFirst() }
    }

    /// The statements up to one of `ends`, which is left where it stands; without any, up to the script's end.
    mutating func statements(until ends: Set<String>, depth: Int) throws(BootMediaError) -> [GRUBScript
        .Statement]
    {
        var found: [GRUBScript.Statement] = []
        guard depth < 64 else { throw odd("blocks are nested too deeply", tokens.first?.line ?? 0) }
        while true {
            skipEnds()
            guard let next = tokens.first else {
                guard ends.isEmpty else {
                    throw odd("the script ends before '\(ends.sorted()[0])'", lastLine)
                }
                return found
            }
            if let plain = next.plain, ends.contains(plain) { return found }
            found.append(try statement(depth))
        }
    }

    private mutating func statement(_ depth: Int) throws(BootMediaError) -> GRUBScript.Statement {
        let line = tokens.first?.line ?? 0
        switch tokens.first?.plain {
        case "if": return try conditional(depth)
        case "for": return try loop(depth)
        case "function":
            tokens.removeFirst()
            guard let function = tokens.popFirst()?.plain else { throw odd("a function has no name", line) }
            skipEnds()
            return .function(function, try block(depth))
        case "while", "until", "case", "then", "fi", "do", "done", "}", "{", "else", "elif":
            throw odd("'\(tokens.first?.plain ?? "")' is not understood here", line)
        default: break
        }
        var words: [GRUBScript.Word] = []
        while let next = tokens.first, case .word(let word, _) = next {
            if word.plain == "{" {
                return .command(words, block: try block(depth), line: line)
            }
            if word.plain == "}" { break }
            words.append(word)
            tokens.removeFirst()
        }
        return .command(words, block: nil, line: line)
    }

    private mutating func expect(_ word: String) throws(BootMediaError) {
        skipEnds()
        guard let next = tokens.first, next.plain == word else {
            throw odd("'\(word)' is missing", tokens.first?.line ?? lastLine)
        }
        tokens.removeFirst()
    }

    private mutating func block(_ depth: Int) throws(BootMediaError) -> [GRUBScript.Statement] {
        try expect("{")
        let body = try statements(until: ["}"], depth: depth + 1)
        try expect("}")
        return body
    }

    private mutating func conditional(_ depth: Int) throws(BootMediaError) -> GRUBScript.Statement {
        var branches: [(condition: [GRUBScript.Statement], body: [GRUBScript.Statement])] = []
        var otherwise: [GRUBScript.Statement] = []
        repeat {
            tokens.removeFirst()
            let condition = try statements(until: ["then"], depth: depth + 1)
            try expect("then")
            let body = try statements(until: ["elif", "else", "fi"], depth: depth + 1)
            branches.append((condition, body))
        } while tokens.first?.plain == "elif"
        if tokens.first?.plain == "else" {
            tokens.removeFirst()
            otherwise = try statements(until: ["fi"], depth: depth + 1)
        }
        try expect("fi")
        return .conditional(branches, otherwise: otherwise)
    }

    private mutating func loop(_ depth: Int) throws(BootMediaError) -> GRUBScript.Statement {
        let line = tokens.removeFirst().line
        guard let variable = tokens.popFirst()?.plain, tokens.popFirst()?.plain == "in" else {
            throw odd("'for' is not followed by a variable and 'in'", line)
        }
        var over: [GRUBScript.Word] = []
        while let next = tokens.first, case .word(let word, _) = next {
            over.append(word)
            tokens.removeFirst()
        }
        try expect("do")
        let body = try statements(until: ["done"], depth: depth + 1)
        try expect("done")
        return .loop(variable: variable, over: over, body: body, line: line)
    }
}
