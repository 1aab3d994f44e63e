/// A key of a terminal's keyboard.
public enum Key: Sendable, Hashable {
    case character(Unicode.Scalar)
    case up, down, left, right, pageUp, pageDown, home, end
    case enter, escape, backspace, tab
    /// Control and a letter, a small one.
    case control(Character)
    /// A click on a row and a column, from 0.
    case click(row: Int, column: Int)
    case wheelUp, wheelDown
}

/// Makes keys of the bytes that a terminal sends.
public struct KeyReader: Sendable {
    private var pending: [UInt8] = []

    /// A reader without pending bytes.
    public init() {}

    /// Whether the bytes so far end inside a sequence, or are an escape that may begin one.
    public var isWaiting: Bool { !pending.isEmpty }

    /// The keys that `bytes` complete.
    public mutating func read(_ bytes: some Sequence<UInt8>) -> [Key] {
        pending += bytes
        var keys: [Key] = []
        while let (key, used) = next() {
            pending.removeFirst(used)
            if let key { keys.append(key) }
        }
        return keys
    }

    /// The keys that are pending when nothing follows for a while: an escape was the escape key.
    public mutating func flush() -> [Key] {
        let isEscape = pending == [0x1B]
        pending.removeAll()
        return isEscape ? [.escape] : []
    }

    /// The next key, nil for a sequence that means none here, and its bytes; nil where more have to come.
    private func next() -> (Key?, Int)? {
        guard let first = pending.first else { return nil }
        switch first {
        case 0x1B: return escaped()
        case 0x0D, 0x0A: return (.enter, 1)
        case 0x09: return (.tab, 1)
        case 0x7F, 0x08: return (.backspace, 1)
        case 1...26: return (.control(Character(Unicode.Scalar(first + 0x60))), 1)
        case 0..<0x20: return (nil, 1)
        case 0x20..<0x7F: return (.character(Unicode.Scalar(first)), 1)
        default:
            let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
            guard pending.count >= length else { return nil }
            let text = String(decoding: pending.prefix(length), as: UTF8.self)
            guard let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1,
                scalar != "\u{FFFD}", !(0x80..<0xA0).contains(scalar.value)
            else { return (nil, 1) }
            return (.character(scalar), length)
        }
    }

    private func escaped() -> (Key?, Int)? {
        guard pending.count > 1 else { return nil }
        switch pending[1] {
        case 0x5B: return sequence()
        case 0x4F:
            guard pending.count > 2 else { return nil }
            return (Self.keys[pending[2]], 3)
        case 0x1B: return (.escape, 1)
        // Alt and a key: the key.
        default: return (nil, 1)
        }
    }

    /// A control sequence: parameters, then one byte from @ to ~.
    private func sequence() -> (Key?, Int)? {
        guard let end = pending.dropFirst(2).firstIndex(where: { (0x40...0x7E).contains($0) }) else {
            return pending.count > 32 ? (nil, pending.count) : nil
        }
        let parameters = String(decoding: pending[2..<end], as: UTF8.self)
        let length = end + 1
        if parameters.hasPrefix("<") { return (mouse(parameters.dropFirst(), pending[end]), length) }
        guard pending[end] == 0x7E else { return (Self.keys[pending[end]], length) }
        switch parameters {
        case "1", "7": return (.home, length)
        case "4", "8": return (.end, length)
        case "5": return (.pageUp, length)
        case "6": return (.pageDown, length)
        default: return (nil, length)
        }
    }

    private func mouse(_ parameters: Substring, _ last: UInt8) -> Key? {
        let numbers = parameters.split(separator: ";").compactMap { Int($0) }
        guard numbers.count == 3, last == 0x4D, numbers[1] > 0, numbers[2] > 0 else { return nil }
        switch numbers[0] {
        case 0: return .click(row: numbers[2] - 1, column: numbers[1] - 1)
        case 64: return .wheelUp
        case 65: return .wheelDown
        default: return nil
        }
    }

    private static let keys: [UInt8: Key] = [
        0x41: .up, 0x42: .down, 0x43: .right, 0x44: .left, 0x48: .home, 0x46: .end,
    ]
}
