import BootModel
import Foundation

/// Reads what disturbs the host, before and after a boot.
struct HostConditions {
    /// Where the kernel's files are, for tests.
    var root = ""
    private var start = Reading()
    private var load: Double?

    /// The counters that only grow.
    private struct Reading {
        /// Ticks of all processors: in all, idle, stolen.
        var total: Double?
        var idle: Double?
        var stolen: Double?
        var throttled: Double?
        /// Microseconds in which some process waited for memory.
        var waited: Double?
    }

    /// Reads the state before a boot.
    init(root: String = "") {
        self.root = root
        start = read()
        load = (Files.text(root + "/proc/loadavg")?.split(separator: " ").first).flatMap { Double($0) }
    }

    /// What happened since.
    ///
    /// - Parameters:
    ///   - used: the processor time of the boot itself, which is no disturbance.
    ///   - elapsed: how long it took.
    func since(used: Nanoseconds, elapsed: Nanoseconds) -> Conditions {
        let end = read()
        func grown(_ counter: (Reading) -> Double?) -> Double? {
            guard let before = counter(start), let after = counter(end), after >= before else { return nil }
            return after - before
        }
        var conditions = Conditions(load: load, throttled: grown(\.throttled), frequency: frequency())
        if let total = grown(\.total), total > 0 {
            if let stolen = grown(\.stolen) { conditions.stolen = min(stolen / total, 1) }
            if let idle = grown(\.idle) {
                // The kernel counts in ticks of a hundredth of a second.
                let busy = total - idle - (grown(\.stolen) ?? 0) - used.seconds * 100
                conditions.others = min(max(busy / total, 0), 1)
            }
        }
        if let waited = grown(\.waited), elapsed > .zero {
            conditions.memoryPressure = min(waited / 1e6 / elapsed.seconds, 1)
        }
        return conditions
    }

    private func read() -> Reading {
        var reading = Reading()
        let first = Files.text(root + "/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("cpu ") }
        let ticks = (first ?? "").split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
        if ticks.count == 8 {
            // user, nice, system, idle, iowait, irq, softirq, steal; what guests use is within user.
            reading.total = ticks.reduce(0, +)
            reading.idle = ticks[3] + ticks[4]
            reading.stolen = ticks[7]
        }
        let throttles = processors.compactMap {
            Files.text("\($0)/thermal_throttle/core_throttle_count").flatMap { Double($0) }
        }
        reading.throttled = throttles.isEmpty ? nil : throttles.reduce(0, +)
        let some = Files.text(root + "/proc/pressure/memory")?.split(separator: "\n").first {
            $0.hasPrefix("some ")
        }
        reading.waited = some?.split(separator: " ").last.flatMap { Double($0.dropFirst("total=".count)) }
        return reading
    }

    private func frequency() -> Double? {
        let each = processors.compactMap {
            Files.text("\($0)/cpufreq/scaling_cur_freq").flatMap { Double($0) }
        }
        // In kilohertz there.
        return each.isEmpty ? nil : each.reduce(0, +) / Double(each.count) * 1_000
    }

    private var processors: [String] {
        (0..<min(ProcessInfo.processInfo.processorCount, 1_024)).map {
            "\(root)/sys/devices/system/cpu/cpu\($0)"
        }
    }
}
