/// The time from QEMU's start to a milestone, as seen by the host.
public struct MilestoneReached: Sendable, Hashable, Codable {
    /// The milestone's name: the phase that begins here, or `booted`.
    public var name: String
    /// Nanoseconds on the host's monotonic clock since QEMU was started.
    public var elapsed: Nanoseconds

    /// A milestone reached after `elapsed`.
    public init(name: String, elapsed: Nanoseconds) {
        self.name = name
        self.elapsed = elapsed
    }
}

/// One fresh start of QEMU until booted, failed or out of time: the unit of measurement.
public struct Boot: Sendable, Hashable, Codable {
    /// What a boot is for.
    public enum Purpose: String, Sendable, Hashable, Codable {
        /// Fills the caches of host and disk; its numbers are kept and never judged.
        case warmUp
        /// Measured and judged.
        case timed
        /// Recorded by a profiler, which disturbs it: its stacks are kept, its times are never judged.
        case recorded
        /// Its guest's call stacks are followed, which slows it: they are kept, its times are never judged.
        case profiled
        /// A boot of the same images in another layout, which says what layout alone moves: never judged.
        case control
        /// Its guest is looked at many times a second from outside, which holds it up: what was seen is kept, its
        /// times are never judged.
        case sampled
        /// How often its blocks run or its pages are touched is counted, which slows it: the tables are kept, its times
        /// are never judged.
        case inspected
        /// QEMU writes down events of its own, which slows it: its log is kept, its times are never judged.
        case traced
    }

    /// Its place in the run, from 1.
    public var index: Int
    /// What it was for.
    public var purpose: Purpose
    /// When it began: seconds since 1970, UTC.
    public var startedAt: Double
    /// When QEMU was let go, on the host's monotonic clock, which recordings share; nil in runs of before this
    /// was recorded.
    public var clockAtStart: Nanoseconds?
    /// How it ended.
    public var outcome: BootOutcome
    /// The milestones that it reached, in the order in which it did.
    public var milestones: [MilestoneReached]
    /// The measured value of each metric, by `Metric.id`, in the metric's unit.
    public var samples: [String: Double]
    /// Why a metric that was asked for has no value, by `Metric.id`.
    public var unavailable: [String: String]
    /// What a reader should know about these numbers: a multiplexed event, lost samples.
    public var notes: [String]
    /// What disturbed the host meanwhile; nil in runs of before this was recorded.
    public var conditions: Conditions?

    /// A boot with its measurements.
    public init(
        index: Int, purpose: Purpose, startedAt: Double, outcome: BootOutcome,
        milestones: [MilestoneReached] = [], samples: [String: Double] = [:],
        unavailable: [String: String] = [:], notes: [String] = [],
        conditions: Conditions? = nil, clockAtStart: Nanoseconds? = nil
    ) {
        self.index = index
        self.purpose = purpose
        self.startedAt = startedAt
        self.outcome = outcome
        self.milestones = milestones
        self.samples = samples
        self.unavailable = unavailable
        self.notes = notes
        self.conditions = conditions
        self.clockAtStart = clockAtStart
    }
}

extension Boot {
    /// A stretch of a boot, from its milestone to the next that was reached.
    public struct Phase: Sendable, Hashable {
        /// The name of the milestone that it begins at, or `BootScript.powerOn`.
        public var name: String
        /// From QEMU's start on, on the host's monotonic clock.
        public var start: Nanoseconds
        /// Where the next one begins, or the boot ends.
        public var end: Nanoseconds
    }

    /// The phases of a boot that reached its end, in their order; none for another, or for a boot without
    /// milestones on its way.
    public var phases: [Phase] {
        guard outcome.isBooted, milestones.count > 1 else { return [] }
        let begins = [(BootScript.powerOn, .zero)] + milestones.dropLast().map { ($0.name, $0.elapsed) }
        return zip(begins, milestones.map(\.elapsed)).map { Phase(name: $0.0, start: $0.1, end: $1) }
    }
}
