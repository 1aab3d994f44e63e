/// What each function of a guest executed in one exact boot, by itself and with all that it called, for each of
/// its callers; and how far boots that differ in layout alone move that.
///
/// Small enough to be kept with a baseline, where whole stacks are not: a Linux boot has some 3,000 functions.
public struct GuestCallGraph: Sendable, Hashable {
    /// A function's figures, in instructions.
    public struct Function: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// What it executed itself.
        public var own: Double
        /// What it executed with all that it called, recursion counted once.
        public var total: Double
        /// How `own` differs between layouts.
        public var ownSpread: LayoutSpread
        /// How `total` differs between layouts.
        public var totalSpread: LayoutSpread

        /// A function's figures.
        public init(
            name: String, own: Double, total: Double, ownSpread: LayoutSpread = LayoutSpread(),
            totalSpread: LayoutSpread = LayoutSpread()
        ) {
            self.name = name
            self.own = own
            self.total = total
            self.ownSpread = ownSpread
            self.totalSpread = totalSpread
        }
    }

    /// A function and one of its callers.
    public struct Call: Sendable, Hashable {
        /// The caller's place among the functions.
        public var caller: Int
        /// The callee's place among the functions.
        public var callee: Int
        /// What the callee executed for this caller, with all that it called, in instructions.
        public var weight: Double

        /// A function and one of its callers.
        public init(caller: Int, callee: Int, weight: Double) {
            self.caller = caller
            self.callee = callee
            self.weight = weight
        }
    }

    /// What the whole boot executed, in instructions.
    public var total: Double
    /// How many boots with another layout the spreads are taken from, beside the boot itself.
    public var controls: Int
    /// How many functions moved by themselves in one single layout: where there are such, the next layout will move some
    /// that none has moved yet (Good, 1953, expects that number over the number of layouts).
    public var movedOnce: Int
    /// What a function or a call that was left out weighs at most, in instructions; 0 where none was.
    public var leftOut: Double
    /// The functions, in no particular order, each name once.
    public var functions: [Function]
    /// Who called them.
    public var calls: [Call]

    /// A call graph.
    public init(
        total: Double, controls: Int = 0, movedOnce: Int = 0, leftOut: Double = 0,
        functions: [Function] = [], calls: [Call] = []
    ) {
        self.total = total
        self.controls = controls
        self.movedOnce = movedOnce
        self.leftOut = leftOut
        self.functions = functions
        self.calls = calls
    }

    /// Takes spreads from boots of the same images in other layouts.
    public mutating func takeSpreads(from others: [GuestCallGraph]) {
        var places: [String: Int] = [:]
        for (place, function) in functions.enumerated() { places[function.name] = place }
        var own = functions.map { [$0.own] }
        var total = functions.map { [$0.total] }
        for other in others {
            for function in other.functions {
                if places[function.name] == nil {
                    places[function.name] = functions.count
                    functions.append(Function(name: function.name, own: 0, total: 0))
                    own.append([0])
                    total.append([0])
                }
                guard let place = places[function.name] else { continue }
                own[place].append(function.own)
                total[place].append(function.total)
            }
        }
        movedOnce = 0
        for place in functions.indices {
            // A boot in which a function never ran is a boot in which it weighs nothing.
            let missing = [Double](repeating: 0, count: max(others.count + 1 - own[place].count, 0))
            let layouts = own[place] + missing
            if Self.isMovedOnce(layouts) { movedOnce += 1 }
            functions[place].ownSpread = LayoutSpread(of: layouts)
            functions[place].totalSpread = LayoutSpread(of: total[place] + missing)
        }
        controls = others.count
    }

    /// Whether all of some numbers but one are the same.
    private static func isMovedOnce(_ numbers: [Double]) -> Bool {
        let inOrder = numbers.sorted()
        guard let least = inOrder.first, let most = inOrder.last, least != most else { return false }
        return inOrder.dropLast().last == least || inOrder.dropFirst().first == most
    }

    /// The graph without its lightest functions and calls, whose figures are then unknown.
    /// - Parameter weight: what stays weighs as much, or moves as much between controls.
    public func without(lighterThan weight: Double) -> GuestCallGraph {
        let kept = functions.indices.filter {
            functions[$0].total >= weight || functions[$0].totalSpread.deviation >= weight
        }
        let places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
        return GuestCallGraph(
            total: total, controls: controls, movedOnce: movedOnce, leftOut: max(leftOut, weight),
            functions: kept.map { functions[$0] },
            calls: calls.compactMap { call in
                guard call.weight >= weight, let caller = places[call.caller],
                    let callee = places[call.callee]
                else { return nil }
                return Call(caller: caller, callee: callee, weight: call.weight)
            })
    }
}

extension GuestCallGraph: Codable {
    /// Columns, since thousands of functions with their properties' names would be mostly names.
    private enum CodingKeys: String, CodingKey {
        case total, controls, movedOnce, leftOut, names, own, totals, callers, callees, weights
        case ownDeviations, ownOffsets, totalDeviations, totalOffsets
    }

    /// Writes the columns.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(total, forKey: .total)
        try container.encode(controls, forKey: .controls)
        try container.encode(movedOnce, forKey: .movedOnce)
        try container.encode(leftOut, forKey: .leftOut)
        try container.encode(functions.map(\.name), forKey: .names)
        try container.encode(functions.map(\.own), forKey: .own)
        try container.encode(functions.map(\.total), forKey: .totals)
        try container.encode(functions.map(\.ownSpread.deviation), forKey: .ownDeviations)
        try container.encode(functions.map(\.ownSpread.offset), forKey: .ownOffsets)
        try container.encode(functions.map(\.totalSpread.deviation), forKey: .totalDeviations)
        try container.encode(functions.map(\.totalSpread.offset), forKey: .totalOffsets)
        try container.encode(calls.map(\.caller), forKey: .callers)
        try container.encode(calls.map(\.callee), forKey: .callees)
        try container.encode(calls.map(\.weight), forKey: .weights)
    }

    /// Reads the columns.
    /// - Throws: `DecodingError` where they do not fit together.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let names = try container.decode([String].self, forKey: .names)
        func numbers(_ key: CodingKeys, _ count: Int) throws -> [Double] {
            let numbers = try container.decode([Double].self, forKey: key)
            guard numbers.count == count, numbers.allSatisfy({ $0 >= 0 && $0 <= 1e18 }) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "has not one number for each name")
            }
            return numbers
        }
        let (own, totals) = (try numbers(.own, names.count), try numbers(.totals, names.count))
        func spreads(_ deviations: CodingKeys, _ offsets: CodingKeys) throws -> [LayoutSpread] {
            zip(try numbers(deviations, names.count), try numbers(offsets, names.count)).map {
                LayoutSpread(deviation: $0, offset: $1)
            }
        }
        let ownSpreads = try spreads(.ownDeviations, .ownOffsets)
        let totalSpreads = try spreads(.totalDeviations, .totalOffsets)
        let callers = try container.decode([Int].self, forKey: .callers)
        let callees = try container.decode([Int].self, forKey: .callees)
        let weights = try numbers(.weights, callers.count)
        guard callees.count == callers.count, (callers + callees).allSatisfy(names.indices.contains),
            Set(names).count == names.count
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .callees, in: container, debugDescription: "names functions that are not there")
        }
        self.init(
            total: try container.decode(Double.self, forKey: .total),
            controls: try container.decode(Int.self, forKey: .controls),
            movedOnce: try container.decode(Int.self, forKey: .movedOnce),
            leftOut: try container.decode(Double.self, forKey: .leftOut),
            functions: names.indices.map { place in
                Function(
                    name: names[place], own: own[place], total: totals[place], ownSpread: ownSpreads[place],
                    totalSpread: totalSpreads[place])
            },
            calls: callers.indices.map { place in
                Call(caller: callers[place], callee: callees[place], weight: weights[place])
            })
    }
}
