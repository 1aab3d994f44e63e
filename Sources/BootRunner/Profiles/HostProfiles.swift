import BootModel
import BootProfiles
import BootStore
import Foundation

/// Folds what `perf record` took in a run's boots.
public enum HostProfiles {
    /// Folds each recorded boot into its own `host.folded`, and all of them into the run's; each phase of the
    /// boots likewise, into `host@PHASE.folded`.
    ///
    /// Does nothing for a run without recordings. Boots that did not reach their end are left out: their
    /// stacks are of another boot than the one that is judged.
    /// - Returns: notes for the run: recordings that could not be read, and why.
    /// - Throws: `ProfileError` or `StoreError` where what was folded cannot be written.
    public static func fold(_ run: Run, in folder: RunFolder) throws -> [String] {
        var notes: [String] = []
        let boots = run.boots.filter { $0.purpose == .recorded && $0.outcome.isBooted }
        var merged: [String?: Profile] = [:]
        for boot in boots {
            let recording = "\(folder.bootPath(boot.index))/perf.data"
            guard FileManager.default.fileExists(atPath: recording) else { continue }
            do {
                let profile = try profile(of: recording, sampled: run.plan.recording)
                for (phase, part) in [(nil, profile)] + phases(of: boot, in: profile) {
                    let path = folder.folded(.host, phase: phase, ofBoot: boot.index)
                    try AtomicFile.write(FoldedWriter().bytes(part), to: path)
                    // Not with the single samples: memory must not grow with the number of boots.
                    try merged[phase, default: Profile()].merge(part.withoutSamples())
                }
            } catch let error as ProfileError {
                notes.append("boot \(boot.index) has no host profile: \(error)")
            }
        }
        for (phase, profile) in merged {
            try AtomicFile.write(FoldedWriter().bytes(profile), to: folder.folded(.host, phase: phase))
        }
        return notes
    }

    /// The stacks of each phase of `boot` in which a sample was taken.
    private static func phases(of boot: Boot, in profile: Profile) -> [(String?, Profile)] {
        guard let start = boot.clockAtStart else { return [] }
        return boot.phases.compactMap { phase in
            let times = [phase.start, phase.end].map { UInt64(max(0, (start + $0).count)) }
            guard times[0] < times[1],
                let part = try? profile.selecting(times[0]..<times[1], since: 0)
            else { return nil }
            return (phase.name, part)
        }
    }

    /// The stacks of a perf.data file.
    private static func profile(of recording: String, sampled: Recording) throws(ProfileError) -> Profile {
        var options = FoldingOptions()
        options.keepsSamples = true
        // A clock's period is nanoseconds, the same in every sample, so samples are counted.
        options.weighsPeriods = sampled.unit != "samples"
        return try ProfileInput.open(.file(recording), options: options).read()
    }
}
