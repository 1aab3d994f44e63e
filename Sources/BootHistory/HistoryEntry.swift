import BootModel

/// What one comparison leaves behind of one metric: a point of a history.
public struct HistoryEntry: Sendable, Hashable, Codable {
    /// The scenario's name.
    public var scenario: String
    /// The metric.
    public var metric: Metric
    /// The kind of host that booted it, in one line; numbers of different classes are never compared.
    public var hostClass: String
    /// When the run was taken: seconds since 1970, UTC.
    public var recordedAt: Double
    /// The commit that was booted; empty where it is not known.
    public var commit: String
    /// The middle of the run's boots, in the metric's unit.
    public var median: Double
    /// The robust spread of the boots, in the metric's unit; 0 for one boot.
    public var spread: Double
    /// How many boots the median is of.
    public var boots: Int
    /// What the comparison said of the metric.
    public var verdict: Verdict
    /// Whether the metric decided the comparison.
    public var gates: Bool

    /// A point of a history.
    public init(
        scenario: String, metric: Metric, hostClass: String, recordedAt: Double, commit: String,
        median: Double, spread: Double, boots: Int, verdict: Verdict, gates: Bool
    ) {
        self.scenario = scenario
        self.metric = metric
        self.hostClass = hostClass
        self.recordedAt = recordedAt
        self.commit = commit
        self.median = median
        self.spread = spread
        self.boots = boots
        self.verdict = verdict
        self.gates = gates
    }
}
