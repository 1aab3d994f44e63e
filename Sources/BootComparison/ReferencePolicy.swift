import BootModel
import BootStatistics
import Foundation

/// Which of the runs that were accepted as references a new one is compared with.
public enum ReferencePolicy: Sendable, Hashable, CustomStringConvertible {
    /// The one that was accepted last: a baseline that moves along, and never sees slow drift.
    case last
    /// The one that was fixed, however many were accepted since: many small steps add up to an alarm.
    case fixed
    /// The one in the middle of so many accepted last, by the metric that decides: one lucky run is no reference,
    /// and what creeps by a little with each is seen over several of them.
    case median(Int)
    /// So many accepted last, each counted as one number (`compare(baselines:after:reproduction:)`).
    case pooled(Int)

    /// The environment variable that sets it.
    public static let variable = "BOOTMARK_REFERENCE"
    /// The most accepted runs that are looked at.
    public static let mostRuns = 100

    /// The policy that a word names: `last`, `fixed`, `median:5`, `pooled:10`; nil where it names none. A median
    /// and a pool take 3 runs or more.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        switch (parts.first, parts.count) {
        case ("last", 1): self = .last
        case ("fixed", 1): self = .fixed
        case ("median", 2), ("pooled", 2):
            guard let count = Int(parts[1]), (3...Self.mostRuns).contains(count) else { return nil }
            self = parts[0] == "median" ? .median(count) : .pooled(count)
        default: return nil
        }
    }

    /// As it is written.
    public var description: String {
        switch self {
        case .last: "last"
        case .fixed: "fixed"
        case .median(let count): "median:\(count)"
        case .pooled(let count): "pooled:\(count)"
        }
    }

    /// How many accepted runs have to be kept for it, the last one included.
    public var runs: Int {
        switch self {
        case .last, .fixed: 1
        case .median(let count), .pooled(let count): count
        }
    }
}

extension UnpairedComparator {
    /// Compares a run with what a policy takes from the accepted ones.
    ///
    /// - Parameters:
    ///   - policy: which of them are the reference.
    ///   - accepted: the accepted runs, oldest first; without any, the verdict is *incomparable*.
    ///   - fixed: the one that was fixed as the reference; nil for the oldest of the others.
    ///   - after: the run to be judged.
    ///   - reproduction: the command that takes these measurements again, as arguments.
    public func compare(
        _ policy: ReferencePolicy, accepted: [ComparedRun], fixed: ComparedRun?, after: ComparedRun,
        reproduction: [String]
    ) -> Comparison {
        let recent = Array(accepted.suffix(policy.runs))
        var comparison: Comparison
        var said: String?
        switch policy {
        case .last:
            comparison = compare(before: accepted.last, after: after, reproduction: reproduction)
        case .fixed:
            let reference = fixed ?? accepted.first
            comparison = compare(before: reference, after: after, reproduction: reproduction)
            said = reference.map { "the fixed one, \($0.location)" }
        case .median:
            let reference = middle(of: recent, after: after)
            comparison = compare(before: reference, after: after, reproduction: reproduction)
            said = reference.map { "the middle one of \(recent.count) accepted runs, \($0.location)" }
        case .pooled:
            comparison = compare(baselines: recent, after: after, reproduction: reproduction)
            let enough = recent.count >= Procedure.fewestRuns
            said =
                enough
                ? "\(recent.count) accepted runs, each counted as one number"
                : recent.last.map { "\($0.location): \(recent.count) accepted runs are too few to pool" }
        }
        if let said { comparison.notes.insert("The reference (\(policy)) is \(said).", at: 0) }
        return comparison
    }

    /// The run whose median is in the middle, by the metric that decides, among those that can be compared by it;
    /// the lower of two.
    private func middle(of runs: [ComparedRun], after: ComparedRun) -> ComparedRun? {
        guard let newest = runs.last else { return nil }
        let comparability = Comparability(
            before: newest, after: after, design: .unpaired, acrossScenarios: settings.acrossScenarios)
        guard
            let metric = Gates(before: newest, after: after, comparability: comparability).metrics.first
        else { return newest }
        let valued = runs.compactMap { run -> (run: ComparedRun, median: Double)? in
            let comparability = Comparability(
                before: run, after: after, design: .unpaired, acrossScenarios: settings.acrossScenarios)
            guard comparability.objection(to: metric) == nil,
                let median = try? Description.median(Values(of: metric.id, in: run).usable)
            else { return nil }
            return (run, median)
        }.sorted { $0.median < $1.median }
        return valued.isEmpty ? newest : valued[(valued.count - 1) / 2].run
    }
}
