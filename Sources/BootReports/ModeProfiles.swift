import BootModel
import BootProfiles
import BootStore
import FlameGraphs
import Foundation

extension ComparisonFolder {
    /// Where the boots of a side take two ways: draws what the profiles of slow boots hold more than those of
    /// fast ones, as `modes-after-guest.svg`.
    /// - Returns: what a reader should know: which functions tell the ways apart.
    /// - Throws: `ProfileError` or `StoreError`.
    func drawModes(
        of comparison: Comparison, before: ProfiledSide?, after: ProfiledSide
    ) throws -> [String] {
        var notes: [String] = []
        for side in [BootFailure.Side.before, .after] {
            for origin in [FunctionChange.Origin.guest, .host] {
                // A picture of the last comparison would be taken for one of this.
                try? FileManager.default.removeItem(atPath: "\(path)/\(Self.picture(side, origin))")
            }
            let found = comparison.results.lazy.compactMap { result in
                result.spreads?.first { $0.side == side }?.modes.map { (result.metric, $0) }
            }.first
            guard let (metric, modes) = found, let profiled = side == .before ? before : after else {
                continue
            }
            for origin in [FunctionChange.Origin.guest, .host] {
                guard let ways = ProfiledWays(profiled, origin, metric: metric, modes: modes) else {
                    continue
                }
                notes.append(try draw(ways, of: metric, side, origin))
            }
        }
        return notes
    }

    /// The picture of a side's two ways.
    static func picture(_ side: BootFailure.Side, _ origin: FunctionChange.Origin) -> String {
        "modes-\(side.rawValue)-\(origin.rawValue).svg"
    }

    private func draw(
        _ ways: ProfiledWays, of metric: Metric, _ side: BootFailure.Side, _ origin: FunctionChange.Origin
    ) throws -> String {
        let place = "\(metric.id) \(side.rawValue)"
        guard !ways.fast.isEmpty, !ways.slow.isEmpty else {
            return
                "\(place): all \(ways.fast.count + ways.slow.count) boots with a \(origin.rawValue) profile took "
                + "the same way. Record more (--record-boots) to see both."
        }
        try AtomicFile.write(
            try DifferentialFlameGraph(before: ways.fast, after: ways.slow).svg(),
            to: "\(path)/\(Self.picture(side, origin))")
        let changes = FunctionDifferences.top(before: ways.fast, after: ways.slow, count: 3, origin: origin)
        let most = changes.first.map { abs($0.selfAfter - $0.selfBefore) } ?? 0
        let named = changes.filter { abs($0.selfAfter - $0.selfBefore) >= most / 20 }.map { change in
            "\(Wording.name(change)) (\(Quantity.percent(change.selfAfter - change.selfBefore)))"
        }
        return
            "\(place): \(ways.slow.count) slow and \(ways.fast.count) fast boots have a \(origin.rawValue) profile. "
            + "What changes most from fast to slow, as a share of the boot: \(named.joined(separator: ", ")). "
            + "\(Self.picture(side, origin)) shows all of it."
    }
}

/// The profiles of one side's boots, by the way that each boot took.
struct ProfiledWays {
    /// Those of boots that took the lower way.
    var fast: [Profile] = []
    /// Those of boots that took the upper way.
    var slow: [Profile] = []

    /// Tells profiled boots apart by the same metric, or by what their guests executed.
    ///
    /// A profiler slows boots, so they are not measured by the judged ones: the widest step between two of their
    /// own values splits them, where it is at least half as wide as that between the judged boots' modes. Else
    /// all took one way.
    /// - Returns: nil where no boot has a profile of its own, or a value.
    init?(
        _ side: ProfiledSide, _ origin: FunctionChange.Origin, metric: Metric, modes: BootSpread.Modes
    ) {
        let profiles = origin == .host ? side.host : side.guest
        let boots = origin == .host ? side.hostBoots : side.guestBoots
        guard profiles.count == boots.count, profiles.count >= 2, modes.lower > 0 else { return nil }
        let valued = zip(boots, profiles).compactMap { boot, profile in
            // A guest's profile counts all that it executes, and that is what a profiler does not change.
            (origin == .guest ? profile.total : boot.samples[metric.id]).map { (value: $0, profile: profile) }
        }.filter { $0.value > 0 && $0.value.isFinite }.sorted { $0.value < $1.value }
        guard valued.count >= 2 else { return nil }
        let steps = zip(valued, valued.dropFirst()).map { log($1.value / $0.value) }
        let widest = steps.indices.max { steps[$0] < steps[$1] } ?? 0
        if steps[widest] >= log(modes.upper / modes.lower) / 2 {
            fast = valued[...widest].map(\.profile)
            slow = valued[(widest + 1)...].map(\.profile)
        } else {
            fast = valued.map(\.profile)
        }
    }
}
