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
        let paths = boots.map { "\(folder.bootPath($0.index))/guest.folded" }
            .filter(FileManager.default.fileExists)
        guard !paths.isEmpty else { return [] }
        do {
            let merged = try ProfileInput.merged(paths.map { .file($0) })
            try AtomicFile.write(FoldedWriter().bytes(merged), to: folder.folded(.guest))
            return []
        } catch let error as ProfileError {
            return ["the run has no guest profile: \(error)"]
        }
    }
}
