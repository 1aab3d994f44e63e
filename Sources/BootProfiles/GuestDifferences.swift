import BootModel
import BootStatistics

/// Compares two guests' call graphs, function by function, against what layout alone moves.
///
/// Each function is compared twice, by itself and with what it calls, by Student's t between the layouts of both sides
/// (`PooledTest`); of all that are called changed for no reason but layout, Benjamini and Hochberg's procedure (1995)
/// keeps the expected share to `falseShare`. Most functions do not move in a few controls, and some of these move in
/// the next, wherever some moved in one layout alone: then the mean variance of those that moved is added to each
/// function's own, as Tusher, Tibshirani and Chu (2001) add a constant to the spread of each gene.
public struct GuestDifferences: Sendable, Hashable {
    /// What it comes to.
    public var summary: GuestDifference
    /// The functions that changed, the one most at fault first; those within their floor are left out, and those that
    /// only call what changed.
    public var functions: [FunctionChange]
    /// Where controls are too few to call any function changed: the functions that moved most, three at the most.
    public var suspects: [FunctionChange]
    /// Of the functions that are called changed, the share for which layout alone may be expected to be the reason.
    public static let falseShare = 0.05

    /// Compares two call graphs.
    ///
    /// A function's fault is what changed in it and not in one of the functions that it calls: its own change, or
    /// what of its whole change no single callee accounts for. So a chain of callers is not named before the
    /// function at its end, and a function whose callees all changed a little is named before them.
    public init(before: GuestCallGraph, after: GuestCallGraph) {
        var moves = Self.moves(before, after)
        Self.setFloors(of: &moves, before: before, after: after)
        Self.findFaults(in: &moves, before: before, after: after)
        let moved = moves.filter { $0.own != 0 || $0.total != 0 }
        let changed = moved.filter(\.isBeyond).sorted(by: Self.isMoreAtFault)
        let basis = before.total
        summary = GuestDifference(
            net: after.total - before.total, gross: moved.reduce(0) { $0 + abs($1.own) },
            changed: changed.count, within: moved.count - changed.count,
            controls: max(before.controls, after.controls))
        // Who only passes on what its callees changed is counted, and not named.
        functions = basis > 0 ? changed.filter { $0.fault > 0 }.map { $0.change(basis: basis) } : []
        suspects = []
        guard basis > 0, changed.isEmpty, !moved.isEmpty else { return }
        Self.findFaults(in: &moves, before: before, after: after, beyondFloors: false)
        let suspected = moves.filter { $0.fault > 0 }.sorted(by: Self.isMoreAtFault)
        suspects = suspected.prefix(3).map { $0.change(basis: basis) }
    }

    /// One function on both sides.
    private struct Move {
        var name: String
        var old = (own: 0.0, total: 0.0)
        var new = (own: 0.0, total: 0.0)
        var ownSpreads = Spreads()
        var totalSpreads = Spreads()
        /// What it may have weighed on a side that left it out.
        var unknown = 0.0
        var ownFloor = 0.0
        var totalFloor = 0.0
        var fault = 0.0
        var caller: String?

        var own: Double { new.own - old.own }
        var total: Double { new.total - old.total }
        var isBeyond: Bool { abs(own) > ownFloor || abs(total) > totalFloor }

        func change(basis: Double) -> FunctionChange {
            FunctionChange(
                name: name, origin: .guest, basis: basis, selfBefore: old.own / basis,
                selfAfter: new.own / basis, totalBefore: old.total / basis, totalAfter: new.total / basis,
                caller: caller, selfFloor: ownFloor / basis, totalFloor: totalFloor / basis)
        }
    }

    private static func isMoreAtFault(_ left: Move, _ right: Move) -> Bool {
        if left.fault != right.fault { return left.fault > right.fault }
        if abs(left.total) != abs(right.total) { return abs(left.total) > abs(right.total) }
        return ByteOrder.stringsPrecede(left.name, right.name)
    }

    /// How one of a function's numbers differs between the layouts of each side.
    private struct Spreads {
        var before = LayoutSpread()
        var after = LayoutSpread()

        /// How far the two boots themselves lie from the means of their layouts.
        var offset: Double { before.offset + after.offset }
    }

    private static func moves(_ before: GuestCallGraph, _ after: GuestCallGraph) -> [Move] {
        var moves: [String: Move] = [:]
        for function in before.functions {
            var move = Move(name: function.name)
            move.old = (function.own, function.total)
            move.ownSpreads.before = function.ownSpread
            move.totalSpreads.before = function.totalSpread
            moves[function.name] = move
        }
        for function in after.functions {
            var move = moves[function.name] ?? Move(name: function.name)
            move.new = (function.own, function.total)
            move.ownSpreads.after = function.ownSpread
            move.totalSpreads.after = function.totalSpread
            moves[function.name] = move
        }
        // A function that a baseline left out may have weighed anything up to its limit there.
        for (name, move) in moves {
            moves[name]?.unknown =
                (move.old.total == 0 ? before.leftOut : 0) + (move.new.total == 0 ? after.leftOut : 0)
        }
        return moves.values.sorted { ByteOrder.stringsPrecede($0.name, $1.name) }
    }

    /// Sets what each function has to pass, by itself and with what it calls, to be called changed.
    private static func setFloors(
        of moves: inout [Move], before: GuestCallGraph, after: GuestCallGraph
    ) {
        for place in moves.indices {
            let move = moves[place]
            moves[place].ownFloor = move.ownSpreads.offset + move.unknown
            moves[place].totalFloor = move.totalSpreads.offset + move.unknown
        }
        guard let test = PooledTest(before.controls + 1, after.controls + 1) else { return }
        let moveAnew = before.movedOnce + after.movedOnce > 0
        let own = deviations(moves.map(\.ownSpreads), by: test, moveAnew: moveAnew)
        let total = deviations(moves.map(\.totalSpreads), by: test, moveAnew: moveAnew)
        let pValues =
            zip(moves, own).map { test.pValue(max(abs($0.own) - $0.ownFloor, 0), deviation: $1) }
            + zip(moves, total).map { test.pValue(max(abs($0.total) - $0.totalFloor, 0), deviation: $1) }
        guard let corrected = try? PValues.benjaminiHochberg(pValues) else { return }
        // The first of so many has to be as rare as this; where more are, the next may be less so.
        let found = max(corrected.count { $0 <= falseShare }, 1)
        let margin = test.margin(level: falseShare * Double(found) / Double(max(pValues.count, 1)))
        for place in moves.indices {
            moves[place].ownFloor += margin * own[place]
            moves[place].totalFloor += margin * total[place]
        }
    }

    /// Each function's standard deviation between layouts.
    ///
    /// `moveAnew`: whether functions that have not moved yet may, so that all have to allow for what moving ones do on
    /// the average.
    private static func deviations(
        _ spreads: [Spreads], by test: PooledTest, moveAnew: Bool
    ) -> [Double] {
        let variances = spreads.map {
            let deviation = test.deviation($0.before.deviation, $0.after.deviation)
            return deviation * deviation
        }
        let moving = variances.filter { $0 > 0 }
        let common = moveAnew ? moving.reduce(0, +) / Double(max(moving.count, 1)) : 0
        return variances.map { ($0 + common).squareRoot() }
    }

    /// Finds each function's fault, and the caller for whom it changed most.
    private static func findFaults(
        in moves: inout [Move], before: GuestCallGraph, after: GuestCallGraph, beyondFloors: Bool = true
    ) {
        struct Edge: Hashable {
            var caller: Int
            var callee: Int
        }
        let places = Dictionary(uniqueKeysWithValues: moves.enumerated().map { ($1.name, $0) })
        var growth: [Edge: Double] = [:]
        for (sign, graph) in [(-1.0, before), (1.0, after)] {
            let own = graph.functions.map { places[$0.name] }
            for call in graph.calls {
                guard let caller = own[call.caller], let callee = own[call.callee] else { continue }
                growth[Edge(caller: caller, callee: callee), default: 0] += sign * call.weight
            }
        }
        // What of a function's change one callee accounts for: the most, in the change's direction.
        var passedOn = [Double](repeating: 0, count: moves.count)
        var mostFrom = [(caller: Int, growth: Double)?](repeating: nil, count: moves.count)
        for (edge, change) in growth where edge.caller != edge.callee {
            let direction: Double = moves[edge.caller].total < 0 ? -1 : 1
            passedOn[edge.caller] = max(passedOn[edge.caller], direction * change)
            let towards: Double = moves[edge.callee].total < 0 ? -1 : 1
            let candidate = (caller: edge.caller, growth: towards * change)
            let known = mostFrom[edge.callee]
            // The name decides between equals, so that a dictionary's order never shows.
            let isMore =
                known.map {
                    ($0.growth, moves[candidate.caller].name) < (candidate.growth, moves[$0.caller].name)
                }
                ?? true
            if isMore { mostFrom[edge.callee] = candidate }
        }
        for place in moves.indices {
            let move = moves[place]
            let rest = min(abs(move.total), max(0, abs(move.total) - passedOn[place]))
            let (ownFloor, totalFloor) = beyondFloors ? (move.ownFloor, move.totalFloor) : (0, 0)
            moves[place].fault = max(abs(move.own) - ownFloor, rest - totalFloor, 0)
            if let from = mostFrom[place], from.growth > 0 { moves[place].caller = moves[from.caller].name }
        }
    }
}
