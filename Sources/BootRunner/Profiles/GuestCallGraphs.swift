import BootModel
import BootProfiles
import BootStore
import Foundation

/// Sums up the guest's stacks of exact boots by function, with the spreads that their controls show.
enum GuestCallGraphs {
    /// Writes the run's `guest-functions.json.gz`; nothing for a run whose boots are not exact, or were not
    /// profiled. The stacks of controls are summed up and removed: nothing else is ever asked of them.
    /// - Returns: notes for the run: stacks that could not be read, and why.
    /// - Throws: `StoreError` where the sums cannot be written.
    static func keep(_ run: Run, in folder: RunFolder) throws -> [String] {
        guard run.plan.isExact, run.plan.collectors.contains(.guestProfile) else { return [] }
        var notes: [String] = []
        let profiled = run.boots.filter { $0.purpose == .profiled && $0.outcome.isBooted }
        let controls = run.boots.filter { $0.purpose == .control && $0.outcome.isBooted }
        do {
            guard let boot = profiled.first, var graph = try graph(of: boot, in: folder) else { return [] }
            graph.takeSpreads(from: try controls.compactMap { try self.graph(of: $0, in: folder) })
            try GuestFunctionsFile.write(graph, to: folder.guestFunctions)
        } catch let error as ProfileError {
            notes.append("the guest's functions could not be summed up: \(error)")
        }
        return notes
    }

    /// The sums of one boot, kept for a control in the place of its stacks; nil where it has none.
    private static func graph(of boot: Boot, in folder: RunFolder) throws -> GuestCallGraph? {
        let path = folder.bootPath(boot.index)
        let kept = "\(path)/\(GuestFunctionsFile.name)"
        let stacks = "\(path)/guest.folded"
        guard FileManager.default.fileExists(atPath: stacks) else { return try GuestFunctionsFile.read(kept) }
        let profile = try FoldedReader(origin: .guest, unit: "instructions").read(.file(stacks))
        let graph = GuestCallGraph(profile)
        if boot.purpose == .control {
            try GuestFunctionsFile.write(graph, to: kept)
            let all = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            for name in all where name.hasPrefix("guest") && name.hasSuffix(".folded") {
                try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
            }
        }
        return graph
    }
}
