import BootProfiles

/// Numbers as people read them: never NaN, never -0, the same in every locale.
enum Figures {
    /// `value` with `decimals` places behind the point.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return "0" }
        var factor = 1.0
        for _ in 0..<decimals { factor *= 10 }
        let scaled = (abs(value) * factor).rounded()
        // Beyond that no double has digits behind the point; its description may have an exponent.
        guard scaled < 9e18 else { return value.magnitude < 1e36 ? whole(value) : "\(value)" }
        var rest = UInt64(scaled)
        let isBelowZero = value < 0 && rest > 0
        // At most 19 digits, a point and a sign; a picture has a hundred thousand of them.
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 48) { text in
            var start = text.count
            func put(_ byte: UInt8) {
                start -= 1
                text[start] = byte
            }
            for _ in 0..<decimals {
                put(0x30 + UInt8(rest % 10))
                rest /= 10
            }
            if decimals > 0 { put(0x2E) }
            repeat {
                put(0x30 + UInt8(rest % 10))
                rest /= 10
            } while rest > 0
            if isBelowZero { put(0x2D) }
            return String(decoding: text[start...], as: UTF8.self)
        }
    }

    /// A whole number beyond 2^53, digit by digit.
    private static func whole(_ value: Double) -> String {
        guard let exact = Int128(exactly: value.rounded()) else { return "\(value)" }
        return String(exact)
    }

    /// `fixed` with a plus sign in front of what is above zero.
    static func signed(_ value: Double, _ decimals: Int) -> String {
        let text = fixed(value, decimals)
        let isZero = !text.utf8.contains { $0 >= 0x31 && $0 <= 0x39 }
        return value > 0 && !isZero ? "+\(text)" : text
    }

    /// A share as `12.34 %`.
    static func percent(_ share: Double) -> String { "\(fixed(share * 100, 2)) %" }

    /// A count with its thousands parted: `1,234,567`, with decimals only where it has some.
    static func count(_ value: Double) -> String {
        let text = fixed(value, value == value.rounded() ? 0 : 2)
        guard !text.utf8.contains(0x65) else { return text }
        var digits = Array(text.utf8.prefix { $0 != 0x2E })
        let rest = text.utf8.dropFirst(digits.count)
        var place = digits.count - 3
        while place > (digits.first == 0x2D ? 1 : 0) {
            digits.insert(0x2C, at: place)
            place -= 3
        }
        return String(decoding: digits + rest, as: UTF8.self)
    }

    /// A weight with its unit: `1,234 samples`, or `1.83 s of cpu-clock` for perf's clocks and for time off the
    /// processor, which count nanoseconds.
    static func amount(_ weight: Double, _ unit: String) -> String {
        guard ["cpu-clock", "task-clock", Profile.offCPU].contains(where: unit.hasPrefix) else {
            return "\(count(weight)) \(unit)"
        }
        let (value, name) = weight >= 1e9 ? (weight / 1e9, "s") : (weight / 1e6, "ms")
        return "\(fixed(value, 2)) \(name) of \(unit)"
    }

    /// A time of `nanoseconds` in seconds: `1.234567 s`.
    static func seconds(_ nanoseconds: UInt64) -> String { "\(fixed(Double(nanoseconds) / 1e9, 6)) s" }

    /// A p-value: `0.0079`, or `under 0.0001`.
    static func probability(_ value: Double) -> String {
        value < 0.0001 ? "under 0.0001" : fixed(value, 4)
    }

    /// `1 boot`, `2 boots`.
    static func counted(_ count: Int, _ noun: String) -> String {
        "\(self.count(Double(count))) \(noun)\(count == 1 ? "" : "s")"
    }
}
