import BootModel

extension Run {
    /// More than the run.json of ten thousand boots.
    static let largestFile = 64 << 20

    /// The run that the file at `path` holds, checked so that those who compute with it need not be wary.
    init(storedAt path: String) throws {
        let bytes = try BoundedFile.read(path, limit: Self.largestFile)
        try Self.checkSchema(bytes, path: path)
        self = try CanonicalJSON.decode(Run.self, from: bytes, path: path)
        try check(path: path)
    }

    /// Tells a format of the future from a broken file before anything else is read.
    private static func checkSchema(_ bytes: [UInt8], path: String) throws {
        struct Head: Decodable { var schema: Int }
        let schema = try CanonicalJSON.decode(Head.self, from: bytes, path: path).schema
        if schema > currentSchema {
            throw StoreError(
                .newerSchema, path: path, place: "schema",
                reason: "has format \(schema); this Bootmark reads formats up to \(currentSchema)",
                nextStep: "Use the newer Bootmark that wrote it, or take the run again.")
        }
        guard schema >= 1 else {
            throw invalid(path, "schema", "has format \(schema), which no Bootmark ever wrote")
        }
    }

    /// Makes sure of what the types alone do not say.
    func check(path: String) throws {
        if let problem = Scenario.problem(withName: scenario) {
            throw Self.invalid(path, "scenario", "names no scenario: \(problem)")
        }
        try checkOrder(of: plan.boots.map(\.index), in: "plan.boots", path: path)
        try checkOrder(of: boots.map(\.index), in: "boots", path: path)
        for (place, budget) in plan.budgets.enumerated()
        where !budget.tolerance.isFinite || budget.tolerance < 0 {
            throw Self.invalid(
                path, "plan.budgets[\(place)].tolerance", "has the tolerance \(budget.tolerance)")
        }
        var names: Set<String> = []
        for (place, metric) in metrics.enumerated() {
            guard !metric.name.isEmpty, names.insert(metric.id).inserted else {
                throw Self.invalid(
                    path, "metrics[\(place)]", "has a metric without a name, or one metric twice")
            }
        }
        for (place, boot) in boots.enumerated() { try check(boot, place: "boots[\(place)]", path: path) }
    }

    private func checkOrder(of indices: [Int], in place: String, path: String) throws {
        var last = 0
        for (position, index) in indices.enumerated() {
            guard index > last else {
                throw Self.invalid(
                    path, "\(place)[\(position)].index", "has boots out of order: \(index) after \(last)")
            }
            last = index
        }
    }

    private func check(_ boot: Boot, place: String, path: String) throws {
        guard boot.startedAt.isFinite else {
            throw Self.invalid(path, place + ".startedAt", "has a time that is no number")
        }
        for (name, value) in boot.samples.sorted(by: { $0.key < $1.key })
        where !value.isFinite || value < 0 {
            throw Self.invalid(
                path, "\(place).samples.\(name.printable)", "has the value \(value), which no metric yields")
        }
        var last = Nanoseconds.zero
        for (position, milestone) in boot.milestones.enumerated() {
            guard !milestone.name.isEmpty, milestone.elapsed >= last else {
                throw Self.invalid(
                    path, "\(place).milestones[\(position)]",
                    "has a milestone without a name, or before the one it follows")
            }
            last = milestone.elapsed
        }
    }

    private static func invalid(_ path: String, _ place: String, _ reason: String) -> StoreError {
        StoreError(
            .malformed, path: path, place: place, reason: reason,
            nextStep: "Restore the file, or take the run again.")
    }
}
