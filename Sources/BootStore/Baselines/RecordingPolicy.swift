import BootModel

/// When a run becomes the baseline without anybody asking.
public enum RecordingPolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// Never; a scenario without a baseline is incomparable. The default where builds run unattended.
    case never
    /// Where there is no baseline yet. The default elsewhere.
    case missing
    /// Where there is none yet, or where the comparison found a regression or could not be made.
    case failed
    /// Always.
    case all

    /// The environment variable that sets it.
    public static let variable = "BOOTMARK_RECORD"

    /// The policy that the environment asks for; without a word from it, `never` where `CI` is set and
    /// `missing` elsewhere.
    /// - Throws: `UnknownRecordingPolicy`.
    public static func fromEnvironment(_ environment: [String: String]) throws -> RecordingPolicy {
        if let value = environment[variable], !value.isEmpty {
            guard let policy = RecordingPolicy(rawValue: value) else {
                throw UnknownRecordingPolicy(value: value)
            }
            return policy
        }
        let unattended = environment["CI"].map { !["", "0", "false"].contains($0.lowercased()) } ?? false
        return unattended ? .never : .missing
    }

    /// What is to be done with a run.
    /// - Parameters:
    ///   - hasBaseline: whether the scenario has a baseline.
    ///   - verdict: the answer of the comparison with it; without a baseline, `failed` where a boot failed
    ///     and `incomparable` otherwise.
    public func decision(hasBaseline: Bool, verdict: Verdict) -> RecordingDecision {
        let wanted =
            switch self {
            case .never: false
            case .missing: !hasBaseline
            case .failed: !hasBaseline || verdict == .regression || verdict == .incomparable
            case .all: true
            }
        // What a disturbed or failed run measured would make every later comparison wrong.
        let isSound = verdict != .failed && verdict != .invalidEnvironment
        return RecordingDecision(
            compares: hasBaseline, records: wanted && isSound,
            reason: reason(hasBaseline: hasBaseline, wanted: wanted, isSound: isSound))
    }

    private func reason(hasBaseline: Bool, wanted: Bool, isSound: Bool) -> String? {
        switch (wanted, isSound, hasBaseline) {
        case (true, true, false):
            "There was no baseline; this run is recorded as one (\(Self.variable)=\(rawValue)). "
                + "Run again to compare with it."
        case (true, true, true):
            "This run replaces the baseline that it was compared with (\(Self.variable)=\(rawValue))."
        case (true, false, _): "This run is not recorded as a baseline: its boots failed or were disturbed."
        case (false, _, false):
            "There is no baseline, and none is recorded (\(Self.variable)=\(rawValue)). "
                + "Make one with \(Self.variable)=missing, or bootmark accept."
        case (false, _, true): nil
        }
    }
}

/// What is to be done with a run: data, so that reports can say it and nothing happens silently.
public struct RecordingDecision: Sendable, Hashable, Codable {
    /// Whether there is a baseline whose comparison decides the test.
    public var compares: Bool
    /// Whether the run becomes the baseline.
    public var records: Bool
    /// What a person must be told; nil only where the run is compared and nothing is recorded.
    public var reason: String?

    /// A decision.
    public init(compares: Bool, records: Bool, reason: String?) {
        self.compares = compares
        self.records = records
        self.reason = reason
    }
}

/// The environment asks for a policy that there is not.
public struct UnknownRecordingPolicy: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the environment says.
    public var value: String

    /// What is wrong and what the values are, in one line.
    public var description: String {
        let values = RecordingPolicy.allCases.map(\.rawValue).joined(separator: ", ")
        return "\(RecordingPolicy.variable)=\(value.printable) is no recording policy. "
            + "Set it to one of \(values)."
    }
}
