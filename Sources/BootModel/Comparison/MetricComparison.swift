/// What is to be said of one metric.
public struct MetricComparison: Sendable, Hashable, Codable {
    /// Whether a metric can fail the build.
    public enum Role: String, Sendable, Hashable, Codable {
        /// Decides the verdict.
        case gates
        /// Is shown; at worst a warning.
        case informs
    }

    /// A relative change and how sure of it one can be: 0.05 is 5 % more than before.
    public struct Change: Sendable, Hashable, Codable {
        /// The Hodges-Lehmann estimate of the shift.
        public var estimate: Double
        /// The lower end of the interval; -1 or more. Nil where the interval is open below.
        public var low: Double?
        /// The upper end of the interval. Nil where the interval is open above.
        public var high: Double?
        /// The interval's confidence: 0.98 where each end holds with 99 %.
        public var confidence: Double

        /// A change with its interval.
        public init(estimate: Double, low: Double?, high: Double?, confidence: Double) {
            self.estimate = estimate
            self.low = low
            self.high = high
            self.confidence = confidence
        }
    }

    /// What was judged.
    public var metric: Metric
    /// Whether it decides.
    public var role: Role
    /// The share by which it may get worse: 0.03 is 3 %.
    public var tolerance: Double
    /// The verdict on this metric alone.
    public var verdict: Verdict
    /// Why, in one sentence for a person.
    public var reason: String
    /// The values before, by boot.
    public var before: [Double]
    /// The values after, by boot.
    public var after: [Double]
    /// The change, where both sides have values.
    public var change: Change?
    /// The p-value of "worse by more than the tolerance", corrected for the number of gated metrics.
    public var pWorse: Double?
    /// The p-value of "better", corrected for the number of gated metrics.
    public var pBetter: Double?
    /// The smallest slowdown that these boots could have found, as a share: 0.08 is 8 %.
    public var detectable: Double?
    /// How steady the boots of each side were; nil in comparisons of before this was kept.
    public var spreads: [BootSpread]?
    /// The change, in the metric's unit, that builds which differ in layout alone pass in a tenth of the comparisons in
    /// which a verdict of this level may err: in one of a thousand at 1 %. Nil where no side has controls, or few that agree.
    public var floor: Double?
    /// How many controls the floor is taken from, on both sides; nil without a floor.
    public var controls: Int?

    /// A metric's result.
    public init(
        metric: Metric, role: Role, tolerance: Double, verdict: Verdict, reason: String, before: [Double],
        after: [Double], change: Change? = nil, pWorse: Double? = nil, pBetter: Double? = nil,
        detectable: Double? = nil, spreads: [BootSpread]? = nil, floor: Double? = nil,
        controls: Int? = nil
    ) {
        self.metric = metric
        self.role = role
        self.tolerance = tolerance
        self.verdict = verdict
        self.reason = reason
        self.before = before
        self.after = after
        self.change = change
        self.pWorse = pWorse
        self.pBetter = pBetter
        self.detectable = detectable
        self.spreads = spreads
        self.floor = floor
        self.controls = controls
    }

    /// The middle of the values before; nil without values.
    public var medianBefore: Double? { Self.median(before) }
    /// The middle of the values after; nil without values.
    public var medianAfter: Double? { Self.median(after) }

    private static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
