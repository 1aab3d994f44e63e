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

    /// The judged boots of equal index of two runs, in the order of their indices.
    static func pairs(_ before: ComparedRun?, _ after: ComparedRun) -> [(before: Boot, after: Boot)] {
        let old = Dictionary((before?.judgedBoots ?? []).map { ($0.index, $0) }) { first, _ in first }
        var seen = Set<Int>()
        return after.judgedBoots.sorted { $0.index < $1.index }.compactMap { boot in
            guard seen.insert(boot.index).inserted else { return nil }
            return old[boot.index].map { ($0, boot) }
        }
    }

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
            if let value = boot.samples[id] { add(value, of: boot.index) }
        }
    }

    /// The values of several runs, one after the other.
    init(pooling runs: [Values]) {
        usable = runs.flatMap(\.usable)
        refused = runs.flatMap(\.refused)
    }

    /// The values of the boots of equal index that have one on both sides, in the order of their indices.
    static func paired(of id: String, before: ComparedRun?, after: ComparedRun) -> (Values, Values) {
        var (old, new) = (Values(of: id, in: nil), Values(of: id, in: nil))
        for pair in ComparedRun.pairs(before, after) {
            guard let first = pair.before.samples[id], let second = pair.after.samples[id] else { continue }
            old.add(first, of: pair.before.index)
            new.add(second, of: pair.after.index)
        }
        return (old, new)
    }

    private mutating func add(_ value: Double, of boot: Int) {
        // Nothing that a boot yields is negative, and beyond 1e300 differences overflow.
        if value >= 0, value <= 1e300 {
            usable.append(value)
        } else {
            refused.append((boot, value))
        }
    }
}
