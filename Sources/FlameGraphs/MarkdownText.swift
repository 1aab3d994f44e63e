/// Text of others in Markdown as GitHub, GitLab, Azure and Buildkite read it.
package enum MarkdownText {
    /// One line of cleaned text as it should read, in a paragraph or in a cell of a table: nothing in it is
    /// markup, a link or a mention.
    package static func line(_ line: String) -> String {
        var result = ""
        let scalars = Array(line.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "\n": result += " "
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\\", "`", "*", "_", "[", "]", "|", "~", "#", "$", "!": result += "\\" + String(scalar)
            // A mention notifies people even where the sign is escaped, so something must stand behind it;
            // inside a word, as in `boot-time@kernel`, it is none.
            case "@" where index == 0 || !isWord(scalars[index - 1]): result += "@&#8203;"
            // Bare addresses become links by themselves, and some words between colons become pictures.
            // By scalar: an accent behind them changes nothing for a browser.
            case ":" where index + 1 < scalars.count && scalars[index + 1] != " ": result += "&#58;"
            case "." where index >= 3 && scalars[(index - 3)..<index].allSatisfy { $0 == "w" }:
                result += "&#46;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_": true
        default: false
        }
    }
}
