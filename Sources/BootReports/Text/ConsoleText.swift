import BootModel

/// What a guest wrote, made safe to show: in XML, in a terminal, on a page.
///
/// A guest can write anything. What comes out holds no character that XML 1.0 forbids, no control but tab
/// and line feed, no escape sequence, no C1 control and no character that reorders or hides its neighbours.
/// Characters that are taken out are shown as `#xNN`; escape sequences, which only paint, go without a trace.
/// Cleaning a second time changes nothing. O(n) time and space.
public struct ConsoleText: Sendable, Hashable {
    /// The printable text: lines ended by line feeds.
    public let text: String

    /// Cleans raw bytes: UTF-8 is decoded with replacement; a lone byte 0x80 to 0x9F is taken for an 8-bit
    /// control, as a terminal would.
    public init(_ bytes: [UInt8]) {
        var cleaner = ConsoleCleaner()
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var position = 0
        decoding: while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let encoded):
                position += encoded.count
                cleaner.take(Unicode.UTF8.decode(encoded))
            case .error(let length):
                let byte = bytes[position]
                position += length
                let isControl = length == 1 && (0x80...0x9F).contains(byte)
                cleaner.take(isControl ? Unicode.Scalar(byte) : "\u{FFFD}")
            case .emptyInput:
                break decoding
            }
        }
        text = cleaner.finish()
    }

    /// Cleans text that was decoded before.
    public init(_ text: String) {
        var cleaner = ConsoleCleaner()
        for scalar in text.unicodeScalars { cleaner.take(scalar) }
        self.text = cleaner.finish()
    }

    /// The text, or its first `head` and last `tail` bytes of UTF-8 with a line between them that says how
    /// much was cut. Cuts fall between lines where lines are short, else between characters.
    public func capped(head: Int, tail: Int) -> String {
        let utf8 = text.utf8
        guard utf8.count > head + tail else { return text }
        var first = utf8.index(utf8.startIndex, offsetBy: head)
        var last = utf8.index(utf8.endIndex, offsetBy: -tail)
        if let line = text[..<scalarBoundary(first)].lastIndex(of: "\n"),
            utf8.distance(from: line, to: first) <= head / 2
        {
            first = line
        }
        if let line = utf8[last...].firstIndex(of: UInt8(ascii: "\n")),
            utf8.distance(from: last, to: line) <= tail / 2
        {
            last = utf8.index(after: line)
        }
        let (start, end) = (scalarBoundary(first), scalarBoundary(last))
        let cut = Quantity.exactText(Double(utf8.distance(from: start, to: end)))
        return "\(text[..<start])\n[... \(cut) bytes are cut here ...]\n\(text[end...])"
    }

    /// One line of at most `limit` characters, cleaned: line feeds and tabs become spaces.
    public static func line(_ text: String, limit: Int = 500) -> String {
        // What is far beyond the limit need not be cleaned; escape sequences may take some of the room.
        var prefix = String.UnicodeScalarView()
        prefix.append(contentsOf: text.unicodeScalars.prefix(limit * 4))
        var line = String.UnicodeScalarView()
        var count = 0
        for scalar in ConsoleText(String(prefix)).text.unicodeScalars {
            let isSpace = scalar == "\n" || scalar == "\t" || scalar == " "
            if isSpace && (line.last == " " || line.isEmpty) { continue }
            count += 1
            if count > limit { break }
            line.append(isSpace ? " " : scalar)
        }
        if line.last == " " { line.removeLast() }
        if count > limit || text.unicodeScalars.count > prefix.count {
            line.append(contentsOf: "...".unicodeScalars)
        }
        return String(line)
    }

    private func scalarBoundary(_ index: String.Index) -> String.Index {
        var index = index
        while index > text.startIndex, index.samePosition(in: text.unicodeScalars) == nil {
            index = text.utf8.index(before: index)
        }
        return index
    }
}

extension Unicode.Scalar {
    /// Whether a report may hold the character as it is.
    var isPrintable: Bool {
        switch value {
        case 0x9, 0xA: true
        case 0x0...0x1F, 0x7F...0x9F: false
        // Direction marks, embeddings, overrides and isolates make text read as something else.
        case 0x61C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: false
        // Line and paragraph separators break lines for some readers only; the rest is invisible.
        case 0x2028, 0x2029, 0xFEFF, 0xE0000...0xE007F: false
        case 0xFFFE, 0xFFFF: false
        default: true
        }
    }

    /// How a report shows a character that is not printable: `#x1B`.
    var numbered: String {
        let digits = String(value, radix: 16, uppercase: true)
        return "#x" + (digits.count < 2 ? "0" : "") + digits
    }
}
