import BootModel
import BootStore
import Foundation

/// Gives the boots of a stored run again, with the files that they left, and starts nothing.
///
/// A planned boot gets the recorded one that has its place among those of the same purpose, so a run with a
/// warm-up can be replayed into a plan without one.
public struct ReplayExecutor: BootExecutor {
    private let recorded: Run
    private let source: RunFolder

    /// An executor over the run in `folder`.
    /// - Throws: `StoreError` where it cannot be read.
    public init(_ folder: RunFolder) throws {
        recorded = try folder.load()
        source = folder
    }

    /// Gives the recorded boot that stands for `planned`, after copying its files into `folder`.
    /// - Throws: `RunnerError` of code `.input` where the run holds no such boot or its files cannot be copied.
    public func boot(
        _ planned: Plan.PlannedBoot, of plan: Plan, folder: String, deadline: Nanoseconds?, stop: StopSignal
    ) async throws -> Boot {
        if stop.isRaised { return interrupted(planned, "the run was told to stop") }
        if let deadline, Clock.now >= deadline {
            return interrupted(planned, "the run's time limit came before this boot")
        }
        let place = plan.boots.prefix { $0.index != planned.index }.count { $0.purpose == planned.purpose }
        let candidates = recorded.boots.filter { $0.purpose == planned.purpose }
        guard place < candidates.count else {
            throw RunnerError(
                .input,
                "\(source.path) holds \(candidates.count) boots of the kind \(planned.purpose.rawValue); boot \(planned.index) asks for one more.",
                next: "Replay a run with as many boots, or plan fewer.")
        }
        var boot = candidates[place]
        try copyFiles(from: source.bootPath(boot.index), to: folder)
        boot.index = planned.index
        return boot
    }

    private func interrupted(_ planned: Plan.PlannedBoot, _ why: String) -> Boot {
        Boot(
            index: planned.index, purpose: planned.purpose, startedAt: Date().timeIntervalSince1970,
            outcome: BootOutcome(.interrupted, detail: why))
    }

    private func copyFiles(from recorded: String, to folder: String) throws {
        let files = FileManager.default
        // A boot may have left nothing.
        guard files.fileExists(atPath: recorded) else { return }
        do {
            for name in try files.contentsOfDirectory(atPath: recorded) {
                let target = "\(folder)/\(name)"
                if files.fileExists(atPath: target) { try files.removeItem(atPath: target) }
                try files.copyItem(atPath: "\(recorded)/\(name)", toPath: target)
            }
        } catch {
            throw RunnerError(
                .input,
                "The files in \(recorded) could not be copied to \(folder): \(error.localizedDescription).",
                next: "Check the space and the rights of both.")
        }
    }
}
