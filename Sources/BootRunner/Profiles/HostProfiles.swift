import BootModel
import BootProfiles
import BootStore
import Foundation

/// Folds what `perf record` took in a run's boots.
public enum HostProfiles {
    /// Folds each recorded boot into its own `host.folded`, and all of them into the run's.
    ///
    /// Does nothing for a run without recordings. Boots that did not reach their end are left out: their
    /// stacks are of another boot than the one that is judged.
    /// - Returns: notes for the run: recordings that could not be read, and why.
    /// - Throws: `ProfileError` or `StoreError` where what was folded cannot be written.
    public static func fold(_ run: Run, in folder: RunFolder) async throws -> [String] {
        var notes: [String] = []
        var merged: Profile?
        for boot in run.boots where boot.purpose == .recorded && boot.outcome.isBooted {
            let recording = "\(folder.bootPath(boot.index))/perf.data"
            guard FileManager.default.fileExists(atPath: recording) else { continue }
            do {
                let profile = try await profile(of: recording, sampled: run.plan.recording)
                try AtomicFile.write(
                    FoldedWriter().bytes(profile), to: "\(folder.bootPath(boot.index))/host.folded")
                if merged == nil { merged = profile } else { try merged?.merge(profile) }
            } catch let error as ProfileError {
                notes.append("boot \(boot.index) has no host profile: \(error)")
            } catch let error as RunnerError {
                notes.append("boot \(boot.index) has no host profile: \(error.problem)")
            }
        }
        if let merged { try AtomicFile.write(FoldedWriter().bytes(merged), to: folder.folded(.host)) }
        return notes
    }

    /// The stacks of a perf.data file, as perf script prints them.
    private static func profile(of recording: String, sampled: Recording) async throws -> Profile {
        let own = try PrivateFolder()
        let text = "\(own.path)/script"
        try await Tools.run(
            try Tools.require("perf"), ["script", "-i", recording] + fields(sampled), outputTo: text)
        return try ProfileInput.open(.file(text)).read()
    }

    /// Without a period a sample weighs 1: a clock's is nanoseconds, the same in every sample.
    private static func fields(_ sampled: Recording) -> [String] {
        sampled.unit == "samples" ? ["-F", "comm,pid,tid,time,event,ip,sym,dso"] : []
    }
}
