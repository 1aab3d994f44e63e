/// The packets of GDB's remote protocol in a stream of bytes: `$payload#checksum`.
///
/// Whatever arrives, it holds little memory and never stops: what lies between packets is passed over, and a
/// packet that is too long or whose checksum is wrong is `damaged`.
struct GDBPackets {
    /// What the stream holds.
    enum Event: Hashable {
        /// The other side has understood the last packet.
        case understood
        /// The other side asks for the last packet again.
        case again
        /// A packet, its escapes and runs resolved.
        case packet([UInt8])
        /// Something that should have been a packet.
        case damaged
    }

    /// The longest payload that is taken, in bytes, after its runs were resolved.
    static let longest = 1 << 17

    private enum State { case between, inPayload, firstDigit, secondDigit }

    private var state = State.between
    private var payload: [UInt8] = []
    private var sum: UInt8 = 0
    private var isNotification = false
    private var isTooLong = false
    private var digit: UInt8 = 0
    /// Bytes that belonged to no packet.
    private(set) var strayBytes = 0

    /// Takes a byte; gives what it completes.
    mutating func take(_ byte: UInt8) -> Event? {
        switch state {
        case .between:
            switch byte {
            case UInt8(ascii: "+"): return .understood
            case UInt8(ascii: "-"): return .again
            case UInt8(ascii: "$"), UInt8(ascii: "%"): begin(isNotification: byte == UInt8(ascii: "%"))
            default: strayBytes += 1
            }
        case .inPayload:
            if byte == UInt8(ascii: "#") {
                state = .firstDigit
            } else if byte == UInt8(ascii: "$") {
                // A packet that was broken off: its successor begins here.
                strayBytes += payload.count
                begin(isNotification: false)
            } else {
                sum &+= byte
                isTooLong = isTooLong || payload.count >= Self.longest
                if !isTooLong { payload.append(byte) }
            }
        case .firstDigit:
            digit = byte
            state = .secondDigit
        case .secondDigit:
            state = .between
            // A notification is not acknowledged, and nothing here asks for one.
            if isNotification { return nil }
            guard let high = Hexadecimal.digit(digit), let low = Hexadecimal.digit(byte),
                high << 4 | low == sum, !isTooLong, let resolved = Self.resolved(payload)
            else { return .damaged }
            return .packet(resolved)
        }
        return nil
    }

    private mutating func begin(isNotification: Bool) {
        state = .inPayload
        self.isNotification = isNotification
        isTooLong = false
        sum = 0
        payload.removeAll(keepingCapacity: true)
    }

    /// Resolves escapes (`}` and a byte, XOR 0x20) and runs (`*` and how often the byte before comes again).
    private static func resolved(_ payload: [UInt8]) -> [UInt8]? {
        guard payload.contains(where: { $0 == 0x7d || $0 == 0x2a }) else { return payload }
        var result: [UInt8] = []
        var index = 0
        while index < payload.count {
            let byte = payload[index]
            index += 1
            guard byte == 0x7d || byte == 0x2a else {
                result.append(byte)
                continue
            }
            guard index < payload.count else { return nil }
            let next = payload[index]
            index += 1
            if byte == 0x7d {
                result.append(next ^ 0x20)
            } else {
                guard next >= 29, let last = result.last, result.count + Int(next) < longest else {
                    return nil
                }
                result.append(contentsOf: repeatElement(last, count: Int(next) - 29))
            }
        }
        return result
    }

    /// A packet of `payload`, which holds none of the protocol's own characters.
    static func packet(_ payload: String) -> [UInt8] {
        let sum = payload.utf8.reduce(UInt8(0), &+)
        return [UInt8(ascii: "$")] + Array(payload.utf8)
            + [UInt8(ascii: "#"), Hexadecimal.character(sum >> 4), Hexadecimal.character(sum & 15)]
    }
}

/// Bytes as digits.
enum Hexadecimal {
    static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case 48...57: character - 48
        case 65...70: character - 55
        case 97...102: character - 87
        default: nil
        }
    }

    static func character(_ value: UInt8) -> UInt8 { value < 10 ? value + 48 : value + 87 }

    /// The bytes that pairs of digits stand for; nil where they are none. `x`, for a register that is not
    /// available, is a 0.
    static func bytes(_ text: [UInt8]) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var index = 0
        while index < text.count {
            if text[index] == 0x78, text[index + 1] == 0x78 {
                bytes.append(0)
            } else if let high = digit(text[index]), let low = digit(text[index + 1]) {
                bytes.append(high << 4 | low)
            } else {
                return nil
            }
            index += 2
        }
        return bytes
    }
}
