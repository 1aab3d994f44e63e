public import BootModel
import BootStatistics

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

        /// Settings, by default one false alarm in a hundred comparisons, a pass that is 95 % sure, and a
        /// tolerance of 3 %.
        public init(
            alpha: Double = 0.01, passConfidence: Double = 0.95, informingRate: Double = 0.05,
            tolerances: [String: Double] = [:], defaultTolerance: Double = 0.03,
            smallestImprovement: Double = 1.0 / 3
        ) {
            self.alpha = alpha
            self.passConfidence = passConfidence
            self.informingRate = informingRate
            self.tolerances = tolerances
            self.defaultTolerance = defaultTolerance
            self.smallestImprovement = smallestImprovement
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
        let comparability = Comparability(before: before, after: after)
        let gates = Gates(before: before, after: after, comparability: comparability)
        var judgements = metrics(gates, after).map { metric in
            let gated = gates.metrics.contains { $0.id == metric.id }
            return Judgement(
                metric: metric, role: gated ? .gates : .informs,
                tolerance: settings.tolerance(of: metric, budget: gates.tolerances[metric.id]),
                before: before, after: after, objection: comparability.objection(to: metric),
                settings: settings)
        }
        judgements.removeAll { $0.isEmpty && $0.comparison.role == .informs }
        correct(&judgements, .gates, level: settings.alpha) { (p) throws(StatisticsError) in
            try PValues.holm(p)
        }
        correct(&judgements, .informs, level: settings.informingRate) { (p) throws(StatisticsError) in
            try PValues.benjaminiHochberg(p)
        }
        let results = judgements.map(\.comparison)
        let failures = (before?.failedBoots(on: .before) ?? []) + after.failedBoots(on: .after)
        let overall = Overall(
            results: results, failures: failures, before: before, after: after,
            objection: comparability.objection)
        return Comparison(
            scenario: after.run.scenario, machine: after.run.plan.machine, verdict: overall.verdict,
            reason: overall.reason, before: before?.summary, after: after.summary, results: results,
            failures: failures, reproduction: reproduction,
            notes: gates.notes + comparability.notes + notes(before, after, results))
    }

    /// The run's metrics in its order, after the gated ones that it does not even name.
    private func metrics(_ gates: Gates, _ after: ComparedRun) -> [Metric] {
        var metrics: [Metric] = []
        let unnamed = gates.metrics.filter { after.metric($0.id) == nil }
        for metric in unnamed + after.run.metrics where !metrics.contains(where: { $0.id == metric.id }) {
            metrics.append(metric)
        }
        return metrics
    }

    /// Corrects the p-values of one family, and decides by them.
    private func correct(
        _ judgements: inout [Judgement], _ role: MetricComparison.Role, level: Double,
        by method: ([Double]) throws(StatisticsError) -> [Double]
    ) {
        let family = judgements.indices.filter {
            judgements[$0].comparison.role == role && judgements[$0].evidence != nil
        }
        let evidence = family.compactMap { judgements[$0].evidence }
        guard let worse = try? method(evidence.map(\.pWorse)),
            let better = try? method(evidence.map(\.pBetter))
        else { return }
        for (place, index) in family.enumerated() {
            judgements[index].decide(
                pWorse: worse[place], pBetter: better[place], level: level,
                gates: role == .gates ? family.count : 1, settings: settings)
        }
    }

    /// What the runs themselves have to say, and what is missing in them.
    private func notes(
        _ before: ComparedRun?, _ after: ComparedRun, _ results: [MetricComparison]
    ) -> [String] {
        var notes: [String] = []
        for (side, name) in [(before, "before"), (after, "after")] {
            guard let side else { continue }
            notes += side.run.notes
            if !side.run.isComplete {
                notes.append(
                    "The run \(name) is not complete: \(side.run.boots.count) of "
                        + "\(side.run.plan.boots.count) boots were taken.")
            }
            let interrupted = side.run.boots.filter { $0.outcome.kind == .interrupted }.map { "\($0.index)" }
            if !interrupted.isEmpty {
                notes.append(
                    "In the run \(name), boot \(list(interrupted)) was interrupted and is not judged.")
            }
            for result in results {
                let values = name == "before" ? result.before.count : result.after.count
                guard values > 0, values < side.judgedBoots.count else { continue }
                let why = side.whyUnavailable(result.metric.id).map { ": \($0)" } ?? ""
                notes.append(
                    "\(result.metric.id) has values in \(values) of \(side.judgedBoots.count) boots "
                        + "\(name)\(why).")
            }
        }
        let shown = Set(results.map(\.metric.id))
        var missing: [String: [String]] = [:]
        for metric in after.run.metrics where !shown.contains(metric.id) {
            missing[after.whyUnavailable(metric.id) ?? "it was not measured", default: []].append(metric.id)
        }
        notes += missing.sorted { $0.key < $1.key }.map { "No values of \(list($0.value)): \($0.key)." }
        return notes
    }
}
