import BootModel
import Synchronization

@testable import BootRunner

/// Takes boots that end as they are told to, and remembers which were asked for.
final class ScriptedExecutor: BootExecutor {
    /// The boots that were asked for.
    let taken = Mutex<[Plan.PlannedBoot]>([])
    private let outcome: @Sendable (Plan.PlannedBoot) throws -> BootOutcome

    init(
        _ outcome: @escaping @Sendable (Plan.PlannedBoot) throws -> BootOutcome = { _ in BootOutcome(.booted)
        }
    ) {
        self.outcome = outcome
    }

    var indices: [Int] { taken.withLock { $0.map(\.index) } }

    func boot(
        _ planned: Plan.PlannedBoot, of plan: Plan, folder: String, deadline: Nanoseconds?, stop: StopSignal
    ) async throws -> Boot {
        taken.withLock { $0.append(planned) }
        return Boot(
            index: planned.index, purpose: planned.purpose, startedAt: 1, outcome: try outcome(planned),
            samples: ["boot-time": Double(planned.index)])
    }
}

extension Run {
    /// A run of so many timed boots after a warm-up, of a machine that does not matter.
    static func sample(boots: Int, warmUp: Bool = true, limits: Limits = Limits()) -> Run {
        let options = RunOptions(boots: boots, warmUp: warmUp, limits: limits)
        let plan = Plan(
            command: ["qemu-system-i386"], script: BootScript(end: .poweredOff),
            boots: options.plannedBoots([]), collectors: [], limits: limits)
        let host = Fingerprint.Host(
            processor: "one", processors: 2, kernel: "6.1", governor: "none", hypervisor: "none")
        return Run(
            scenario: "sample", plan: plan,
            fingerprint: Fingerprint(host: host, qemu: "7.2", accelerator: "tcg"),
            metrics: [.bootTime])
    }
}
