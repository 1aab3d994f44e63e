import BootModel
import BootStatistics

/// How two runs are compared: what the comparators share.
struct Procedure {
    /// Which boots belong together.
    enum Design {
        /// Two runs, each on its own.
        case unpaired
        /// Several runs before, of which each is one number: the run is the unit of drift, and not the boot.
        case runs([ComparedRun])
        /// Boots of equal index were taken side by side; they are looked at by the rule.
        case pairs(SequentialRule)
    }

    var design: Design
    /// The level of a false alarm, over all gates.
    var alpha: Double
    /// How sure a pass is.
    var passConfidence: Double
    /// The share of false alarms among those of the informing metrics.
    var informingRate: Double
    /// The smallest improvement worth a word, as a part of the tolerance.
    var smallestImprovement: Double
    /// Whether runs of different scenarios may be compared.
    var acrossScenarios: Bool
    /// The tolerance of a metric, given what its budget says.
    var tolerance: @Sendable (Metric, Double?) -> Double
    /// What a pass has to rule out, given the tolerance.
    var passBound: @Sendable (Double) -> Double

    private var isPaired: Bool {
        if case .pairs = design { true } else { false }
    }

    func compare(before: ComparedRun?, after: ComparedRun, reproduction: [String]) -> Comparison {
        let comparability = Comparability(
            before: before, after: after, design: design, acrossScenarios: acrossScenarios)
        let gates = Gates(before: before, after: after, comparability: comparability)
        // Exact gates share the level as those that are tested do; what only informs has it for itself.
        let sharing = Double(max(gates.metrics.count { $0.determinism == .exact }, 1))
        var judgements = metrics(gates, after).map { metric in
            let gated = gates.metrics.contains { $0.id == metric.id }
            let floor = Floor(
                metric, before: before, after: after, level: gated ? alpha / sharing : alpha)
            // Where controls tell what matters, no share has to be guessed, unless one was asked for.
            let asked = gates.tolerances[metric.id] ?? (floor == nil ? nil : 0)
            return Judgement(
                metric: metric, role: gated ? .gates : .informs, tolerance: tolerance(metric, asked),
                floor: floor, before: before, after: after,
                objection: comparability.objection(to: metric),
                disturbance: Disturbance.objection(
                    to: metric, before: before, after: after, design: design),
                procedure: self)
        }
        judgements.removeAll { $0.isEmpty && $0.comparison.role == .informs }
        correct(&judgements, .gates, level: alpha) { (p) throws(StatisticsError) in
            try PValues.holm(p)
        }
        correct(&judgements, .informs, level: informingRate) { (p) throws(StatisticsError) in
            try PValues.benjaminiHochberg(p)
        }
        let results = judgements.map(\.comparison)
        let failures = (before?.failedBoots(on: .before) ?? []) + after.failedBoots(on: .after)
        let overall = Overall(
            results: results, failures: failures, before: before, after: after,
            objection: comparability.objection)
        let observations = results.filter { $0.role == .gates && $0.verdict != .incomparable }
            .flatMap { Observations.notes($0, before: before, after: after, design: design) }
        return Comparison(
            scenario: after.run.scenario, machine: after.run.plan.machine, verdict: overall.verdict,
            reason: overall.reason, before: before?.summary, after: after.summary, results: results,
            failures: failures, reproduction: reproduction,
            notes: gates.notes + comparability.notes + observations + notes(before, after, results))
    }

    /// The values of a metric before and after that this design compares.
    func values(of id: String, before: ComparedRun?, after: ComparedRun) -> (before: Values, after: Values) {
        switch design {
        case .unpaired: (Values(of: id, in: before), Values(of: id, in: after))
        case .pairs: Values.paired(of: id, before: before, after: after)
        case .runs(let runs):
            (Values(pooling: pooled(runs, of: id, with: after)), Values(of: id, in: after))
        }
    }

    /// The values of each run that can be compared by this metric; only those of the newest where they are too
    /// few to tell how much runs differ.
    func pooled(_ runs: [ComparedRun], of id: String, with after: ComparedRun) -> [Values] {
        let comparable = runs.filter { run in
            let comparability = Comparability(
                before: run, after: after, design: .unpaired, acrossScenarios: acrossScenarios)
            return (after.metric(id) ?? run.metric(id)).map { comparability.objection(to: $0) == nil }
                ?? false
        }
        let values = comparable.map { Values(of: id, in: $0) }.filter { !$0.isEmpty }
        return values.count >= Self.fewestRuns ? values : values.suffix(1)
    }

    /// Two runs differ by one number, which says next to nothing about the next difference.
    static let fewestRuns = 3

    /// The smallest p-value that one look at so many values can give.
    func smallestPValue(_ before: Int, _ after: Int) -> Double {
        switch design {
        case .unpaired, .runs: return MannWhitney.smallestPValue(before, after)
        case .pairs(let rule):
            let looks = zip(rule.looks, rule.weights).filter { $0.0 <= before }
            return looks.map { SignedRank.smallestPValue($0.0) / $0.1 }.min() ?? 1
        }
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
                gates: role == .gates ? family.count : 1)
        }
    }

    /// What the runs themselves have to say, and what is missing in them.
    private func notes(
        _ before: ComparedRun?, _ after: ComparedRun, _ results: [MetricComparison]
    ) -> [String] {
        var notes: [String] = []
        for (side, name) in [(before, "before"), (after, "after")] {
            guard let side else { continue }
            // What both runs say is said once.
            notes += side.run.notes.filter { !notes.contains($0) }
            if !isPaired, !side.run.isComplete {
                notes.append(
                    "The run \(name) is not complete: \(side.run.boots.count) of "
                        + "\(side.run.plan.boots.count) boots were taken.")
            }
            let lost = side.run.boots.filter { $0.purpose == .control && !$0.outcome.isBooted }.map {
                "\($0.index)"
            }
            if !lost.isEmpty {
                notes.append(
                    "In the run \(name), control boot \(list(lost)) did not reach its end and is no part of the floor."
                )
            }
            let interrupted = side.run.boots.filter { $0.outcome.kind == .interrupted }.map { "\($0.index)" }
            if !interrupted.isEmpty {
                notes.append(
                    "In the run \(name), boot \(list(interrupted)) was interrupted and is not judged.")
            }
            for result in results {
                let values = name == "before" ? result.before.count : result.after.count
                // Where runs are pooled there are more values than the newest run has boots.
                guard values > 0, values < side.judgedBoots.count else { continue }
                let why = side.whyUnavailable(result.metric.id).map { ": \($0)" } ?? ""
                notes.append(
                    "\(result.metric.id) has values to judge in \(values) of \(side.judgedBoots.count) boots "
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
