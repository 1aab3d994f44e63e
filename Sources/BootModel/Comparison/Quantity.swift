/// How numbers are written for a person, in one place, so that every report writes them alike and no locale
/// changes them.
public enum Quantity {
    /// A value in its unit, with three or four digits that count: `3.01 s`, `21.33 G`, `145 MiB`, `8,192`.
    ///
    /// Counts below 100,000 are written out. A value that is not a finite number is `unknown`.
    public static func text(_ value: Double, unit: Metric.Unit) -> String {
        guard value.isFinite else { return "unknown" }
        switch unit {
        case .nanoseconds: return scaled(value, by: 1_000, ["ns", "µs", "ms", "s"])
        case .bytes: return scaled(value, by: 1_024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"])
        case .count:
            if value.magnitude < 99_999.5 {
                return value == value.rounded() ? exactText(value) : decimal(value, places: 2)
            }
            return scaled(value, by: 1_000, prefixes)
        }
    }

    /// A whole number with all its digits, in groups of three: `21,330,118,204`. For exact metrics, where one
    /// more is a difference. Rounded to a whole number; `unknown` where it is not finite.
    public static func exactText(_ value: Double) -> String {
        guard value.isFinite else { return "unknown" }
        guard value.magnitude < 0x1p63 else { return scaled(value, by: 1_000, prefixes) }
        let whole = value.rounded()
        return (whole < 0 ? "-" : "") + grouped(UInt64(whole.magnitude))
    }

    /// A change in percent with its sign: 0.042 is `+4.2 %`. Never `-0.0 %`.
    ///
    /// One decimal from 1 % on; below, as many (up to four) as two digits that count need: `+0.013 %`. A
    /// share that is not a finite number is `unknown`.
    public static func percent(_ share: Double) -> String { percent(share, plus: "+") }

    /// A share in percent without a plus sign: 0.03 is `3.0 %`.
    public static func share(_ share: Double) -> String { percent(share, plus: "") }

    private static let prefixes = ["", "k", "M", "G", "T", "P", "E"]

    private static func percent(_ share: Double, plus: String) -> String {
        let percent = share * 100
        guard percent.isFinite else { return "unknown" }
        guard percent.magnitude < 1e12 else { return (percent < 0 ? "below -" : "over \(plus)") + "10^12 %" }
        var places = 1
        // 0.9996 is 1.0, and not 1.00.
        while places < 4, (percent.magnitude * power(places)).rounded() < 10 { places += 1 }
        let number = decimal(percent, places: places)
        if !number.contains(where: { ("1"..."9").contains($0) }) { return "0.0 %" }
        return (percent > 0 ? plus : "") + number + " %"
    }

    /// The value in the largest unit of which it holds one or more.
    private static func scaled(_ value: Double, by step: Double, _ units: [String]) -> String {
        var rest = value
        var place = 0
        // Compared as it will be printed: 999.6 ms is 1.00 s, and not 1,000 ms.
        while place < units.count - 1, rest.magnitude.rounded() >= step {
            rest /= step
            place += 1
        }
        let whole = place == 0 && rest == rest.rounded()
        let number = decimal(rest, places: whole || rest.magnitude >= 99.995 ? 0 : 2)
        return units[place].isEmpty ? number : "\(number) \(units[place])"
    }

    /// The number with so many decimals, rounded half away from zero, without a negative zero.
    private static func decimal(_ value: Double, places: Int) -> String {
        let factor = power(places)
        let units = (value.magnitude * factor).rounded()
        guard units < 0x1p63 else { return value < 0 ? "less than -10^15" : "more than 10^15" }
        let digits = UInt64(units)
        let divisor = UInt64(factor)
        var text = grouped(digits / divisor)
        if places > 0 {
            let fraction = String(digits % divisor)
            text += "." + String(repeating: "0", count: places - fraction.count) + fraction
        }
        return value < 0 && digits > 0 ? "-" + text : text
    }

    private static func power(_ exponent: Int) -> Double {
        (0..<max(exponent, 0)).reduce(1) { result, _ in result * 10 }
    }

    private static func grouped(_ number: UInt64) -> String {
        let digits = Array(String(number))
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }
}
