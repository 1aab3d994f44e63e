public import BootModel
public import BootStatistics

/// Compares boots that were taken in pairs, one of each side, in a random order, in one sitting: the stronger
/// of the two procedures, since whatever slows the host for a while slows both boots of a pair.
///
/// Boots of equal `Boot.index` are a pair. The pairs are judged by `SequentialRule` at its looks, each gated
/// metric for itself, with Holm's correction over the gates.
public struct PairedComparator: Sendable {
    /// How sure a verdict has to be, and how much change is allowed.
    public struct Settings: Sendable, Hashable, Codable {
        /// When to look at the pairs, and how sure an alarm and a pass have to be.
        public var rule: SequentialRule
        /// The expected share of false alarms among the informing metrics' (Benjamini and Hochberg).
        public var informingRate: Double
        /// The share by which a metric may get worse, by `Metric.id` or `Metric.name`; overrides budgets.
        public var tolerances: [String: Double]
        /// The share by which any other metric may get worse.
        public var defaultTolerance: Double
        /// The slowdown that a pass has to rule out where the tolerance is smaller, as a share. A pass never
        /// has to rule out less than the tolerance, nor more than three times it.
        public var matters: Double
        /// The smallest improvement that is called one, as a part of the tolerance.
        public var smallestImprovement: Double

        /// Settings, by default those of the simulation in Documentation/Verdicts.md: an alarm where more
        /// than 1 % is sure, a pass where 3 % is ruled out.
        public init(
            rule: SequentialRule = SequentialRule(), informingRate: Double = 0.05,
            tolerances: [String: Double] = [:], defaultTolerance: Double = 0.01, matters: Double = 0.03,
            smallestImprovement: Double = 1
        ) {
            self.rule = rule
            self.informingRate = informingRate
            self.tolerances = tolerances
            self.defaultTolerance = defaultTolerance
            self.matters = matters
            self.smallestImprovement = smallestImprovement
        }

        /// The tolerance of a metric: the override for its id or its name, else the budget's, else its own,
        /// else the default.
        public func tolerance(of metric: Metric, budget: Double? = nil) -> Double {
            tolerances[metric.id] ?? tolerances[metric.name] ?? budget
                ?? UnpairedComparator.Settings.ownTolerances[metric.name] ?? defaultTolerance
        }

        /// What a pass has to rule out, as a share.
        public func passBound(tolerance: Double) -> Double {
            min(max(tolerance, matters), 3 * tolerance)
        }
    }

    /// The settings.
    public var settings: Settings

    /// A comparator.
    public init(settings: Settings = Settings()) { self.settings = settings }

    /// Compares two runs whose boots were taken in pairs.
    ///
    /// Never fails: whatever is wrong with a run is a verdict with its reason. Runs that were not taken in
    /// pairs, as the times of their boots tell, are *incomparable*.
    /// - Parameters:
    ///   - before: the boots of the reference.
    ///   - after: the boots that are judged.
    ///   - reproduction: the command that takes these measurements again, as arguments.
    public func compare(before: ComparedRun, after: ComparedRun, reproduction: [String]) -> Comparison {
        let settings = settings
        let procedure = Procedure(
            design: .pairs(settings.rule), alpha: settings.rule.level,
            passConfidence: 1 - settings.rule.passLevel, informingRate: settings.informingRate,
            smallestImprovement: settings.smallestImprovement,
            acrossScenarios: true, tolerance: { settings.tolerance(of: $0, budget: $1) },
            passBound: { settings.passBound(tolerance: $0) })
        return procedure.compare(before: before, after: after, reproduction: reproduction)
    }

    /// Where an unfinished comparison stands.
    public struct Progress: Sendable, Hashable {
        /// The pairs that are complete.
        public var pairs: Int
        /// How many pairs there have to be before the next look; nil where the verdict stands.
        public var next: Int?
        /// The verdict if no more pairs came.
        public var comparison: Comparison
    }

    /// Whether more pairs are needed, and what those so far say: for the loop that takes them.
    ///
    /// The verdict stands once a boot failed, a gate is a regression, every gate has an answer, nothing can
    /// be compared, or the last look was reached.
    public func progress(before: ComparedRun, after: ComparedRun) -> Progress {
        let pairs = ComparedRun.pairs(before, after).count
        let comparison = compare(before: before, after: after, reproduction: [])
        let failed = !comparison.failures.isEmpty
        if pairs == 0, !failed {
            return Progress(pairs: 0, next: settings.rule.nextLook(after: 0), comparison: comparison)
        }
        let open = comparison.verdict == .inconclusive
        let next = open && !failed ? settings.rule.nextLook(after: pairs) : nil
        return Progress(pairs: pairs, next: next, comparison: comparison)
    }
}
