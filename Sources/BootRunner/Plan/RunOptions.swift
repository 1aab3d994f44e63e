import BootModel

/// What is asked of a run beside what is booted.
public struct RunOptions: Sendable, Hashable {
    /// How many boots are timed: 1 to 10,000.
    public var boots: Int
    /// How many boots a profiler follows, beside those.
    public var recordedBoots: Int
    /// Whether a first boot is taken that is not judged.
    public var warmUp: Bool
    /// What measures the boots; nil for all that the host offers.
    public var collectors: [Plan.Collector]?
    /// Time limits.
    public var limits: Limits
    /// The processor that QEMU is pinned to, or nil.
    public var pinnedTo: Int?
    /// How `perf record` samples.
    public var recording: Recording
    /// Whether every boot is to execute the same instructions.
    public var isExact: Bool
    /// How many exact boots in other layouts show what layout alone moves, 0 to 32.
    public var controls: Int
    /// Files that name the guest's functions; the kernel that is booted is asked too.
    public var symbols: [String]
    /// A file with rules for following the guest's calls, or a preset's name; nil to have the symbols decide.
    public var rules: String?
    /// What else looks into boots of their own.
    public var instruments: Instruments

    /// Options; as they are by default, 10 boots are timed after one to warm up.
    public init(
        boots: Int = 10, recordedBoots: Int = 0, warmUp: Bool = true, collectors: [Plan.Collector]? = nil,
        limits: Limits = Limits(), pinnedTo: Int? = nil, recording: Recording = Recording(),
        isExact: Bool = false, controls: Int = 0, symbols: [String] = [], rules: String? = nil,
        instruments: Instruments = Instruments()
    ) {
        self.boots = boots
        self.recordedBoots = recordedBoots
        self.warmUp = warmUp
        self.collectors = collectors
        self.limits = limits
        self.pinnedTo = pinnedTo
        self.recording = recording
        self.isExact = isExact
        self.controls = controls
        self.symbols = symbols
        self.rules = rules
        self.instruments = instruments
    }
}
