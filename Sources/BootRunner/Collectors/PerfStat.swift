import BootModel
import Foundation

/// Counts what QEMU costs the host, by `perf stat`.
final class PerfStat: BootCollector {
    /// One of perf's events and the metric that it yields.
    struct Event: Sendable, Hashable {
        /// perf's name of the event.
        var name: String
        /// What it measures.
        var metric: Metric
        /// Whether it happens in the kernel, which a plain user may not watch.
        var isOfTheKernel = false
    }

    /// Events that the kernel counts itself: they work on every host.
    static let software = [
        Event(name: "task-clock", metric: .taskClock), Event(name: "page-faults", metric: .pageFaults),
        Event(name: "context-switches", metric: .contextSwitches, isOfTheKernel: true),
        Event(name: "cpu-migrations", metric: .migrations, isOfTheKernel: true),
    ]
    /// Events that need the processor's counters. Those that matter most come first: where the processor has
    /// too few counters for all, perf shares them out by time.
    static let hardware = [
        Event(name: "instructions:u", metric: .hostInstructions),
        Event(name: "instructions:k", metric: .hostKernelInstructions, isOfTheKernel: true),
        Event(name: "cycles:u", metric: .cycles), Event(name: "branch-misses:u", metric: .branchMisses),
        Event(name: "cache-misses:u", metric: .cacheMisses),
    ]

    private let events: [Event]
    private let withheld: [String: String]
    private let output: String
    private let control: PerfControl

    /// Counts `events` into a file in `folder`, which is private to this boot; `withheld` says why others are
    /// not counted, by `Metric.id`.
    init(
        perf: String, events: [Event], withheld: [String: String] = [:], folder: String,
        environment: [String: String], log: String
    ) {
        self.events = events
        self.withheld = withheld
        output = "\(folder)/perf-stat.csv"
        control = PerfControl(
            [
                perf, "stat", "-x", ";", "--no-big-num", "-e", events.map(\.name).joined(separator: ","),
                "-o",
                output,
            ], environment: environment, log: log)
    }

    func attach(to process: Int32) throws { try control.attach(to: process) }

    func freeze() { control.order("disable", within: .seconds(2)) }

    func collect() -> Collected {
        control.finish()
        guard let text = try? String(contentsOfFile: output, encoding: .utf8) else {
            return Collected(
                unavailable: Dictionary(
                    uniqueKeysWithValues: events.map { ($0.metric.id, "perf stat wrote nothing") }))
        }
        var collected = Self.read(text, events: events)
        collected.unavailable.merge(withheld) { read, _ in read }
        return collected
    }

    /// Reads perf stat's fields (`-x ';'`): value, unit, event, time counted, share of the time counted.
    static func read(_ text: String, events: [Event]) -> Collected {
        var collected = Collected()
        var missing = Set(events)
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let fields = line.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
            // To a plain user perf shows user mode alone, and says so in the name: `page-faults:u`.
            guard fields.count >= 5,
                let event = events.first(where: { [$0.name, $0.name + ":u"].contains(fields[2]) })
            else { continue }
            missing.remove(event)
            guard let value = Double(fields[0]), value.isFinite else {
                let reason = fields[0].trimmingCharacters(in: CharacterSet(charactersIn: "<>"))
                collected.unavailable[event.metric.id] = "perf: \(event.name) is \(reason) on this host"
                continue
            }
            collected.samples[event.metric.id] = fields[1] == "msec" ? value * 1e6 : value
            if let share = Double(fields[4]), share < 99.9 {
                collected.notes.append(
                    "\(event.name) was counted for \(String(format: "%.0f", share)) % of the time and scaled (multiplexed)"
                )
            }
        }
        for event in missing {
            collected.unavailable[event.metric.id] = "perf stat did not report \(event.name)"
        }
        return collected
    }
}
