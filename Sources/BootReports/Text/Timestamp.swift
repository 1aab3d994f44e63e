/// Points in time as text, in UTC.
enum Timestamp {
    /// `2026-03-01T07:05:09` for seconds since 1970 in UTC: no zone and no fraction, as every JUnit schema
    /// takes it. Clamped to the years 1970 to 9999. The calendar is Howard Hinnant's `civil_from_days`.
    static func text(secondsSince1970: Double) -> String {
        let limit = 253_402_300_799.0
        let seconds = secondsSince1970.isNaN ? 0 : Int64(min(max(secondsSince1970, 0), limit))
        let (days, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) + "T"
            + padded(second / 3600, 2) + ":" + padded(second / 60 % 60, 2) + ":" + padded(second % 60, 2)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
