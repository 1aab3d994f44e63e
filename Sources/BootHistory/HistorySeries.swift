import BootModel
import BootStatistics

/// The points of one metric of one scenario on one kind of host, in the order in which they were taken.
public struct HistorySeries: Sendable, Hashable {
    /// The scenario's name.
    public var scenario: String
    /// The metric.
    public var metric: Metric
    /// The kind of host.
    public var hostClass: String
    /// The points; never empty in a series that a history gives.
    public var points: [HistoryEntry]

    /// A series.
    public init(scenario: String, metric: Metric, hostClass: String, points: [HistoryEntry]) {
        self.scenario = scenario
        self.metric = metric
        self.hostClass = hostClass
        self.points = points
    }

    /// A place where the series changes for good.
    public struct Change: Sendable, Hashable {
        /// The place of the first point after the change, from 0.
        public var place: Int
        /// The p-value of E-divisive's permutation test.
        public var pValue: Double
        /// The middle of the points before, in the metric's unit.
        public var before: Double
        /// The middle of the points after, in the metric's unit.
        public var after: Double
        /// The last commit before the change; empty where it was not recorded.
        public var lastBefore: String
        /// The first commit after it; empty where it was not recorded.
        public var firstAfter: String

        /// The change as a share; nil where there was nothing before.
        public var share: Double? { before > 0 ? after / before - 1 : nil }
    }

    /// The places where the series changes: E-divisive means with p <= 0.001 and segments of at least 3, so
    /// that a single spike is none.
    ///
    /// - Throws: `StatisticsError.unusable` for values that are no measurements.
    public func changes() throws -> [Change] {
        let points = points.suffix(ChangePoints.longestSequence)
        let offset = self.points.count - points.count
        return try ChangePoints().find(in: points.map(\.median)).map { change in
            let place = change.place + offset
            return Change(
                place: place, pValue: change.pValue, before: change.before, after: change.after,
                lastBefore: self.points[place - 1].commit, firstAfter: self.points[place].commit)
        }
    }

    /// The fewest points that suggest a tolerance.
    public static let fewestForTolerance = 6

    /// The tolerance that the past suggests, as a share: Q3 + 3 (Q3 - Q1) of the sizes of the steps from one
    /// point to the next, as rustc-perf sets its thresholds. Steps across a change are left out, since they
    /// were no noise.
    ///
    /// - Returns: nil for fewer than `fewestForTolerance` points or where a point is zero.
    public func suggestedTolerance() throws -> Double? {
        guard points.count >= Self.fewestForTolerance, points.allSatisfy({ $0.median > 0 }) else {
            return nil
        }
        let changed = Set(try changes().map(\.place))
        let steps = points.indices.dropFirst().filter { !changed.contains($0) }.map {
            (points[$0].median / points[$0 - 1].median - 1).magnitude
        }
        let lower = try Description.quantile(steps, 0.25)
        let upper = try Description.quantile(steps, 0.75)
        return upper + 3 * (upper - lower)
    }
}

/// Which points of a history a new one is held against.
public enum BaselinePolicy: Sendable, Hashable {
    /// The point of one commit, or the first three: many small steps add up against it.
    case fixed(commit: String?)
    /// The point before: a step is seen, a drift is not.
    case last
    /// The middle of so many points before: a spike among them changes little.
    case medianOfLast(Int)

    /// Reads `fixed`, `fixed:COMMIT`, `last` or `median:K`, with K from 1 to 1000; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        switch (parts[0], parts.count > 1 ? parts[1] : nil) {
        case ("fixed", nil): self = .fixed(commit: nil)
        case ("fixed", let commit?) where !commit.isEmpty: self = .fixed(commit: commit)
        case ("last", nil): self = .last
        case ("median", let count?):
            guard let count = Int(count), (1...1_000).contains(count) else { return nil }
            self = .medianOfLast(count)
        default: return nil
        }
    }
}

/// How far a series has come from its baseline.
public struct Drift: Sendable, Hashable {
    /// The baseline, in the metric's unit.
    public var reference: Double
    /// The middle of the newest points, in the metric's unit.
    public var latest: Double
    /// How many points `latest` is of: 3 where the metric varies, so that one spike alarms nobody.
    public var points: Int
    /// The change as a share: 0.05 is 5 % more.
    public var share: Double
    /// The tolerance, as a share.
    public var tolerance: Double
    /// Whether it got worse by more than the tolerance.
    public var isAlarm: Bool
}

extension HistorySeries {
    /// How far the newest points have come from the baseline that the policy names.
    ///
    /// - Parameters:
    ///   - policy: the baseline.
    ///   - tolerance: the share by which the metric may get worse.
    /// - Returns: nil where the series is too short, or the baseline is missing or zero.
    public func drift(against policy: BaselinePolicy, tolerance: Double) -> Drift? {
        let newest = metric.determinism == .exact ? 1 : min(3, points.count / 2)
        guard newest >= 1, points.count > newest else { return nil }
        let past = points.dropLast(newest)
        let reference: [Double]
        switch policy {
        case .fixed(let commit?):
            reference = past.filter { $0.commit == commit || $0.commit.hasPrefix(commit) }.map(\.median)
        case .fixed(nil): reference = past.prefix(metric.determinism == .exact ? 1 : 3).map(\.median)
        case .last: reference = past.suffix(1).map(\.median)
        case .medianOfLast(let count): reference = past.suffix(count).map(\.median)
        }
        guard let base = try? Description.median(reference), base > 0,
            let latest = try? Description.median(points.suffix(newest).map(\.median))
        else { return nil }
        let share = latest / base - 1
        let worse = metric.polarity == .lowerIsBetter ? share : -share
        return Drift(
            reference: base, latest: latest, points: newest, share: share, tolerance: tolerance,
            isAlarm: worse > tolerance * (1 + 1e-9))
    }
}
