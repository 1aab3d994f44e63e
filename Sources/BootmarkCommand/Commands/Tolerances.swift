import ArgumentParser
import BootModel

/// The values of `--tolerance METRIC=PERCENT`.
enum Tolerances {
    /// The shares by metric: 0.05 for `boot-time=5` or `boot-time=5%`.
    static func parsed(_ options: [String]) throws -> [String: Double] {
        var tolerances: [String: Double] = [:]
        for text in options {
            let parts = text.split(separator: "=", maxSplits: 1)
            let number = parts.count == 2 ? parts[1].hasSuffix("%") ? parts[1].dropLast() : parts[1] : ""
            guard let percent = Double(number), percent >= 0, percent < 10_000 else {
                throw ValidationError(
                    "--tolerance '\(text)' is not of the form METRIC=PERCENT, as boot-time=5.")
            }
            tolerances[String(parts[0])] = percent / 100
        }
        return tolerances
    }

    /// A tolerance for a metric that no run has is a slip of the pen that would pass silently.
    static func checkNames(_ tolerances: [String: Double], _ runs: Run...) throws {
        let known = Set(runs.flatMap(\.metrics).flatMap { [$0.id, $0.name] })
        for name in tolerances.keys.sorted() where !known.contains(name) {
            throw ValidationError(
                "No metric of these runs is called '\(name)'; they have \(known.sorted().joined(separator: ", "))."
            )
        }
    }
}
