import BootModel
import BootStatistics

extension HistoryEntry {
    /// What a comparison leaves behind: a point for each metric that has values after, unless the environment
    /// spoiled them.
    ///
    /// - Parameters:
    ///   - comparison: the comparison, whatever its verdict.
    ///   - commit: what was booted; empty where it is not known.
    public static func entries(of comparison: Comparison, commit: String) -> [HistoryEntry] {
        comparison.results.compactMap { result in
            guard result.verdict != .invalidEnvironment else { return nil }
            let values = result.after.filter { $0.isFinite && $0 >= 0 }
            guard let median = try? Description.median(values), comparison.after.startedAt.isFinite else {
                return nil
            }
            return HistoryEntry(
                scenario: comparison.scenario, metric: result.metric,
                hostClass: hostClass(comparison.after.fingerprint, for: result.metric),
                recordedAt: comparison.after.startedAt, commit: commit, median: median,
                spread: (try? Description.robustSpread(values)) ?? 0, boots: values.count,
                verdict: result.verdict, gates: result.role == .gates)
        }
    }

    /// What has to be equal for two numbers to be comparable: to an exact count QEMU alone, to what varies the
    /// host too.
    static func hostClass(_ fingerprint: Fingerprint, for metric: Metric) -> String {
        let emulator = "QEMU \(fingerprint.qemu) \(fingerprint.accelerator)"
        guard metric.determinism == .statistical else { return emulator }
        let host = fingerprint.host
        return [
            host.processor, "\(host.processors) processors", host.kernel, "governor \(host.governor)",
            "hypervisor \(host.hypervisor)", emulator,
        ].joined(separator: ", ")
    }
}
