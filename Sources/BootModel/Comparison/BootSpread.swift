/// How steady the boots of one side were, by one metric. Nothing that is named here was dropped.
public struct BootSpread: Sendable, Hashable, Codable {
    /// Two ways that boots take.
    public struct Modes: Sendable, Hashable, Codable {
        /// The middle of the boots on the lower way, in the metric's unit.
        public var lower: Double
        /// The middle of the boots on the upper way, in the metric's unit.
        public var upper: Double
        /// The places in the run of the boots that took the upper way.
        public var upperBoots: [Int]
        /// The share of the boots that took the upper way: 0 to 1.
        public var upperShare: Double

        /// Two ways.
        public init(lower: Double, upper: Double, upperBoots: [Int], upperShare: Double) {
            self.lower = lower
            self.upper = upper
            self.upperBoots = upperBoots
            self.upperShare = upperShare
        }

        /// How much more the upper way takes, as a share of the lower; nil where that is zero.
        public var gap: Double? { lower > 0 ? upper / lower - 1 : nil }
    }

    /// Which boots they are.
    public var side: BootFailure.Side
    /// The robust spread, as a share of the median: 1.4826 times the median distance from it. Nil where the median
    /// is zero.
    public var noise: Double?
    /// The shift from the first half of the boots to the second, as a share, where it is no accident at 1 %.
    public var drift: Double?
    /// The places in the run of the boots that stand apart, by their modified z-score.
    public var outliers: [Int]
    /// The two ways that the boots take, where they do.
    public var modes: Modes?

    /// How steady boots were.
    public init(
        side: BootFailure.Side, noise: Double? = nil, drift: Double? = nil, outliers: [Int] = [],
        modes: Modes? = nil
    ) {
        self.side = side
        self.noise = noise
        self.drift = drift
        self.outliers = outliers
        self.modes = modes
    }
}
