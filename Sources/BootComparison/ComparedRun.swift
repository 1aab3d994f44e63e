public import BootModel

/// One side of a comparison: a run, where it lies, and what its failed boots left behind.
public struct ComparedRun: Sendable {
    /// The run.
    public var run: Run
    /// Where it lies, as the user named it.
    public var location: String
    /// Its failed boots with the tails of their consoles; those that are missing here are taken from the run.
    public var failures: [BootFailure]

    /// A side of a comparison.
    public init(run: Run, location: String, failures: [BootFailure] = []) {
        self.run = run
        self.location = location
        self.failures = failures
    }
}

extension ComparedRun {
    /// Every boot that failed, once each and in order. A boot that the user interrupted did not fail.
    func failedBoots(on side: BootFailure.Side) -> [BootFailure] {
        run.failures.filter { $0.outcome.kind != .interrupted }.map { boot in
            var failure =
                failures.first { $0.boot == boot.index }
                ?? BootFailure(side: side, boot: boot.index, outcome: boot.outcome, consoleTail: "")
            failure.side = side
            return failure
        }
    }

    /// What a report says of this side. Numbers that no clock gives are written as 0.
    var summary: Comparison.Side {
        let startedAt = run.boots.first?.startedAt ?? 0
        let duration = run.boots.reduce(Nanoseconds.zero) { total, boot in
            let longest = max(boot.milestones.map(\.elapsed.count).max() ?? 0, 0)
            let (sum, overflows) = total.count.addingReportingOverflow(longest)
            return Nanoseconds(overflows ? .max : sum)
        }
        return Comparison.Side(
            location: location, fingerprint: run.fingerprint,
            startedAt: startedAt.isFinite ? startedAt : 0, boots: judgedBoots.count, duration: duration)
    }

    /// The boots whose values are judged.
    var judgedBoots: [Boot] { run.boots.filter { $0.purpose == .timed && $0.outcome.isBooted } }

    /// The metric as this run knows it, by its name and phase.
    func metric(_ id: String) -> Metric? { run.metrics.first { $0.id == id } }

    /// Why the metric has no value, in the words of the first boot that says so.
    func whyUnavailable(_ id: String) -> String? {
        run.boots.lazy.compactMap { $0.unavailable[id] }.first.map { String($0.prefix(300)) }
    }
}

/// The values of one metric in one run, without those that no measurement can give.
struct Values {
    /// The values that can be judged, by boot.
    var usable: [Double] = []
    /// The boots, and the values that they hold, that were refused.
    var refused: [(boot: Int, value: Double)] = []

    init(of id: String, in side: ComparedRun?) {
        for boot in side?.judgedBoots ?? [] {
            guard let value = boot.samples[id] else { continue }
            // Nothing that a boot yields is negative, and beyond 1e300 differences overflow.
            if value >= 0, value <= 1e300 {
                usable.append(value)
            } else {
                refused.append((boot.index, value))
            }
        }
    }
}
