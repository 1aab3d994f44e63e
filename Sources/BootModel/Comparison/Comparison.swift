/// Two runs and what is to be said of them.
public struct Comparison: Sendable, Hashable, Codable {
    /// The version of the format that this Bootmark writes.
    public static let currentSchema = 1

    /// The version of the format.
    public var schema: Int
    /// The scenario's name.
    public var scenario: String
    /// The scenario's machine, in one line.
    public var machine: String
    /// The verdict over all gated metrics and all boots.
    public var verdict: Verdict
    /// Why, in one sentence for a person.
    public var reason: String
    /// The run that is the reference; nil where there is none.
    public var before: Side?
    /// The run that is judged.
    public var after: Side
    /// A result for each metric, in the order of the report.
    public var results: [MetricComparison]
    /// The boots that failed, of either side.
    public var failures: [BootFailure]
    /// The functions whose share changed most, from the profiles of both sides; empty without profiles.
    public var functions: [FunctionChange]
    /// What the guests' call stacks come to, where both sides have them from exact boots.
    public var guest: GuestDifference?
    /// The command that takes these measurements again, as arguments.
    public var reproduction: [String]
    /// What a reader should know: software events only, multiplexed counters, an altered image.
    public var notes: [String]

    /// A comparison.
    public init(
        schema: Int = Comparison.currentSchema, scenario: String, machine: String, verdict: Verdict,
        reason: String, before: Side?, after: Side, results: [MetricComparison] = [],
        failures: [BootFailure] = [], functions: [FunctionChange] = [], guest: GuestDifference? = nil,
        reproduction: [String] = [], notes: [String] = []
    ) {
        self.schema = schema
        self.scenario = scenario
        self.machine = machine
        self.verdict = verdict
        self.reason = reason
        self.before = before
        self.after = after
        self.results = results
        self.failures = failures
        self.functions = functions
        self.guest = guest
        self.reproduction = reproduction
        self.notes = notes
    }

    /// One of the two runs, as far as a report needs it.
    public struct Side: Sendable, Hashable, Codable {
        /// Where the run lies, as the user named it.
        public var location: String
        /// What ran it.
        public var fingerprint: Fingerprint
        /// When its first boot began: seconds since 1970, UTC.
        public var startedAt: Double
        /// The boots that were timed and that counted.
        public var boots: Int
        /// The time that all its boots took together.
        public var duration: Nanoseconds

        /// A side.
        public init(
            location: String, fingerprint: Fingerprint, startedAt: Double, boots: Int, duration: Nanoseconds
        ) {
            self.location = location
            self.fingerprint = fingerprint
            self.startedAt = startedAt
            self.boots = boots
            self.duration = duration
        }
    }
}

/// A boot that did not reach its end, with what a person needs to see why.
public struct BootFailure: Sendable, Hashable, Codable {
    /// Which run it belongs to.
    public enum Side: String, Sendable, Hashable, Codable { case before, after }

    /// Which run it belongs to.
    public var side: Side
    /// Its place in that run, from 1.
    public var boot: Int
    /// How it ended.
    public var outcome: BootOutcome
    /// The last of what the guest wrote, at most some kilobytes, UTF-8 repaired; not cleaned otherwise.
    public var consoleTail: String
    /// Where the whole console lies, or nil.
    public var console: String?

    /// A failed boot.
    public init(side: Side, boot: Int, outcome: BootOutcome, consoleTail: String, console: String? = nil) {
        self.side = side
        self.boot = boot
        self.outcome = outcome
        self.consoleTail = consoleTail
        self.console = console
    }
}

/// How the share of one function changed between two profiles.
///
/// A host profile's shares are of its own total: a recording's length says nothing. A guest profile counts all
/// that a boot executed, so both its shares are of the boot *before*, and the one after may be more than 1.
public struct FunctionChange: Sendable, Hashable, Codable {
    /// Which profile it comes from.
    public enum Origin: String, Sendable, Hashable, Codable {
        /// QEMU's own stacks, sampled by perf.
        case host
        /// The guest's stacks, weighted by every instruction that it executed.
        case guest
        /// The guest, looked at now and then from outside.
        case guestSamples = "guest-samples"
    }

    /// The function's name. May hold whatever a symbol table holds.
    public var name: String
    /// Which profile it comes from.
    public var origin: Origin
    /// What a share of 1 amounts to, in instructions of a guest; nil where each side's shares are its own.
    public var basis: Double?
    /// Its own share of the profile before: 0 to 1.
    public var selfBefore: Double
    /// Its own share of the profile after: 0 to 1.
    public var selfAfter: Double
    /// Its share with all that it called, before: 0 to 1.
    public var totalBefore: Double
    /// Its share with all that it called, after: 0 to 1.
    public var totalAfter: Double
    /// The caller for whom it changed most; nil where none is known.
    public var caller: String?
    /// The change of its own share that layout alone can make; nil where no exact boots were compared.
    public var selfFloor: Double?
    /// The change of its share with all that it called that layout alone can make.
    public var totalFloor: Double?

    /// A function's change.
    public init(
        name: String, origin: Origin, basis: Double? = nil, selfBefore: Double, selfAfter: Double,
        totalBefore: Double, totalAfter: Double, caller: String? = nil, selfFloor: Double? = nil,
        totalFloor: Double? = nil
    ) {
        self.name = name
        self.origin = origin
        self.basis = basis
        self.selfBefore = selfBefore
        self.selfAfter = selfAfter
        self.totalBefore = totalBefore
        self.totalAfter = totalAfter
        self.caller = caller
        self.selfFloor = selfFloor
        self.totalFloor = totalFloor
    }
}
