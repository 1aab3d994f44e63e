/// What a run is going to do, as data: it can be printed, stored and tested without QEMU.
public struct Plan: Sendable, Hashable, Codable {
    /// What measures the boots.
    public enum Collector: String, Sendable, Hashable, Codable, CaseIterable {
        case perfStat = "perf-stat"
        case perfRecord = "perf-record"
        case guestInstructions = "guest-instructions"
        case guestProfile = "guest-profile"
        case guestRegisters = "guest-registers"
        case guestStacks = "guest-stacks"
        case hotBlocks = "hot-blocks"
        case hotPages = "hot-pages"

        /// Whether it counts what is hot in the guest, in a boot of its own.
        public var countsWhatIsHot: Bool { self == .hotBlocks || self == .hotPages }
        /// Whether it needs the plugin in QEMU.
        public var needsPlugin: Bool {
            self == .guestInstructions || self == .guestProfile || countsWhatIsHot
        }
    }

    /// One boot that is to be taken.
    public struct PlannedBoot: Sendable, Hashable, Codable {
        /// Its place in the run, from 1.
        public var index: Int
        /// What it is for.
        public var purpose: Boot.Purpose

        /// A boot to be taken.
        public init(index: Int, purpose: Boot.Purpose) {
            self.index = index
            self.purpose = purpose
        }
    }

    /// The QEMU command as the scenario or the user gives it, before the runner adds its channels.
    public var command: [String]
    /// How the boot is followed and when it is over.
    public var script: BootScript
    /// The boots, in order.
    public var boots: [PlannedBoot]
    /// What measures them.
    public var collectors: [Collector]
    /// Time limits.
    public var limits: Limits
    /// The scenario's machine, in one line for reports: `pc, pentium3, 2 CPUs, 512 MiB`.
    public var machine: String
    /// The budgets that the scenario sets.
    public var budgets: [Budget]
    /// The processor that QEMU is pinned to, or nil.
    public var pinnedTo: Int?
    /// How `perf record` samples.
    public var recording: Recording
    /// Whether every boot executes the same instructions: `command` is deterministic, its counts are exact.
    public var isExact: Bool
    /// Files that name the guest's functions: ELF files, System.map, kallsyms, kernel images.
    public var symbols: [String]
    /// A file with rules for following the guest's calls, or a preset's name; nil to have the symbols decide.
    public var rules: String?
    /// What else looks into boots of their own; nil for nothing.
    public var instruments: Instruments?
    /// Where the functions lie that the script waits for, by the patterns of its `symbol` milestones; nil for none.
    public var addresses: [String: UInt64]?

    /// A plan.
    public init(
        command: [String], script: BootScript, boots: [PlannedBoot], collectors: [Collector],
        limits: Limits = Limits(), machine: String = "", budgets: [Budget] = [], pinnedTo: Int? = nil,
        recording: Recording = Recording(), isExact: Bool = false, symbols: [String] = [],
        rules: String? = nil,
        instruments: Instruments? = nil, addresses: [String: UInt64]? = nil
    ) {
        self.command = command
        self.script = script
        self.boots = boots
        self.collectors = collectors
        self.limits = limits
        self.machine = machine
        self.budgets = budgets
        self.pinnedTo = pinnedTo
        self.recording = recording
        self.isExact = isExact
        self.symbols = symbols
        self.rules = rules
        self.instruments = instruments
        self.addresses = addresses
    }
}

/// How `perf record` samples QEMU.
public struct Recording: Sendable, Hashable, Codable {
    /// How perf finds the callers of a sampled instruction.
    public enum CallGraph: String, Sendable, Hashable, Codable, CaseIterable {
        case framePointer = "fp"
        case dwarf
        case lastBranch = "lbr"
    }

    /// How callers are found.
    public var callGraph: CallGraph
    /// Samples a second.
    public var frequency: Int
    /// perf's name of the event that is sampled; empty to have the host's best chosen.
    public var event: String

    /// A way of sampling.
    public init(callGraph: CallGraph = .framePointer, frequency: Int = 499, event: String = "") {
        self.callGraph = callGraph
        self.frequency = frequency
        self.event = event
    }

    /// What a sample's weight counts: `cycles`, or `samples` where a clock fires them.
    public var unit: String { event.hasPrefix("cycles") ? "cycles" : "samples" }
}

/// How long boots and runs may take.
public struct Limits: Sendable, Hashable, Codable {
    /// The longest that one boot may take.
    public var boot: Nanoseconds
    /// The longest that the whole run may take; nil for no limit.
    public var run: Nanoseconds?
    /// A boot from which nothing is heard for this long has hung; nil to wait for the boot's own limit.
    public var silence: Nanoseconds?

    /// Time limits.
    public init(boot: Nanoseconds = .seconds(120), run: Nanoseconds? = nil, silence: Nanoseconds? = nil) {
        self.boot = boot
        self.run = run
        self.silence = silence
    }
}
