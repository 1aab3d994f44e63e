/// Which samples of a recording count; empty sets and nil let all pass.
public struct SampleSelection: Sendable, Hashable {
    /// The processes, by number.
    public var processes: Set<Int32> = []
    /// The threads, by number.
    public var threads: Set<Int32> = []
    /// The commands, by the name that they had when the sample was taken.
    public var commands: Set<String> = []
    /// The processors, by number.
    public var processors: Set<Int32> = []
    /// Nanoseconds on the recording's clock, from the first on and before the last.
    public var time: Range<UInt64>?

    /// Selects all samples.
    public init() {}

    /// Whether all samples pass.
    public var isEverything: Bool { self == SampleSelection() }

    /// Whether a sample of these facts and of this command passes.
    func holds(_ facts: SampleFacts, command: UnsafeRawBufferPointer) -> Bool {
        (processes.isEmpty || processes.contains(facts.process))
            && (threads.isEmpty || threads.contains(facts.thread))
            && (processors.isEmpty || processors.contains(facts.processor))
            && (time.map { $0.contains(facts.time) } ?? true)
            && (commands.isEmpty || commands.contains(String(decoding: command, as: UTF8.self)))
    }
}

/// Where and when a sample was taken.
public struct SampleFacts: Sendable, Hashable {
    /// The process; -1 where the recording does not say.
    public var process: Int32 = -1
    /// The thread; -1 where the recording does not say.
    public var thread: Int32 = -1
    /// The processor; -1 where the recording does not say.
    public var processor: Int32 = -1
    /// Nanoseconds on the recording's clock; 0 where the recording does not say.
    public var time: UInt64 = 0
}

/// One sample of a recording, in the order of their times: kept only where `FoldingOptions.keepsSamples` asks.
public struct ProfileSample: Sendable, Hashable {
    /// Where and when it was taken.
    public var facts: SampleFacts
    /// The node of the profile's tree at which its stack ends.
    package var node: Int32
    /// What it weighs.
    public var weight: Double
}
