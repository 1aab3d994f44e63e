public import BootModel

/// Compares a run with a stored one, boot by boot, without pairs: the weaker of the two procedures, for where
/// the baseline's images are not at hand to be booted again.
///
/// The tolerance lies inside the null hypothesis of a one-sided Mann-Whitney test: a regression is called
/// where "at most the tolerance worse" is rejected, a pass where "at least the tolerance worse" is, and
/// neither is *inconclusive*. The estimate and its interval are Hodges and Lehmann's, on logarithms.
public struct UnpairedComparator: Sendable {
    /// How sure a verdict has to be, and how much change is allowed.
    public struct Settings: Sendable, Hashable, Codable {
        /// The chance that a gated metric raises a false alarm, over all gated metrics together (Holm).
        public var alpha: Double
        /// How sure a pass is that the change is smaller than the tolerance.
        public var passConfidence: Double
        /// The expected share of false alarms among the informing metrics' (Benjamini and Hochberg).
        public var informingRate: Double
        /// The share by which a metric may get worse, by `Metric.id` or `Metric.name`; overrides budgets.
        public var tolerances: [String: Double]
        /// The share by which any other metric may get worse.
        public var defaultTolerance: Double
        /// The smallest improvement that is called one, as a part of the tolerance: with a third, 1 % where
        /// 3 % are allowed. Smaller ones are real and not worth a word.
        public var smallestImprovement: Double
        /// Whether runs of different scenarios are compared; else the verdict is *incomparable*.
        public var acrossScenarios: Bool

        /// Settings, by default one false alarm in a hundred comparisons, a pass that is 95 % sure, and a
        /// tolerance of 3 %.
        public init(
            alpha: Double = 0.01, passConfidence: Double = 0.95, informingRate: Double = 0.05,
            tolerances: [String: Double] = [:], defaultTolerance: Double = 0.03,
            smallestImprovement: Double = 1.0 / 3, acrossScenarios: Bool = false
        ) {
            self.alpha = alpha
            self.passConfidence = passConfidence
            self.informingRate = informingRate
            self.tolerances = tolerances
            self.defaultTolerance = defaultTolerance
            self.smallestImprovement = smallestImprovement
            self.acrossScenarios = acrossScenarios
        }

        /// The tolerance of each metric that has one of its own: guest instructions and blocks vary so little
        /// that half a percent can be told apart in a few boots.
        public static let ownTolerances = [
            Metric.guestInstructions.name: 0.005, Metric.guestBlocks.name: 0.005,
        ]

        /// The tolerance of a metric: the override for its id or its name, else the budget's, else its own,
        /// else the default.
        public func tolerance(of metric: Metric, budget: Double? = nil) -> Double {
            tolerances[metric.id] ?? tolerances[metric.name] ?? budget
                ?? Self.ownTolerances[metric.name] ?? defaultTolerance
        }
    }

    /// The settings.
    public var settings: Settings

    /// A comparator.
    public init(settings: Settings = Settings()) { self.settings = settings }

    /// Compares two runs.
    ///
    /// Never fails: whatever is wrong with a run is a verdict with its reason.
    /// - Parameters:
    ///   - before: the baseline, or nil where there is none.
    ///   - after: the run to be judged.
    ///   - reproduction: the command that takes these measurements again, as arguments.
    public func compare(before: ComparedRun?, after: ComparedRun, reproduction: [String]) -> Comparison {
        procedure(.unpaired).compare(before: before, after: after, reproduction: reproduction)
    }

    /// Compares a run with several accepted ones, oldest first, taken in different sittings.
    ///
    /// The run is the unit, and not the boot: boots of one sitting share their host's mood. A verdict has to
    /// hold for the boots, as against one run, and for the runs: the new run's median has to stand out among
    /// the others' medians (Crawford and Howell's t test). The newest has to be comparable; of the others
    /// those count, metric by metric, that are, and where that leaves fewer than three the newest alone does.
    /// - Parameters:
    ///   - baselines: the accepted runs; without any, the verdict is *incomparable*.
    ///   - after: the run to be judged.
    ///   - reproduction: the command that takes these measurements again, as arguments.
    public func compare(
        baselines: [ComparedRun], after: ComparedRun, reproduction: [String]
    ) -> Comparison {
        let design: Procedure.Design = baselines.count < Procedure.fewestRuns ? .unpaired : .runs(baselines)
        return procedure(design)
            .compare(before: baselines.last, after: after, reproduction: reproduction)
    }

    private func procedure(_ design: Procedure.Design) -> Procedure {
        let settings = settings
        return Procedure(
            design: design, alpha: settings.alpha, passConfidence: settings.passConfidence,
            informingRate: settings.informingRate, smallestImprovement: settings.smallestImprovement,
            acrossScenarios: settings.acrossScenarios, tolerance: { settings.tolerance(of: $0, budget: $1) },
            passBound: { $0 })
    }
}
