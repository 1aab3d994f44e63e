import BootProfiles

/// What is said of the frames of a difference beside their names.
struct DifferenceFacts: Sendable {
    private let tree: ComparedTree
    private let unit: String
    /// What a share of 1 amounts to on each side: the mean total of its profiles.
    private let scales: (before: Double, after: Double)

    init(_ tree: ComparedTree, _ difference: DifferentialFlameGraph) {
        self.tree = tree
        unit = Label.clean((difference.before + difference.after).first?.unit ?? "samples")
        let means = [difference.before, difference.after].map { profiles in
            ProfileScale.meanTotal(profiles.filter { $0.total > 0 }) ?? 0
        }
        scales = (means[0], difference.isAbsolute ? means[0] : means[1])
    }

    /// The change of `node` with all that it called, then of itself: a line each.
    func callAsFunction(_ node: Int) -> [String] {
        let total = (tree.before[node], tree.after[node])
        let own = (tree.ownBefore[node], tree.ownAfter[node])
        return [
            "before \(Figures.percent(total.0)), after \(Figures.percent(total.1)): "
                + Self.change(total.0, total.1),
            "before \(amount(total.0 * scales.before)), after \(amount(total.1 * scales.after))",
            "itself: before \(Figures.percent(own.0)), after \(Figures.percent(own.1))"
                + (own.0 == own.1 ? "" : ": " + Self.change(own.0, own.1)),
        ]
    }

    private func amount(_ weight: Double) -> String { Figures.amount(weight.rounded(), unit) }

    /// The change in points of all, and relative to what was there before.
    static func change(_ before: Double, _ after: Double) -> String {
        let points = "\(Figures.signed((after - before) * 100, 2)) points of all"
        if before <= 0 { return after > 0 ? "\(points), new" : "no change" }
        if after <= 0 { return "\(points), vanished" }
        return "\(points), \(Figures.signed((after / before - 1) * 100, 1)) % of itself"
    }
}
