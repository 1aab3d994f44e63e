import BootComparison
import BootModel
import BootRunner
import BootStore
import Foundation

/// Where scenarios keep their baselines and reports, and what the environment asks of them.
///
/// | variable | meaning | default |
/// |---|---|---|
/// | BOOTMARK_BASELINES | the folder of baselines | `Baselines` |
/// | BOOTMARK_REPORTS | the folder of runs and reports | `Reports` |
/// | BOOTMARK_RECORD | when a run becomes a baseline: never, missing, failed, all | never where CI is set, else missing |
/// | BOOTMARK_REFERENCE | which accepted run is compared with: last, fixed, median:5, pooled:5 | last |
/// | BOOTMARK_BOOTS | timed boots of every scenario | as the scenario says |
/// | BOOTMARK_PAIRS | the most pairs of every scenario with `Against` | as the scenario says |
/// | BOOTMARK_SITTING | a name that several `swift test` share, whose reports are merged | one `swift test` |
/// | BOOTMARK_WARM_UP | `0`: no boot to warm up, which instructions do not need | one |
/// | CI | a missing tool or guest fails instead of skipping | |
public struct GateSettings: Sendable, Hashable {
    /// The folder of baselines.
    public var baselines: String
    /// The folder of runs and reports.
    public var reports: String
    /// When a run becomes a baseline.
    public var policy: RecordingPolicy
    /// Whether that policy was asked for by name, so that recording is no surprise.
    public var policyIsNamed: Bool
    /// Which of the accepted runs a new one is compared with.
    public var reference: ReferencePolicy
    /// Timed boots of every scenario, or nil for each scenario's own number.
    public var boots: Int?
    /// The most pairs of every scenario that is compared in pairs, or nil for each scenario's own number.
    public var pairs: Int?
    /// Whether a first boot is taken that is not judged.
    public var warmsUp: Bool
    /// Whether builds run unattended here: what is missing fails.
    public var isUnattended: Bool

    /// The settings that the environment asks for.
    /// - Throws: `UnknownRecordingPolicy`, or `GateError` for a number of boots that is none.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        let named = { (name: String) in environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        baselines = named("BOOTMARK_BASELINES") ?? "Baselines"
        reports = named("BOOTMARK_REPORTS") ?? "Reports"
        policy = try RecordingPolicy.fromEnvironment(environment)
        policyIsNamed = named(RecordingPolicy.variable) != nil
        if let text = named(ReferencePolicy.variable) {
            guard let policy = ReferencePolicy(text) else {
                throw GateError(
                    "\(ReferencePolicy.variable)=\(text) names no reference. Set it to last, fixed, median:5 or pooled:5 (3 runs or more)."
                )
            }
            reference = policy
        } else {
            reference = .last
        }
        warmsUp = named("BOOTMARK_WARM_UP") != "0"
        isUnattended = !["", "0", "false"].contains((environment["CI"] ?? "").lowercased())
        func number(_ variable: String, of things: String, in range: ClosedRange<Int>) throws -> Int? {
            guard let text = named(variable) else { return nil }
            guard let number = Int(text), range.contains(number) else {
                throw GateError(
                    "\(variable)=\(text) is no number of \(things). Set it to a number from \(range.lowerBound) to \(range.upperBound)."
                )
            }
            return number
        }
        boots = try number("BOOTMARK_BOOTS", of: "boots", in: 1...10_000)
        pairs = try number("BOOTMARK_PAIRS", of: "pairs", in: 2...PairedPlan.mostPairs)
    }
}

/// What keeps a scenario from being judged, in words for a person.
public struct GateError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong and what to do next.
    public var description: String

    init(_ description: String) { self.description = description }
}
