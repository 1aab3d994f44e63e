import BootModel
import Foundation

extension Diagnosis {
    /// What may disturb runs that are about to be taken on this host: a look at some files, without starting
    /// anything. perf's limits matter only where perf is to measure.
    public static func disturbances(before runs: [Run]) -> [Diagnosis] {
        let collectors = Set(runs.flatMap(\.plan.collectors))
        let frequency = runs.map(\.plan.recording.frequency).max() ?? Recording().frequency
        let findings =
            [load(), governor()] + disturbances(root: "")
            + perfLimits(root: "", collectors, frequency: frequency)
        return findings.filter { $0.state != .good }
    }

    /// The findings that `all` does not have by itself.
    ///
    /// - Parameter root: where the kernel's files are, for tests.
    static func disturbances(root: String) -> [Diagnosis] {
        [stolen(root), memoryPressure(root), siblings(root), turbo(root), clock(root)].compactMap { $0 }
    }

    /// What the kernel's settings keep perf from; nothing where they keep it from nothing.
    ///
    /// - Parameters:
    ///   - root: where the kernel's files are, for tests.
    ///   - collectors: what is to measure.
    ///   - frequency: how many samples a second `perf record` is to take.
    static func perfLimits(
        root: String, _ collectors: Set<Plan.Collector>, frequency: Int = Recording().frequency
    ) -> [Diagnosis] {
        var found: [Diagnosis] = []
        let usesPerf = !collectors.isDisjoint(with: [.perfStat, .perfRecord])
        let level = Files.text(root + "/proc/sys/kernel/perf_event_paranoid").flatMap { Int($0) } ?? 0
        if usesPerf, level > 1, !mayObserveEverything(root) {
            let loss =
                level > 2 ? "this user may count nothing" : "this user's counts leave out the host's kernel"
            found.append(
                Diagnosis(
                    subject: "perf's limits", state: .limited,
                    finding: "kernel.perf_event_paranoid is \(level): \(loss)",
                    advice: "sudo sysctl kernel.perf_event_paranoid=1, or gate on guest instructions."))
        }
        // The kernel lowers this by itself where samples took too long to take.
        if collectors.contains(.perfRecord),
            let rate = Files.text(root + "/proc/sys/kernel/perf_event_max_sample_rate").flatMap({ Int($0) }),
            rate < frequency
        {
            found.append(
                Diagnosis(
                    subject: "perf's limits", state: .limited,
                    finding:
                        "kernel.perf_event_max_sample_rate is \(rate): too few for \(frequency) samples a second",
                    advice:
                        "sudo sysctl kernel.perf_event_max_sample_rate=100000, or sample less (--frequency).")
            )
        }
        return found
    }

    /// Whether this process has CAP_SYS_ADMIN or CAP_PERFMON, which kernel.perf_event_paranoid does not bind.
    private static func mayObserveEverything(_ root: String) -> Bool {
        let line = Files.whole(root + "/proc/self/status")?.split(separator: "\n").first {
            $0.hasPrefix("CapEff:")
        }
        let digits = line?.split(whereSeparator: \.isWhitespace).last
        guard let rights = digits.flatMap({ UInt64($0, radix: 16) }) else { return false }
        return rights & (1 << 21 | 1 << 38) != 0
    }

    private static func clock(_ root: String) -> Diagnosis? {
        let file = root + "/sys/devices/system/clocksource/clocksource0/current_clocksource"
        guard let source = Files.text(file), !source.isEmpty else { return nil }
        let fast = ["tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page"]
        guard !fast.contains(source) else {
            return Diagnosis(subject: "clock source", state: .good, finding: source, advice: "")
        }
        return Diagnosis(
            subject: "clock source", state: .limited, finding: source,
            advice: "Reading this clock is slow; times under a millisecond mean little.")
    }

    private static func stolen(_ root: String) -> Diagnosis? {
        let line = Files.text(root + "/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("cpu ") }
        let ticks = (line ?? "").split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
        let total = ticks.reduce(0, +)
        guard ticks.count == 8, total > 0 else { return nil }
        let share = ticks[7] / total
        let finding = "\(Quantity.share(share)) of the processors' time since this host was started"
        guard share > 0.02 else {
            return Diagnosis(subject: "stolen time", state: .good, finding: finding, advice: "")
        }
        return Diagnosis(
            subject: "stolen time", state: .limited, finding: finding,
            advice:
                "The hypervisor gives time to other machines: use dedicated cores, or gate on instructions.")
    }

    private static func memoryPressure(_ root: String) -> Diagnosis? {
        let line = Files.text(root + "/proc/pressure/memory")?.split(separator: "\n").first {
            $0.hasPrefix("some ")
        }
        let field = line?.split(separator: " ").first { $0.hasPrefix("avg60=") }
        guard let percent = field.flatMap({ Double($0.dropFirst("avg60=".count)) }), percent.isFinite else {
            return nil
        }
        let finding = "some process waited \(Quantity.share(percent / 100)) of the last minute"
        guard percent > 1 else {
            return Diagnosis(subject: "memory pressure", state: .good, finding: finding, advice: "")
        }
        return Diagnosis(
            subject: "memory pressure", state: .limited, finding: finding,
            advice: "Free memory, or give the guest less of it.")
    }

    private static func siblings(_ root: String) -> Diagnosis? {
        guard let active = Files.text(root + "/sys/devices/system/cpu/smt/active") else { return nil }
        guard active == "1" else {
            return Diagnosis(subject: "SMT", state: .good, finding: "off", advice: "")
        }
        return Diagnosis(
            subject: "SMT", state: .limited,
            finding: "on: what runs on a core's other thread slows the guest",
            advice: "echo off | sudo tee /sys/devices/system/cpu/smt/control, for times that repeat.")
    }

    private static func turbo(_ root: String) -> Diagnosis? {
        let folder = root + "/sys/devices/system/cpu"
        let isOff: Bool
        let advice: String
        if let text = Files.text(folder + "/intel_pstate/no_turbo") {
            isOff = text == "1"
            advice = "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo"
        } else if let text = Files.text(folder + "/cpufreq/boost") {
            isOff = text == "0"
            advice = "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost"
        } else {
            return nil
        }
        guard !isOff else { return Diagnosis(subject: "turbo", state: .good, finding: "off", advice: "") }
        return Diagnosis(
            subject: "turbo", state: .limited, finding: "on: the frequency depends on heat and neighbours",
            advice: advice + ", for times that repeat.")
    }
}
