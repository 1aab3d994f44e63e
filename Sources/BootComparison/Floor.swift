import BootModel

/// The change of an exact metric that layout alone can make, as the controls of either side show.
enum Floor {
    /// The floor in the metric's unit; nil where no side has controls.
    static func of(_ metric: Metric, before: ComparedRun?, after: ComparedRun) -> Double? {
        let ranges = [before, after].compactMap { $0?.run.range(of: metric) }
        return ranges.max().map { $0 * GuestDifference.margin }
    }

    /// Where controls tell what matters, no share has to be guessed, unless one was asked for.
    static func tolerance(_ metric: Metric, _ before: ComparedRun?, _ after: ComparedRun) -> Double? {
        metric.determinism == .exact && of(metric, before: before, after: after) != nil ? 0 : nil
    }
}
