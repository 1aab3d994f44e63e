import FlameGraphs

extension String {
    /// The text with every occurrence of `part` replaced.
    ///
    /// Compared byte by byte: to a comparison by characters, a hostile combining accent after the part would
    /// make it another character, while a shell or a browser still reads the part.
    func replacing(_ part: String, by other: String) -> String {
        let pieces = utf8.split(separator: Array(part.utf8), omittingEmptySubsequences: false)
        return String(decoding: Array(pieces.joined(separator: Array(other.utf8))), as: UTF8.self)
    }

    /// The text with some characters written otherwise. By scalar, for the reason given above.
    func replacingScalars(_ replacement: (Unicode.Scalar) -> String?) -> String {
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if let other = replacement(scalar) {
                result.append(contentsOf: other.unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}

/// Text in Markdown as GitHub, GitLab, Azure and Buildkite read it.
enum Markdown {
    /// One line of cleaned text as it should read, in a paragraph or in a cell of a table: nothing in it is
    /// markup, a link or a mention.
    static func text(_ line: String) -> String { MarkdownText.line(line) }

    /// One line of cleaned text as a paragraph: it does not begin a list, a rule or a heading either.
    static func paragraph(_ line: String) -> String {
        let start = line.unicodeScalars.prefix { ("0"..."9").contains($0) }
        let rest = line.unicodeScalars.dropFirst(start.count)
        guard let next = rest.first, "-+=.)".unicodeScalars.contains(next) else { return text(line) }
        return String(String.UnicodeScalarView(start)) + "\\" + text(String(String.UnicodeScalarView(rest)))
    }

    /// One line of cleaned text as code, in a cell too.
    static func code(_ line: String) -> String { "<code>\(text(line))</code>" }

    /// Cleaned text of many lines, as it is.
    static func block(_ text: String, _ language: String = "text") -> String {
        var longest = 0
        var current = 0
        for scalar in text.unicodeScalars {
            current = scalar == "`" ? current + 1 : 0
            longest = max(longest, current)
        }
        let fence = String(repeating: "`", count: max(3, longest + 1))
        return "\(fence)\(language)\n\(text)\n\(fence)"
    }

    /// A table with a line for each row.
    static func table(_ header: [String], _ rows: [[String]], rightAligned: Set<Int> = []) -> String {
        let rule = header.indices.map { rightAligned.contains($0) ? "---:" : "---" }
        return ([header, rule] + rows).map { "| " + $0.joined(separator: " | ") + " |" }.joined(
            separator: "\n")
    }
}

/// Text on a page.
enum HTML {
    /// Cleaned text in an element or in a quoted attribute.
    static func text(_ text: String) -> String {
        text.replacingScalars { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            case "'": "&#39;"
            default: nil
            }
        }
    }
}
