import BootModel
import BootProfiles
import BootStore
import Foundation

/// Merges the guest's stacks over a run's boots.
enum GuestProfiles {
    /// Writes the run's `guest.folded`; nothing for a run without profiled boots.
    /// - Returns: notes for the run: stacks that could not be read, and why.
    static func merge(_ run: Run, in folder: RunFolder) throws -> [String] {
        let boots = run.boots.filter { $0.purpose == .profiled && $0.outcome.isBooted }
        var notes: [String] = []
        for phase in [nil] + Phases.names(of: boots) {
            let paths = boots.map { folder.folded(.guest, phase: phase, ofBoot: $0.index) }
                .filter(FileManager.default.fileExists)
            guard !paths.isEmpty else { continue }
            do {
                let merged = try ProfileInput.merged(paths.map { .file($0) })
                try AtomicFile.write(FoldedWriter().bytes(merged), to: folder.folded(.guest, phase: phase))
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
