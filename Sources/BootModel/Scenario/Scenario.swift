/// A boot that is measured: a machine, what it boots, how the boot is followed, and what is asked of it.
public struct Scenario: Sendable, Hashable, Codable {
    /// Its name: letters, digits, `-`, `_`, `.`, `+` and `=`; also the name of its baseline's folder.
    public var name: String
    /// The machine.
    public var machine: Machine
    /// What the machine boots.
    public var medium: Medium
    /// How the boot is followed and when it is over.
    public var script: BootScript
    /// What is asked of it; without one, the most precise metric that the host offers decides.
    public var budgets: [Budget]
    /// How many boots are timed.
    public var boots: Int
    /// How many boots `perf record` follows, beside those.
    public var recordedBoots: Int
    /// What measures the boots; nil for all that the host offers.
    public var collectors: [Plan.Collector]?
    /// Time limits.
    public var limits: Limits
    /// More arguments for QEMU.
    public var extraArguments: [String]
    /// The scenario that a matrix made this one from; nil for one that stands for itself.
    public var origin: Origin?
    /// What was found wrong where the scenario was declared, beyond what its values show; see `problems`.
    public var declarationProblems: [String] = []
    /// Whether every boot is to execute the same instructions, so that counts are exact.
    public var isExact = false
    /// How many exact boots in other layouts show what layout alone moves.
    public var controls = 0
    /// Files that name the guest's functions, each with `@OFFSET` behind it where it is loaded elsewhere; the
    /// kernel that is booted is asked too.
    public var symbols: [String] = []
    /// A file with rules for following the guest's calls, or a preset's name; nil to have the symbols decide.
    public var rules: String?
    /// The QEMU that runs it: a name that PATH finds, or a path; nil for `qemu-system-` and the architecture.
    public var program: String?
    /// What it is compared with in pairs; nil where a stored baseline is.
    public var reference: ReferenceSystem?
    /// How pairs are taken, where it is compared in pairs.
    public var pairs = PairsPlan()
    /// What else looks into boots of their own.
    public var instruments = Instruments()

    /// What a scenario was before its machine was varied.
    public struct Origin: Sendable, Hashable, Codable {
        /// Its name.
        public var name: String
        /// Its machine.
        public var machine: Machine

        /// A scenario's origin.
        public init(name: String, machine: Machine) {
            self.name = name
            self.machine = machine
        }
    }

    /// A scenario.
    public init(
        name: String, machine: Machine, medium: Medium, script: BootScript, budgets: [Budget] = [],
        boots: Int = 10, recordedBoots: Int = 0, collectors: [Plan.Collector]? = nil,
        limits: Limits = Limits(), extraArguments: [String] = []
    ) {
        self.name = name
        self.machine = machine
        self.medium = medium
        self.script = script
        self.budgets = budgets
        self.boots = boots
        self.recordedBoots = recordedBoots
        self.collectors = collectors
        self.limits = limits
        self.extraArguments = extraArguments
    }
}

/// What a machine boots.
public enum Medium: Sendable, Hashable, Codable {
    /// A kernel that QEMU loads itself (Linux or multiboot), with its initial RAM disk or modules.
    case kernel(Artifact, initialRAMDisk: String?, commandLine: String)
    /// A CD image.
    case cdrom(Artifact)
    /// A disk image, opened so that nothing is written to it.
    case disk(Artifact)
}

/// A file that a scenario boots, and how to get it where it is missing.
public struct Artifact: Sendable, Hashable, Codable {
    /// Its path; empty where the environment variable that should name it is not set.
    public var path: String
    /// What to do where it is missing: `make guests`.
    public var hint: String
    /// The environment variable that names it: `MINIX_ISO`; nil where the path is fixed.
    public var variable: String?

    /// A file at `path`.
    public init(path: String, hint: String, variable: String? = nil) {
        self.path = path
        self.hint = hint
        self.variable = variable
    }
}
