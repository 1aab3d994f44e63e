import BootModel

/// Compares two guests' call graphs, function by function, against what layout alone moves.
public struct GuestDifferences: Sendable, Hashable {
    /// What it comes to.
    public var summary: GuestDifference
    /// The functions that changed, the one most at fault first; those within the controls' ranges are left out, and
    /// those that only call what changed.
    public var functions: [FunctionChange]

    /// Compares two call graphs.
    ///
    /// A function's fault is what changed in it and not in one of the functions that it calls: its own change, or
    /// what of its whole change no single callee accounts for. So a chain of callers is not named before the
    /// function at its end, and a function whose callees all changed a little is named before them.
    public init(before: GuestCallGraph, after: GuestCallGraph) {
        var moves = Self.moves(before, after)
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
    }

    /// One function on both sides.
    private struct Move {
        var name: String
        var old = (own: 0.0, total: 0.0)
        var new = (own: 0.0, total: 0.0)
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

    /// What nine in ten functions stay within from control to control, itself and with what they call.
    ///
    /// A few controls do not move every function that layout can move. Where they move most of them, the others are
    /// not taken for unmovable; where they move few, as in a small kernel, this is nothing.
    private static func commonRange(_ graph: GuestCallGraph) -> (own: Double, total: Double) {
        guard graph.controls > 0, !graph.functions.isEmpty else { return (0, 0) }
        let place = (graph.functions.count - 1) * 9 / 10
        return (
            graph.functions.map(\.ownRange).sorted()[place], graph.functions.map(\.totalRange).sorted()[place]
        )
    }

    private static func moves(_ before: GuestCallGraph, _ after: GuestCallGraph) -> [Move] {
        var moves: [String: Move] = [:]
        for (isAfter, graph) in [(false, before), (true, after)] {
            let common = Self.commonRange(graph)
            for function in graph.functions {
                var move = moves[function.name] ?? Move(name: function.name)
                if isAfter {
                    move.new = (function.own, function.total)
                } else {
                    move.old = (function.own, function.total)
                }
                move.ownFloor = max(
                    move.ownFloor, GuestDifference.margin * max(function.ownRange, common.own))
                move.totalFloor = max(
                    move.totalFloor, GuestDifference.margin * max(function.totalRange, common.total))
                moves[function.name] = move
            }
        }
        // A function that a baseline left out may have weighed anything up to its limit there.
        for (graph, isMissing) in [
            (before, { (move: Move) in move.old.total == 0 }), (after, { $0.new.total == 0 }),
        ]
        where graph.leftOut > 0 {
            for (name, move) in moves where isMissing(move) {
                moves[name]?.ownFloor = max(move.ownFloor, graph.leftOut)
                moves[name]?.totalFloor = max(move.totalFloor, graph.leftOut)
            }
        }
        return moves.values.sorted { ByteOrder.stringsPrecede($0.name, $1.name) }
    }

    /// Finds each function's fault, and the caller for whom it changed most.
    private static func findFaults(
        in moves: inout [Move], before: GuestCallGraph, after: GuestCallGraph
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
            moves[place].fault = max(abs(move.own) - move.ownFloor, rest - move.totalFloor, 0)
            if let from = mostFrom[place], from.growth > 0 { moves[place].caller = moves[from.caller].name }
        }
    }
}
