import BootModel
import BootStatistics

/// Whether the host was disturbed so much, or so differently on both sides, that what depends on it says nothing.
///
/// Times, cycles and what else depends on the host are not judged then; instructions, page faults and memory
/// are. The rule, by what is recorded with each boot: the medians of the two sides must not differ by more than a
/// limit, and in runs that were taken apart the second half of a side must not differ by more than twice the
/// limit from its first; in pairs, what changes over time changes both sides.
enum Disturbance {
    private struct Limit {
        var name: String
        var value: @Sendable (Conditions) -> Double?
        var most: Double
        var isRelative = false
    }

    /// The share of the processors that others used: 0.15; stolen: 0.05; waiting for memory: 0.05; frequency:
    /// a tenth; throttling: half of a side's boots.
    private static let limits = [
        Limit(name: "what else ran on the host", value: { $0.others }, most: 0.15),
        Limit(name: "the time that the hypervisor took away", value: { $0.stolen }, most: 0.05),
        Limit(name: "the time lost for want of memory", value: { $0.memoryPressure }, most: 0.05),
        Limit(name: "the processors' frequency", value: { $0.frequency }, most: 0.1, isRelative: true),
        Limit(
            name: "throttling for heat", value: { $0.throttled.map { $0 > 0 ? 1 : 0 } }, most: 0.5),
    ]
    /// The fewest boots with conditions by which a side is judged.
    static let fewestBoots = 3

    /// Why the metric cannot be judged; nil where it can, or where the boots have no conditions.
    static func objection(
        to metric: Metric, before: ComparedRun?, after: ComparedRun, design: Procedure.Design
    ) -> String? {
        guard metric.determinism == .statistical, !Self.isOfTheBoot(metric), let before else {
            return nil
        }
        var isPaired = false
        if case .pairs = design { isPaired = true }
        for limit in limits {
            let sides = [values(limit, before), values(limit, after)]
            guard sides.allSatisfy({ $0.count >= fewestBoots }) else { continue }
            if let difference = difference(sides[0], sides[1], limit), difference > limit.most {
                return sentence(limit, "between the two sides", difference)
            }
            guard !isPaired else { continue }
            for (side, name) in zip(sides, ["before", "after"]) where side.count >= 2 * fewestBoots {
                let halves = (
                    Array(side.prefix(side.count / 2)), Array(side.suffix(side.count - side.count / 2))
                )
                if let difference = difference(halves.0, halves.1, limit), difference > 2 * limit.most {
                    return sentence(limit, "during the run \(name)", difference)
                }
            }
        }
        return nil
    }

    /// Whether the boot itself decides the number, whatever else the host does.
    private static func isOfTheBoot(_ metric: Metric) -> Bool {
        let counts = [Metric.hostInstructions, .pageFaults, .peakMemory].map(\.name)
        return metric.name.hasPrefix("guest-") || counts.contains(metric.name)
    }

    private static func values(_ limit: Limit, _ side: ComparedRun) -> [Double] {
        side.judgedBoots.compactMap { $0.conditions.flatMap(limit.value) }.filter(\.isFinite)
    }

    private static func difference(_ old: [Double], _ new: [Double], _ limit: Limit) -> Double? {
        guard let before = try? Description.median(old), let after = try? Description.median(new) else {
            return nil
        }
        guard limit.isRelative else { return (after - before).magnitude }
        return before > 0 ? (after / before - 1).magnitude : nil
    }

    private static func sentence(_ limit: Limit, _ place: String, _ difference: Double) -> String {
        "The host was not the same: \(limit.name) changed by \(Quantity.share(difference)) \(place). "
            + "Quieten the host (bootmark doctor) and take both again, best in pairs with bootmark ab, or gate "
            + "on guest instructions, which do not depend on the host."
    }
}
