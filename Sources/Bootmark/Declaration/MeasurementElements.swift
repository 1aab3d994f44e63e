/// How much worse a metric may get.
public struct Tolerance: Sendable, Hashable {
    /// The share: 0.03 is 3 %.
    public var share: Double

    /// `value` percent: 0 or more.
    public static func percent(_ value: Double) -> Tolerance { Tolerance(share: value / 100) }
    /// Not at all: for metrics that repeat exactly.
    public static let none = Tolerance(share: 0)
}

extension Budget {
    /// A budget for a metric of the whole boot, or of one phase.
    public init(_ metric: Metric, of phase: String? = nil, tolerance: Tolerance) {
        self.init(metric: phase.map(metric.of(phase:)) ?? metric, tolerance: tolerance.share)
    }
}

extension Budget: ScenarioElement {
    /// Adds this budget; with at least one, only metrics with budgets decide.
    public func declare(in draft: inout ScenarioDraft) { draft.scenario.budgets.append(self) }
}

/// How many boots are taken.
public struct Boots: ScenarioElement {
    private let timed: Int
    private let recorded: Int

    /// So many boots, after one that warms up the host.
    /// - Parameters:
    ///   - timed: boots that are measured and judged, 1 to 10,000.
    ///   - recorded: boots that `perf record` follows, beside those.
    public init(_ timed: Int, recorded: Int = 0) {
        self.timed = timed
        self.recorded = recorded
    }

    /// Sets the number of boots.
    public func declare(in draft: inout ScenarioDraft) {
        draft.say("numbers of boots (Boots)")
        draft.scenario.boots = timed
        draft.scenario.recordedBoots = recorded
    }
}

/// What measures the boots; without it, all that the host offers.
public struct Collect: ScenarioElement {
    private let collectors: [Plan.Collector]

    /// These collectors and no others.
    public init(_ collectors: Plan.Collector...) { self.collectors = collectors }

    /// Sets the collectors.
    public func declare(in draft: inout ScenarioDraft) {
        draft.say("lists of collectors (Collect)")
        draft.scenario.collectors = collectors
    }
}

/// Every boot executes the same instructions: counts are exact, and two boots are enough. One processor, no
/// disk; of a CD, the kernel that it boots by default, in its place.
public struct Exact: ScenarioElement {
    private let controls: Int

    /// Exact boots.
    /// - Parameter controls: how many more boots, of the same images in other layouts, show what layout alone
    ///   moves, 0 to 32: what moves further decides then, and not a tolerance. 8 are a good number.
    public init(controls: Int = 0) { self.controls = controls }

    /// Makes the boots exact.
    public func declare(in draft: inout ScenarioDraft) {
        draft.say("demands for exact boots (Exact)")
        draft.scenario.isExact = true
        draft.scenario.controls = controls
    }
}

/// Files that name the guest's functions, for its call stacks: ELF files, System.map, copies of kallsyms of the
/// kernel and its modules, and the ELF files of programs and servers.
public struct Symbols: ScenarioElement {
    private let files: [String]

    /// These files, each with `@OFFSET` in hexadecimal behind it where the guest loads it elsewhere.
    public init(_ files: String...) { self.files = files }

    /// Adds the files.
    public func declare(in draft: inout ScenarioDraft) { draft.scenario.symbols += files }
}

/// How the guest's calls are followed, where its kernel is none of which Bootmark knows the rules.
public struct Rules: ScenarioElement {
    private let file: String

    /// The rules in a JSON file, or a preset: `linux-x86_64`, `linux-i386`, `gnumach`, `tiny`, `unknown`.
    public init(_ file: String) { self.file = file }

    /// Sets the rules.
    public func declare(in draft: inout ScenarioDraft) {
        draft.say("sets of rules (Rules)")
        draft.scenario.rules = file
    }
}

/// How often the samplers guest-registers and guest-stacks look at the guest.
public struct SampleRate: ScenarioElement {
    private let rate: Int

    /// So many samples a second, 1 to 1,000.
    public init(_ rate: Int) { self.rate = rate }

    /// Sets the rate.
    public func declare(in draft: inout ScenarioDraft) {
        draft.say("rates of samples (SampleRate)")
        draft.scenario.instruments.sampleRate = rate
    }
}

/// Follows QEMU's own trace events in boots of their own, which leave a `trace.log`.
public struct Trace: ScenarioElement {
    private let patterns: [String]

    /// The events of these names, in which `*` stands for anything; `qemu-system-… -trace help` lists them.
    public init(_ patterns: String...) { self.patterns = patterns }

    /// Adds the patterns.
    public func declare(in draft: inout ScenarioDraft) {
        draft.scenario.instruments.traces = (draft.scenario.instruments.traces ?? []) + patterns
    }
}

/// A plugin of one's own that QEMU loads in every boot; what it costs is in all figures.
public struct QEMUPlugin: ScenarioElement {
    private let file: String
    private let arguments: [String]

    /// The shared library `file`, from the current folder where its path is relative, with arguments of the form `name=value`.
    public init(_ file: String, _ arguments: String...) {
        self.file = file
        self.arguments = arguments
    }

    /// Adds the plugin after those before it.
    public func declare(in draft: inout ScenarioDraft) {
        // A bare name is one that the loader would look for among the system's libraries.
        let place = file.contains("/") ? file : "./\(file)"
        let doubled = ([place] + arguments).map { $0.replacing(",", with: ",,") }
        draft.scenario.extraArguments += ["-plugin", doubled.joined(separator: ",")]
    }
}

/// How long boots may take.
public struct TimeLimit: ScenarioElement {
    private let limits: Limits

    /// Time limits.
    /// - Parameters:
    ///   - boot: the longest that one boot may take.
    ///   - run: the longest that all boots together may take; nil for no limit.
    ///   - silence: a boot from which nothing is heard for this long has hung; nil for no such limit.
    public init(boot: Nanoseconds, run: Nanoseconds? = nil, silence: Nanoseconds? = nil) {
        limits = Limits(boot: boot, run: run, silence: silence)
    }

    /// Sets the limits.
    public func declare(in draft: inout ScenarioDraft) {
        draft.say("time limits (TimeLimit)")
        draft.scenario.limits = limits
    }
}

/// More arguments for QEMU, after all others.
public struct Arguments: ScenarioElement {
    private let arguments: [String]

    /// Arguments, each as QEMU gets it: nothing is split at spaces.
    public init(_ arguments: String...) { self.arguments = arguments }

    /// Adds the arguments after those before them.
    public func declare(in draft: inout ScenarioDraft) { draft.scenario.extraArguments += arguments }
}
