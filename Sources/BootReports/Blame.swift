import BootModel
import BootProfiles

extension Comparison {
    /// Whether the guests' instructions were counted in exact boots.
    var isExact: Bool {
        results.contains { $0.metric.isOfTheGuest && $0.metric.determinism == .exact }
    }

    /// Whether the guests' instructions were counted in ways that do not compare, such as by two QEMUs.
    var cannotCompareGuests: Bool {
        results.contains { $0.metric.id == Metric.guestInstructions.id && $0.verdict == .incomparable }
    }

    /// The comparison with the functions that changed most, from the profiles of both sides.
    ///
    /// Exact boots' are compared by call graph, against what their controls show that layout alone moves.
    public func naming(before: ProfiledSide?, after: ProfiledSide) -> Comparison {
        var comparison = self
        // What cannot be compared has moved nowhere.
        if cannotCompareGuests { return comparison.addingSampledFunctions(before: before, after: after) }
        if isExact, let old = before?.callGraph, let new = after.callGraph {
            let differences = GuestDifferences(before: old, after: new)
            comparison.guest = differences.summary
            comparison.functions += Self.named(differences.functions)
            // Where the whole is a change and no function for itself, those that moved most are at least a beginning.
            if differences.functions.isEmpty, !(instructions.map(Self.isWithinFloor) ?? true) {
                comparison.functions += Self.named(differences.suspects)
            }
        } else {
            comparison.functions += Self.named(
                FunctionDifferences.top(
                    before: before?.guest ?? [], after: after.guest,
                    count: Self.mostFunctions + Self.pools.count, origin: .guest))
        }
        return comparison.addingSampledFunctions(before: before, after: after)
    }

    private func addingSampledFunctions(before: ProfiledSide?, after: ProfiledSide) -> Comparison {
        var comparison = self
        for origin in [FunctionChange.Origin.guestSamples, .host] {
            comparison.functions += FunctionDifferences.top(
                before: before?[origin] ?? [], after: after[origin], count: Self.mostFunctions, origin: origin
            )
        }
        return comparison
    }

    /// The first functions that have a name: where stacks were pooled to bound a profile, no function is at fault.
    private static func named(_ changes: [FunctionChange]) -> ArraySlice<FunctionChange> {
        changes.filter { !pools.contains($0.name) }.prefix(mostFunctions)
    }

    private static let pools: Set = ["[small contexts]", "[other contexts]"]
    /// The most functions of one origin that are named.
    private static let mostFunctions = 10
}

extension ProfiledSide {
    /// The guest's functions as they were kept, or from its stacks.
    var callGraph: GuestCallGraph? {
        functions ?? (guest.count == 1 ? guest.first.map { GuestCallGraph($0) } : nil)
    }
}

extension Comparison {
    /// Which functions a change of exact counts is in, in one line; nil where there is none, or nothing to name:
    /// `+1.9 M instructions, +0.13 %: crc32_body +1.7 M, called from unpack_to_rootfs`.
    ///
    /// At most three are named, and none with less than a twentieth of the largest part. Where the whole change is
    /// within what layout alone can make, none is named that did not move further than that by itself. Where no function
    /// moved further than layout can move it, and the whole did, those that moved most are named as that.
    public var blame: String? {
        guard let result = instructions, let before = result.medianBefore, let after = result.medianAfter,
            before != after, let guest
        else { return nil }
        let share = result.change.map { ", \(Quantity.percent($0.estimate))" } ?? ""
        let change = "\(Wording.amount(after - before)) instructions\(share)"
        let isWithin = Self.isWithinFloor(result)
        let parts = functions.filter { $0.origin == .guest }.prefix(3).map { ($0, Self.part($0).amount) }
        let least = max((parts.map { abs($0.1) }.max() ?? 0) / 20, isWithin ? result.floor ?? 0 : 0)
        let named = parts.filter { abs($0.1) >= least && $0.1 != 0 }.map { Self.fault($0.0) }
        let names = named.joined(separator: "; ")
        if !names.isEmpty, guest.changed > 0 { return "\(change): \(names)" }
        guard guest.controls > 0 else { return nil }
        if isWithin { return "\(change): no more than layout alone moves" }
        let none =
            "\(change): no function moved further than layout alone may (\(Wording.controls(guest.controls)))"
        return none + (names.isEmpty ? "" : "; most moved \(names)")
    }

    /// Whether layout alone may have made the whole change.
    private static func isWithinFloor(_ result: MetricComparison) -> Bool {
        guard let before = result.medianBefore, let after = result.medianAfter, let floor = result.floor
        else { return false }
        return abs(after - before) <= floor
    }

    /// A function's part in a change: its own, or that with all that it called where that is more than twice as much.
    private static func part(_ change: FunctionChange) -> (amount: Double, isOwn: Bool) {
        let basis = change.basis ?? 0
        let own = (change.selfAfter - change.selfBefore) * basis
        let total = (change.totalAfter - change.totalBefore) * basis
        let isOwn = abs(own) * 2 >= abs(total)
        return (isOwn ? own : total, isOwn)
    }

    private static func fault(_ change: FunctionChange) -> String {
        let (value, isOwn) = part(change)
        let amount = Wording.amount(value) + (isOwn ? "" : " with what it calls")
        let caller = Wording.caller(change).map { ", called from \($0)" } ?? ""
        return "\(Wording.name(change)) \(amount)\(caller)"
    }

    /// The numbers that belong to an exact comparison, in one line: what the same images differ by when they are
    /// booted again, what layout alone moves, the change. Nil where the comparison is not exact.
    public var exactness: String? {
        guard let result = instructions, let before = result.medianBefore, let after = result.medianAfter
        else { return nil }
        let value = { (number: Double) in Quantity.exactText(number) }
        var parts = [
            Wording.spread(result).map { "the same images again \(value($0))" }
                ?? "the same images were not booted again",
            Wording.floor(result).map { "layout alone up to \($0)" }
                ?? "what layout alone moves is unknown (--controls 8)",
            "the change \(after < before ? "" : "+")\(value(after - before))",
        ]
        if let guest {
            parts.append("\(value(guest.gross)) moved between functions in all")
            let within = ", \(value(Double(guest.within))) moved no further than layout moves them"
            let changed = "\(value(Double(guest.changed))) functions changed"
            parts.append(changed + (guest.controls > 0 ? within : ""))
        }
        return "Instructions: \(parts.joined(separator: "; "))."
    }

    /// The exact count of a whole boot's instructions; nil where the two sides' cannot be compared.
    private var instructions: MetricComparison? {
        results.first {
            $0.metric.id == Metric.guestInstructions.id && $0.metric.determinism == .exact
                && $0.verdict != .incomparable
        }
    }

    /// What reports say below the reason.
    var exactLines: [String] { [blame.map { $0 + "." }, exactness].compactMap { $0 } }
}
