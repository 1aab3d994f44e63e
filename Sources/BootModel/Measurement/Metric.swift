/// A quantity that a boot yields: what it counts, in which unit, which way is better, how far it can be trusted.
public struct Metric: Sendable, Hashable, Codable {
    /// What the numbers count.
    public enum Unit: String, Sendable, Hashable, Codable {
        case nanoseconds, count, bytes
    }

    /// Which direction of change a team calls a regression.
    public enum Polarity: String, Sendable, Hashable, Codable {
        case lowerIsBetter, higherIsBetter
    }

    /// Whether the same images give the same number in every boot.
    public enum Determinism: String, Sendable, Hashable, Codable {
        /// Equal in every boot of the same images: any difference is real.
        case exact
        /// Varies from boot to boot: a difference needs a test.
        case statistical
    }

    /// The quantity's name, in lower case with hyphens: `boot-time`.
    public var name: String
    /// The phase that it is confined to; nil for the whole boot.
    public var phase: String?
    /// The unit of its values.
    public var unit: Unit
    /// Which direction is better.
    public var polarity: Polarity
    /// Whether repeated boots of the same images agree.
    public var determinism: Determinism

    /// A metric of one's own.
    public init(
        name: String, phase: String? = nil, unit: Unit, polarity: Polarity = .lowerIsBetter,
        determinism: Determinism = .statistical
    ) {
        self.name = name
        self.phase = phase
        self.unit = unit
        self.polarity = polarity
        self.determinism = determinism
    }

    /// What reports, budgets and the command line call it: `boot-time`, or `boot-time@kernel` for a phase.
    public var id: String { phase.map { "\(name)@\($0)" } ?? name }

    /// The same quantity, confined to one phase.
    public func of(phase: String) -> Metric {
        var metric = self
        metric.phase = phase
        return metric
    }

    /// Whether it counts what the guest does, which the host's speed does not change.
    public var isOfTheGuest: Bool { name == "guest-instructions" || name == "guest-blocks" }

    /// The same quantity, counted so that it repeats exactly.
    public var exactly: Metric {
        var metric = self
        metric.determinism = .exact
        return metric
    }
}

extension Metric {
    /// The time from QEMU's start until booted, by the host's monotonic clock.
    public static let bootTime = Metric(name: "boot-time", unit: .nanoseconds)
    /// Instructions that QEMU executed on the host, in user mode.
    public static let hostInstructions = Metric(name: "host-instructions", unit: .count)
    /// Instructions that the host's kernel executed for QEMU.
    public static let hostKernelInstructions = Metric(name: "host-kernel-instructions", unit: .count)
    /// Processor cycles of QEMU, in user mode.
    public static let cycles = Metric(name: "cycles", unit: .count)
    /// The time that QEMU's threads spent on a processor, as perf counts it.
    public static let taskClock = Metric(name: "task-clock", unit: .nanoseconds)
    /// Page faults of QEMU.
    public static let pageFaults = Metric(name: "page-faults", unit: .count)
    /// Context switches of QEMU's threads.
    public static let contextSwitches = Metric(name: "context-switches", unit: .count)
    /// Moves of QEMU's threads from one processor to another.
    public static let migrations = Metric(name: "migrations", unit: .count)
    /// Mispredicted branches of QEMU, in user mode.
    public static let branchMisses = Metric(name: "branch-misses", unit: .count)
    /// Last-level cache misses of QEMU, in user mode.
    public static let cacheMisses = Metric(name: "cache-misses", unit: .count)
    /// The largest resident set of QEMU.
    public static let peakMemory = Metric(name: "peak-memory", unit: .bytes)
    /// Processor time of QEMU in user mode, from the kernel's accounting.
    public static let userTime = Metric(name: "user-time", unit: .nanoseconds)
    /// Processor time of QEMU in the kernel, from the kernel's accounting.
    public static let systemTime = Metric(name: "system-time", unit: .nanoseconds)
    /// Instructions that the guest executed until booted.
    public static let guestInstructions = Metric(name: "guest-instructions", unit: .count)
    /// Translation blocks that the guest executed until booted.
    public static let guestBlocks = Metric(name: "guest-blocks", unit: .count)

    /// Every quantity that Bootmark itself can collect, in the order in which reports list them.
    public static let all: [Metric] = [
        .bootTime, .guestInstructions, .guestBlocks, .hostInstructions, .hostKernelInstructions, .cycles,
        .taskClock, .userTime, .systemTime, .pageFaults, .contextSwitches, .migrations, .branchMisses,
        .cacheMisses, .peakMemory,
    ]

    /// From the most repeatable to the least: where a scenario names no budget, the first one that the
    /// host offers decides, and the rest inform (measured: guest instructions vary by 0.05 % from boot to
    /// boot, host instructions by 1.8 %, times by 16 % on a shared machine).
    public static let byPrecision: [Metric] = [.guestInstructions, .hostInstructions, .taskClock, .bootTime]
}
