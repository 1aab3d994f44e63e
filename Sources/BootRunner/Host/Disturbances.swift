import BootModel
import Foundation

extension Diagnosis {
    /// What may disturb measured boots on this host now: a look at some files, without starting anything.
    public static func disturbances() -> [Diagnosis] {
        [load(), governor()] + disturbances(root: "")
    }

    /// The findings that `all` does not have by itself.
    ///
    /// - Parameter root: where the kernel's files are, for tests.
    static func disturbances(root: String) -> [Diagnosis] {
        [stolen(root), memoryPressure(root), siblings(root), turbo(root)].compactMap { $0 }
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
