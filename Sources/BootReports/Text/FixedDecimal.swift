/// Numbers as text, the same in every locale.
enum FixedDecimal {
    /// `value` with `places` decimals (0 to 9), rounded to the nearest, no exponent and no grouping; values
    /// that are not finite or that no count of 15 digits holds are clamped. Never `-0`.
    static func text(_ value: Double, places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let finite = value.isNaN ? 0 : min(max(value, -1e15), 1e15)
        // 9e18 is still a whole number of Int64.
        let scaled = Int64(min(max((finite * scale).rounded(), -9e18), 9e18))
        let digits = String(scaled.magnitude)
        let sign = scaled < 0 ? "-" : ""
        guard places > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return "\(sign)\(padded.dropLast(places)).\(padded.suffix(places))"
    }

    /// A stretch of time as `%.3f` seconds, never negative: what every JUnit schema takes.
    static func seconds(nanoseconds: Double) -> String {
        text(max(0, nanoseconds.isNaN ? 0 : nanoseconds) / 1e9, places: 3)
    }
}
