import BootModel
import BootStatistics
import Foundation

extension PairedComparator {
    /// The change of a metric over all pairs that are complete, with the interval that these pairs alone would
    /// give: for showing where an unfinished comparison stands, and for nothing else, since it takes no
    /// account of how often one looks.
    ///
    /// The Hodges-Lehmann center of the pairs' differences of logarithms; each bound holds with 99 %.
    /// - Returns: nil without pairs, or where a value is not positive.
    public func runningEstimate(
        of metric: Metric, before: ComparedRun, after: ComparedRun
    ) -> MetricComparison.Change? {
        let (old, new) = Values.paired(of: metric.id, before: before, after: after)
        let all = old.usable + new.usable
        guard old.usable.count == new.usable.count, !all.isEmpty, all.allSatisfy({ $0 > 0 }) else {
            return nil
        }
        let differences = zip(old.usable, new.usable).map { log($1) - log($0) }
        guard let center = try? HodgesLehmannCenter(of: differences) else { return nil }
        let low = (try? center.lowerBound(confidence: 0.99)) ?? nil
        let high = (try? center.upperBound(confidence: 0.99)) ?? nil
        return MetricComparison.Change(
            estimate: expm1(center.estimate), low: low.map { expm1($0) }, high: high.map { expm1($0) },
            confidence: 0.98)
    }

    /// Whether the pairs so far suffice, so that no more have to be taken.
    ///
    /// What varies is decided at the rule's looks alone. Where everything that decides is counted exactly, two
    /// pairs that agree are enough, and a boot that failed always is.
    public func isEnough(_ progress: Progress) -> Bool {
        guard progress.next == nil else { return false }
        let comparison = progress.comparison
        if !comparison.failures.isEmpty || comparison.verdict == .incomparable { return true }
        if settings.rule.looks.contains(progress.pairs) || progress.pairs >= settings.rule.looks.last ?? 0 {
            return true
        }
        let gates = comparison.results.filter { $0.role == .gates }
        return progress.pairs >= 2 && gates.allSatisfy { $0.metric.determinism == .exact }
    }
}
