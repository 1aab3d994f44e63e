import BootModel

/// Which metrics decide, and which only inform.
struct Gates {
    /// The metrics that decide, as the run after knows them.
    var metrics: [Metric]
    /// The tolerances that budgets set, by `Metric.id`.
    var tolerances: [String: Double] = [:]
    /// What a reader should know of the choice.
    var notes: [String] = []

    /// The run's budgets decide. Without any, the most precise metric decides that both runs hold and that
    /// can be compared.
    init(before: ComparedRun?, after: ComparedRun, comparability: Comparability) {
        let budgets = after.run.plan.budgets
        guard budgets.isEmpty else {
            metrics = []
            for budget in budgets {
                let metric = after.metric(budget.metric.id) ?? budget.metric
                tolerances[metric.id] = budget.tolerance
                if !metrics.contains(where: { $0.id == metric.id }) { metrics.append(metric) }
            }
            return
        }
        let ranked = Metric.byPrecision.map { after.metric($0.id) ?? $0 }
        let others = after.run.metrics.filter { metric in
            metric.phase == nil && !ranked.contains { $0.id == metric.id }
        }
        let measured = (ranked + others).filter { metric in
            ([after] + [before].compactMap { $0 }).allSatisfy {
                !Values(of: metric.id, in: $0).isEmpty
            }
        }
        let chosen = measured.first { comparability.objection(to: $0) == nil } ?? measured.first
        metrics = [chosen].compactMap { $0 }
        guard let chosen, before != nil else { return }
        var note = "No budget is set, so \(chosen.id) decides: the most precise metric that both runs hold."
        var passedOver: [(reason: String, ids: [String])] = []
        for metric in ranked.prefix(while: { $0.id != chosen.id }) {
            let reason =
                after.whyUnavailable(metric.id) ?? before?.whyUnavailable(metric.id)
                ?? (measured.contains(metric) ? "not comparable" : "not measured on both sides")
            if let place = passedOver.firstIndex(where: { $0.reason == reason }) {
                passedOver[place].ids.append(metric.id)
            } else {
                passedOver.append((reason, [metric.id]))
            }
        }
        for item in passedOver { note += " Not \(list(item.ids)): \(item.reason)." }
        notes = [note]
    }
}

extension Values {
    /// Whether the run holds no value at all, not even one that is refused.
    var isEmpty: Bool { usable.isEmpty && refused.isEmpty }
}
