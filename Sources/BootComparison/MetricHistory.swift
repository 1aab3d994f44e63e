public import BootModel
public import BootStatistics

/// One run, as the history of its scenario remembers it.
public struct HistoryEntry: Sendable, Hashable, Codable {
    /// The scenario's name.
    public var scenario: String
    /// The class of the host that ran it: other hosts have histories of their own.
    public var host: Fingerprint.Host
    /// When its first boot began: seconds since 1970, UTC.
    public var takenAt: Double
    /// The commit that was booted, or what else names it; nil where nobody said.
    public var commit: String?
    /// The median of each metric over the run's judged boots, by `Metric.id`, in the metric's unit.
    public var medians: [String: Double]

    /// A run's entry.
    public init(
        scenario: String, host: Fingerprint.Host, takenAt: Double, commit: String?, medians: [String: Double]
    ) {
        self.scenario = scenario
        self.host = host
        self.takenAt = takenAt
        self.commit = commit
        self.medians = medians
    }

    /// What is worth remembering of a run. Values that no measurement gives are left out, and a metric that
    /// has no others.
    public init(_ run: Run, commit: String?) {
        let side = ComparedRun(run: run, location: "")
        self.init(
            scenario: run.scenario, host: run.fingerprint.host, takenAt: side.summary.startedAt,
            commit: commit, medians: [:])
        for metric in run.metrics {
            medians[metric.id] = try? Description.median(Values(of: metric.id, in: side).usable)
        }
    }
}

/// The history of one metric of one scenario on one class of host.
public struct MetricHistory: Sendable, Hashable {
    /// A lasting change, and where it came in.
    public struct Step: Sendable, Hashable {
        /// The last entry before the change.
        public var last: HistoryEntry
        /// The first entry after the change: what changed lies between both.
        public var first: HistoryEntry
        /// The change of the median from the stretch before to the stretch after, as a share; nil where it
        /// was zero before.
        public var change: Double?
        /// The p-value of the permutation test.
        public var pValue: Double
    }

    /// The metric.
    public var metric: Metric
    /// The entries that hold a value of it, in order of time.
    public var entries: [HistoryEntry]

    /// The history of `metric` among `entries`: those of the scenario and the host that hold a value.
    public init(_ metric: Metric, scenario: String, host: Fingerprint.Host, among entries: [HistoryEntry]) {
        self.metric = metric
        self.entries = entries.filter { entry in
            guard let value = entry.medians[metric.id], entry.takenAt.isFinite else { return false }
            return entry.scenario == scenario && entry.host == host && value >= 0 && value <= 1e300
        }
        .sorted { $0.takenAt < $1.takenAt }
    }

    /// The values, in order of time.
    public var values: [Double] { entries.compactMap { $0.medians[metric.id] } }

    /// The lasting changes, in order of time: E-divisive change points over the newest entries, as many as
    /// `ChangePoints` takes.
    ///
    /// - Throws: `StatisticsError.parameter` where the search's parameters contradict each other.
    public func steps(_ search: ChangePoints = ChangePoints()) throws(StatisticsError) -> [Step] {
        let recent = Array(entries.suffix(ChangePoints.longestSequence))
        let found = try search.find(in: recent.compactMap { $0.medians[metric.id] })
        return found.map { change in
            Step(
                last: recent[change.place - 1], first: recent[change.place],
                change: change.before > 0 ? change.after / change.before - 1 : nil, pValue: change.pValue)
        }
    }

    /// The tolerance that this history suggests: Q3 + 3 (Q3 - Q1) of the relative steps from each entry to
    /// the next, whatever their sign (the rule of rustc-perf); nil below `fewestForTolerance` steps.
    public var suggestedTolerance: Double? {
        let steps = zip(values, values.dropFirst()).compactMap { old, new -> Double? in
            let step = old > 0 ? (new / old - 1).magnitude : nil
            return step.flatMap { $0.isFinite ? $0 : nil }
        }
        guard steps.count >= Self.fewestForTolerance,
            let upper = try? Description.quantile(steps, 0.75),
            let lower = try? Description.quantile(steps, 0.25)
        else { return nil }
        return upper + 3 * (upper - lower)
    }

    /// The fewest steps that suggest a tolerance.
    public static let fewestForTolerance = 8

    /// What the newest entries are measured against.
    public enum Reference: Sendable, Hashable {
        /// The entries from this place on, in order of time: a fixed one, that slow drift cannot drag along.
        case fixed(at: Int)
        /// The entry before the newest.
        case last
        /// The median of so many entries before the newest.
        case medianOfLast(Int)
    }

    /// How much worse the newest entry is than the reference, as a share: 0.05 is 5 % worse, whichever
    /// direction is worse. Nil without enough entries, or where the reference is zero.
    ///
    /// Against a fixed reference many small steps add up; against the last entry they never do. With `fixed`,
    /// the medians of three entries on each side are compared, so that one wild run decides nothing.
    public func worsening(since reference: Reference) -> Double? {
        let values = values
        guard let newest = values.last, values.count > 1 else { return nil }
        switch reference {
        case .last: return worsening(from: values[values.count - 2], to: newest)
        case .medianOfLast(let count):
            guard count > 0, let old = try? Description.median(Array(values.dropLast().suffix(count))) else {
                return nil
            }
            return worsening(from: old, to: newest)
        case .fixed(let place):
            guard values.indices.contains(place), values.count - place > 3,
                let old = try? Description.median(Array(values[place...].prefix(3))),
                let new = try? Description.median(Array(values[(place + 1)...].suffix(3)))
            else { return nil }
            return worsening(from: old, to: new)
        }
    }

    private func worsening(from old: Double, to new: Double) -> Double? {
        guard old > 0, (new / old).isFinite else { return nil }
        return metric.polarity == .lowerIsBetter ? new / old - 1 : 1 - new / old
    }
}
