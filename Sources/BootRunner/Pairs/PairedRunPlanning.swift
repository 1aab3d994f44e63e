import BootModel
import BootStatistics
import Foundation

extension PairedRun {
    /// One of the two systems that are booted in turns.
    public struct System: Sendable {
        /// The QEMU command, its program first.
        public var command: [String]
        /// The machine in one line; nil to read it from the command.
        public var machine: String?
        /// What this host can measure it with.
        public var host: HostTools

        /// A system, with what this host can measure it with.
        public init(
            _ command: [String], machine: String? = nil, collectors: [Plan.Collector]?, script: BootScript
        ) async {
            self.command = command
            self.machine = machine
            host = await HostTools.probe(for: command, collectors: collectors, script: script)
        }
    }

    /// Two runs that have been planned alike and checked, and have no boots yet: what only one of them could be
    /// measured with is left out.
    ///
    /// - Parameters:
    ///   - scenario: the name of both.
    ///   - script: how the boots are followed.
    ///   - options: what is asked of the boots; their number is the most pairs that are judged.
    ///   - pins: whether QEMU is pinned to a processor where that disturbs nothing (`Processor.free`).
    ///   - rule: when the pairs are looked at.
    ///   - seed: what the orders follow from; nil to draw one.
    ///   - reproduction: the command that takes them again, given the seed.
    ///   - budgets: what is asked of the metrics, of those that can be measured.
    /// - Throws: `RunnerError`, or what `budgets` throws.
    public static func planned(
        scenario: String, script: BootScript, before: System, after: System, options: RunOptions,
        pins: Bool, rule: SequentialRule, seed: UInt64?, reproduction: (UInt64) -> [String],
        budgets: (Run) throws -> [Budget]
    ) async throws -> PairedRun {
        var options = options
        if pins, options.pinnedTo == nil, try [before, after].allSatisfy({ try $0.hasOneProcessor }) {
            options.pinnedTo = Processor.free
        }
        func plan(_ system: System) async throws -> Run {
            try await Run.planned(
                scenario: scenario, command: system.command, script: script, machine: system.machine,
                options: options, host: system.host)
        }
        var old = try await plan(before)
        var new = try await plan(after)
        if old.plan.collectors != new.plan.collectors {
            options.collectors = old.plan.collectors.filter(new.plan.collectors.contains)
            old = try await plan(before)
            new = try await plan(after)
        }
        let asked = try budgets(new)
        old.plan.budgets = asked
        new.plan.budgets = asked
        // Below 2^53, so that every reader of JSON sees the same number.
        let seed = seed ?? UInt64.random(in: 1..<1 << 53)
        let plan = PairedPlan(
            pairing: new.plan, seed: seed, rule: rule, reproduction: reproduction(seed))
        return PairedRun(plan: plan, before: old, after: new)
    }
}

extension PairedRun.System {
    /// Whether its guest has a single processor, so that one of the host's is enough for it.
    fileprivate var hasOneProcessor: Bool {
        get throws { try QEMUCommandLine(command).processors == 1 }
    }
}

/// The host's processors.
enum Processor {
    /// The last one that this process may run on, which is left for QEMU while everything else can use the others;
    /// nil where there is only one.
    static var free: Int? { last(allowedBy: Files.text("/proc/self/status") ?? "") }

    /// The last of several processors that the kernel's text on a process allows.
    static func last(allowedBy status: String) -> Int? {
        let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
        let ranges = (line?.split(separator: ":").last ?? "").split(separator: ",").map { range in
            range.split(separator: "-").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
        }
        guard let last = ranges.last?.last, let first = ranges.first?.first, first < last else { return nil }
        return last
    }
}
