import BootModel
import Foundation

/// What this host can measure, and what to install or set.
public struct Diagnosis: Sendable, Hashable, Codable {
    /// How good a finding is.
    public enum State: String, Sendable, Hashable, Codable {
        /// As it should be.
        case good
        /// It works, with a loss that is named.
        case limited
        /// It does not work.
        case missing
    }

    /// What was looked at: `qemu-system-x86_64`, `perf`, `KVM`.
    public var subject: String
    /// How good it is.
    public var state: State
    /// What was found.
    public var finding: String
    /// What to do about it; empty where there is nothing to do.
    public var advice: String

    /// Looks at this host.
    public static func all() async -> [Diagnosis] {
        var found: [Diagnosis] = []
        for name in ["qemu-system-i386", "qemu-system-x86_64"] { found.append(await emulator(name)) }
        found.append(perf(await HostTools.probePerf(cache: ProbeCache(folder: nil))))
        found.append(await plugin())
        found.append(kvm())
        found += [processors(), load(), governor()] + disturbances(root: "")
        found += perfLimits(root: "", Set(Plan.Collector.allCases))
        return found
    }

    private static func emulator(_ name: String) async -> Diagnosis {
        do {
            let path = try Tools.require(name)
            let version = try await Tools.run(path, ["--version"]).output.split(separator: "\n").first
            return Diagnosis(
                subject: name, state: .good, finding: version.map(String.init) ?? path, advice: "")
        } catch {
            let next = (error as? RunnerError)?.next ?? ""
            return Diagnosis(subject: name, state: .missing, finding: "not found", advice: next)
        }
    }

    private static func perf(_ host: HostTools) -> Diagnosis {
        if let problem = host.perfProblem {
            return Diagnosis(subject: "perf", state: .missing, finding: problem.problem, advice: problem.next)
        }
        guard host.hasHardwareCounters else {
            return Diagnosis(
                subject: "perf", state: .limited,
                finding:
                    "\(host.perf ?? ""), software events only: the processor's counters are not offered here",
                advice:
                    "Gate on guest instructions, which need no counters; a bare-metal host or a VM with a virtual PMU counts host instructions."
            )
        }
        return Diagnosis(
            subject: "perf", state: .good, finding: "\(host.perf ?? ""), with hardware counters", advice: "")
    }

    private static func plugin() async -> Diagnosis {
        let subject = "guest instructions"
        guard let qemu = Tools.path(of: "qemu-system-x86_64") ?? Tools.path(of: "qemu-system-i386") else {
            return Diagnosis(subject: subject, state: .missing, finding: "no QEMU to try it with", advice: "")
        }
        let host = await HostTools.probe(
            for: [qemu], collectors: [.guestInstructions], script: BootScript(end: .poweredOff))
        if let problem = host.pluginProblem {
            return Diagnosis(
                subject: subject, state: .missing, finding: problem.problem, advice: problem.next)
        }
        return Diagnosis(subject: subject, state: .good, finding: "counted by a plugin in QEMU", advice: "")
    }

    private static func kvm() -> Diagnosis {
        let fallBack = "Boots run under TCG (-accel tcg), which is slower and measures as well."
        guard let qemu = Tools.path(of: "qemu-system-x86_64") ?? Tools.path(of: "qemu-system-i386") else {
            return Diagnosis(subject: "KVM", state: .missing, finding: "no QEMU to try it with", advice: "")
        }
        do {
            guard case .fails(let reason) = try KVMProbe.run(qemu: qemu) else {
                return Diagnosis(subject: "KVM", state: .good, finding: "a guest runs", advice: "")
            }
            return Diagnosis(subject: "KVM", state: .limited, finding: reason, advice: fallBack)
        } catch {
            return Diagnosis(subject: "KVM", state: .limited, finding: "\(error)", advice: fallBack)
        }
    }

    private static func processors() -> Diagnosis {
        let count = ProcessInfo.processInfo.activeProcessorCount
        guard count > 1 else {
            return Diagnosis(
                subject: "processors", state: .limited, finding: "1, shared by QEMU and everything else",
                advice: "Times will be noisy; gate on instructions.")
        }
        return Diagnosis(subject: "processors", state: .good, finding: "\(count)", advice: "")
    }

    static func load() -> Diagnosis {
        let average = Double(Files.text("/proc/loadavg")?.split(separator: " ").first ?? "0") ?? 0
        let finding = String(format: "%.2f over the last minute", average)
        guard average > 0.5 * Double(ProcessInfo.processInfo.activeProcessorCount) else {
            return Diagnosis(subject: "load", state: .good, finding: finding, advice: "")
        }
        return Diagnosis(
            subject: "load", state: .limited, finding: finding,
            advice: "Wait for other work to end, or gate on instructions.")
    }

    static func governor() -> Diagnosis {
        let governor = Fingerprint.Host.current().governor
        guard governor != "none", governor != "performance" else {
            let finding =
                governor == "none" ? "none (the host does not scale its frequency, or hides it)" : governor
            return Diagnosis(subject: "frequency governor", state: .good, finding: finding, advice: "")
        }
        return Diagnosis(
            subject: "frequency governor", state: .limited, finding: governor,
            advice: "sudo cpupower frequency-set -g performance, for times that repeat.")
    }
}
