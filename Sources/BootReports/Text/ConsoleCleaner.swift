/// Takes a console's characters one by one and drops what paints: the state machine behind `ConsoleText`.
///
/// The states are those of a terminal (ECMA-48, section 5), with two differences that keep a broken or hostile
/// sequence from hiding what follows: a string sequence (OSC, DCS, ...) ends at the line's end at the latest,
/// and a control inside a sequence ends it.
struct ConsoleCleaner {
    private enum State {
        case text, escape, escapeIntermediate, sequence
        case string(length: Int)
    }

    /// More of a string sequence than this is taken for text.
    private static let longestString = 4096
    /// A line that was overwritten more often than this shows its first and last contents only.
    private static let mostRewrites = 8
    /// More equal controls in a row than this are counted.
    private static let mostRepeats = 4

    private var state = State.text
    private var output = String.UnicodeScalarView()
    private var line = String.UnicodeScalarView()
    private var overwritten: [String.UnicodeScalarView] = []
    private var sawReturn = false
    private var control: (scalar: Unicode.Scalar, count: Int)?

    mutating func take(_ scalar: Unicode.Scalar) {
        switch state {
        case .text: takeText(scalar)
        case .escape: takeEscape(scalar)
        case .escapeIntermediate:
            switch scalar.value {
            case 0x20...0x2F: break
            case 0x30...0x7E: state = .text
            default: abandon(with: scalar)
            }
        case .sequence:
            switch scalar.value {
            case 0x20...0x3F: break
            case 0x40...0x7E:
                state = .text
                // A move to a place or to a line below starts what a reader sees as another line.
                if scalar == "H" || scalar == "f" || scalar == "E" { breakLine() }
            default: abandon(with: scalar)
            }
        case .string(let length): takeString(scalar, length)
        }
    }

    /// The cleaned text; a sequence that was never ended is dropped.
    mutating func finish() -> String {
        endLine()
        return String(output)
    }

    private mutating func takeText(_ scalar: Unicode.Scalar) {
        if let next = Self.state(after: scalar) {
            state = next
            return
        }
        switch scalar {
        case "\n":
            endLine()
            output.append("\n")
        case "\r": sawReturn = true
        case "\u{9C}": break  // The end of a string that has ended already.
        default:
            if sawReturn { breakLine() }
            sawReturn = false
            if scalar.isPrintable {
                flushControl()
                line.append(scalar)
            } else if let control, control.scalar == scalar {
                self.control = (scalar, control.count + 1)
            } else {
                flushControl()
                control = (scalar, 1)
            }
        }
    }

    /// The state that an introducer leads to: ESC or an 8-bit one.
    private static func state(after scalar: Unicode.Scalar) -> State? {
        switch scalar.value {
        case 0x1B: .escape
        case 0x9B: .sequence
        case 0x90, 0x98, 0x9D, 0x9E, 0x9F: .string(length: 0)
        default: nil
        }
    }

    private mutating func takeEscape(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "[": state = .sequence
        case "]", "P", "X", "^", "_": state = .string(length: 0)
        default:
            switch scalar.value {
            case 0x20...0x2F: state = .escapeIntermediate
            case 0x30...0x7E: state = .text
            default: abandon(with: scalar)
            }
        }
    }

    private mutating func takeString(_ scalar: Unicode.Scalar, _ length: Int) {
        switch scalar.value {
        case 0x07, 0x18, 0x1A, 0x9C: state = .text
        case 0x0A, 0x0D, 0x1B: abandon(with: scalar)
        default: state = length < Self.longestString ? .string(length: length + 1) : .text
        }
    }

    /// Ends a sequence that was broken off, and takes what broke it as text.
    private mutating func abandon(with scalar: Unicode.Scalar) {
        state = .text
        // CAN and SUB say just that: the sequence is void.
        if scalar != "\u{18}" && scalar != "\u{1A}" { takeText(scalar) }
    }

    private mutating func flushControl() {
        guard let (scalar, count) = control else { return }
        control = nil
        let name = scalar.numbered
        let shown =
            count > Self.mostRepeats
            ? "\(name)(\(count) times)" : String(repeating: name, count: count)
        line.append(contentsOf: shown.unicodeScalars)
    }

    /// What a carriage return lets be overwritten is kept as a line of its own: nothing is hidden by it.
    private mutating func breakLine() {
        flushControl()
        guard !line.isEmpty else { return }
        overwritten.append(line)
        line = String.UnicodeScalarView()
    }

    private mutating func endLine() {
        flushControl()
        sawReturn = false
        if !line.isEmpty { overwritten.append(line) }
        let half = Self.mostRewrites / 2
        for (index, content) in overwritten.enumerated() {
            let isMiddle = index >= half && index < overwritten.count - half
            if isMiddle && index > half { continue }
            if index > 0 { output.append("\n") }
            if isMiddle {
                let count = overwritten.count - 2 * half
                output.append(contentsOf: "[\(count) overwritten contents of this line]".unicodeScalars)
            } else {
                output.append(contentsOf: content)
            }
        }
        overwritten = []
        line = String.UnicodeScalarView()
    }
}
