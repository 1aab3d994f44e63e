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
        /// The most by which any two controls differ in `own`; 0 without controls.
        public var ownRange: Double
        /// The most by which any two controls differ in `total`; 0 without controls.
        public var totalRange: Double

        /// A function's figures.
        public init(
            name: String, own: Double, total: Double, ownRange: Double = 0, totalRange: Double = 0
        ) {
            self.name = name
            self.own = own
            self.total = total
            self.ownRange = ownRange
            self.totalRange = totalRange
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
    /// How many boots with another layout the ranges are taken from, beside the boot itself.
    public var controls: Int
    /// What a function or a call that was left out weighs at most, in instructions; 0 where none was.
    public var leftOut: Double
    /// The functions, in no particular order, each name once.
    public var functions: [Function]
    /// Who called them.
    public var calls: [Call]

    /// A call graph.
    public init(
        total: Double, controls: Int = 0, leftOut: Double = 0, functions: [Function] = [], calls: [Call] = []
    ) {
        self.total = total
        self.controls = controls
        self.leftOut = leftOut
        self.functions = functions
        self.calls = calls
    }

    /// Takes ranges from boots of the same images in other layouts.
    public mutating func takeRanges(from others: [GuestCallGraph]) {
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
        for place in functions.indices {
            // A boot in which a function never ran is a boot in which it weighs nothing.
            let isEverywhere = own[place].count == others.count + 1
            func range(_ values: [Double]) -> Double {
                let values = isEverywhere ? values : values + [0]
                return (values.max() ?? 0) - (values.min() ?? 0)
            }
            functions[place].ownRange = range(own[place])
            functions[place].totalRange = range(total[place])
        }
        controls = others.count
    }

    /// The graph without its lightest functions and calls, whose figures are then unknown.
    /// - Parameter weight: what stays weighs as much, or moves as much between controls.
    public func without(lighterThan weight: Double) -> GuestCallGraph {
        let kept = functions.indices.filter {
            functions[$0].total >= weight || functions[$0].totalRange >= weight
        }
        let places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
        return GuestCallGraph(
            total: total, controls: controls, leftOut: max(leftOut, weight),
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
        case total, controls, leftOut, names, own, totals, ownRanges, totalRanges, callers, callees, weights
    }

    /// Writes the columns.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(total, forKey: .total)
        try container.encode(controls, forKey: .controls)
        try container.encode(leftOut, forKey: .leftOut)
        try container.encode(functions.map(\.name), forKey: .names)
        try container.encode(functions.map(\.own), forKey: .own)
        try container.encode(functions.map(\.total), forKey: .totals)
        try container.encode(functions.map(\.ownRange), forKey: .ownRanges)
        try container.encode(functions.map(\.totalRange), forKey: .totalRanges)
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
        let (ownRanges, totalRanges) = (
            try numbers(.ownRanges, names.count), try numbers(.totalRanges, names.count)
        )
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
            leftOut: try container.decode(Double.self, forKey: .leftOut),
            functions: names.indices.map { place in
                Function(
                    name: names[place], own: own[place], total: totals[place], ownRange: ownRanges[place],
                    totalRange: totalRanges[place])
            },
            calls: callers.indices.map { place in
                Call(caller: callers[place], callee: callees[place], weight: weights[place])
            })
    }
}
