import BootComparison
import BootModel

/// Runs made up for a test.
enum Runs {
    static let host = Fingerprint.Host(
        processor: "Some CPU", processors: 2, kernel: "6.1.0", governor: "none", hypervisor: "kvm")

    static func fingerprint(_ change: (inout Fingerprint) -> Void = { _ in }) -> Fingerprint {
        var fingerprint = Fingerprint(
            host: host, qemu: "7.2.22", accelerator: "tcg", perf: "6.1", digests: ["kernel": "aa"])
        change(&fingerprint)
        return fingerprint
    }

    /// A run whose timed boots hold the given values of each metric.
    static func run(
        _ samples: [(Metric, [Double])], budgets: [Budget] = [], machine: String = "i386 pc",
        scenario: String = "tiny", fingerprint: Fingerprint = Runs.fingerprint(),
        failing: [BootOutcome] = [], unavailable: [String: String] = [:]
    ) -> ComparedRun {
        let count = samples.map(\.1.count).max() ?? 0
        var boots = (0..<count).map { place -> Boot in
            var boot = Boot(
                index: place + 1, purpose: .timed, startedAt: 1_700_000_000, outcome: .init(.booted),
                milestones: [MilestoneReached(name: "booted", elapsed: .seconds(3))],
                unavailable: unavailable)
            for (metric, values) in samples where place < values.count {
                boot.samples[metric.id] = values[place]
            }
            return boot
        }
        boots += failing.enumerated().map { place, outcome in
            Boot(index: count + place + 1, purpose: .timed, startedAt: 1_700_000_100, outcome: outcome)
        }
        let plan = Plan(
            command: ["qemu-system-i386"], script: BootScript(end: .poweredOff),
            boots: boots.map { .init(index: $0.index, purpose: $0.purpose) }, collectors: [],
            machine: machine, budgets: budgets)
        var metrics = samples.map(\.0)
        for id in unavailable.keys.sorted() where !metrics.contains(where: { $0.id == id }) {
            metrics += Metric.all.filter { $0.id == id }
        }
        return ComparedRun(
            run: Run(
                scenario: scenario, plan: plan, fingerprint: fingerprint, metrics: metrics, boots: boots),
            location: "runs/\(scenario)")
    }

    /// So many values around `center` that spread by about `noise` of it, always the same ones.
    static func values(_ center: Double, noise: Double = 0.01, count: Int = 10) -> [Double] {
        (0..<count).map { place in
            let share = Double(place * 7 % count) / Double(max(count - 1, 1))
            return center * (1 + noise * (2 * share - 1))
        }
    }
}
