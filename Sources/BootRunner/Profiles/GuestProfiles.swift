import BootModel
import BootProfiles
import BootStore
import Foundation

/// Merges the guest's stacks over a run's boots.
enum GuestProfiles {
    /// Writes the run's `guest.folded` and `guest-samples.folded`; nothing for a run without boots of that kind.
    /// - Returns: notes for the run that it does not have yet: what sampling cost, stacks that could not be read or not be trusted.
    static func merge(_ run: Run, in folder: RunFolder) throws -> [String] {
        var notes: [String] = []
        for (purpose, origin) in [
            (Boot.Purpose.profiled, FunctionChange.Origin.guest), (.sampled, .guestSamples),
        ] {
            notes += try merge(
                run.boots.filter { $0.purpose == purpose && $0.outcome.isBooted }, origin, in: folder)
        }
        let own = run.boots.filter { $0.purpose == .profiled }.flatMap(\.notes)
        for note in own where note.hasPrefix(GuestProfiling.note) && !notes.contains(note) {
            notes.append(note)
        }
        // What sampling cost is reported of the boots that it slowed.
        for boot in run.boots.filter({ $0.purpose == .sampled }).prefix(5) {
            notes += boot.notes.map { "boot \(boot.index): \($0)" }
        }
        return notes.filter { !run.notes.contains($0) }
    }

    private static func merge(
        _ boots: [Boot], _ origin: FunctionChange.Origin, in folder: RunFolder
    ) throws -> [String] {
        var notes: [String] = []
        for phase in [nil] + Phases.names(of: boots) {
            let paths = boots.map { folder.folded(origin, phase: phase, ofBoot: $0.index) }
                .filter(FileManager.default.fileExists)
            guard !paths.isEmpty else { continue }
            do {
                let merged = try ProfileInput.merged(paths.map { .file($0) })
                try AtomicFile.write(FoldedWriter().bytes(merged), to: folder.folded(origin, phase: phase))
            } catch let error as ProfileError {
                // A phase of a few instructions may hold no stack.
                guard phase == nil || error.code != .empty else { continue }
                notes.append("the run has no guest profile\(phase.map { " of \($0)" } ?? ""): \(error)")
            }
        }
        return notes
    }
}

/// The phases that boots of a run have.
enum Phases {
    /// Their names, each once, in the order in which they came.
    static func names(of boots: [Boot]) -> [String?] {
        var names: [String] = []
        for phase in boots.flatMap(\.phases) where !names.contains(phase.name) { names.append(phase.name) }
        return names
    }
}
