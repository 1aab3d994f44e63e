import BootProfiles

/// Which frames of a difference are coloured, and how strongly.
struct ChangeColouring {
    private enum Change {
        case none, grew, shrank, appeared, vanished
    }

    private let changes: [Change]
    private let strengths: [Double]
    private let doubts: [Double]?
    private let level: Double
    private let counts: (before: Int, after: Int)
    private let smallest: Double
    private let isPaired: Bool

    /// Judges the frames that show `nodes`; the first of them is the root, which never changes.
    init(
        tree: ComparedTree, nodes: [Int], profiles: (before: [Profile], after: [Profile]), level: Double,
        isPaired: Bool
    ) {
        self.level = level
        self.isPaired = isPaired
        let boots = (
            before: profiles.before.count { $0.total > 0 }, after: profiles.after.count { $0.total > 0 }
        )
        counts = boots
        if boots.before > 1, boots.after > 1 {
            var shares = tree.shares(of: nodes, before: profiles.before, after: profiles.after)
            // The root's share is 1 in every boot: no hypothesis.
            if !shares.isEmpty { shares[0] = [] }
            let rates = DiscoveryRates(shares, before: boots.before, after: boots.after, isPaired: isPaired)
            doubts = rates.rates
            smallest = rates.smallest
        } else {
            doubts = nil
            smallest = 1
        }
        var changes: [Change] = []
        for (index, node) in nodes.enumerated() {
            let isReal = doubts.map { $0[index] <= level } ?? true
            changes.append(index > 0 && isReal ? Self.change(tree.before[node], tree.after[node]) : .none)
        }
        self.changes = changes
        let sizes = nodes.map { abs(tree.after[$0] - tree.before[$0]) }
        let largest = zip(sizes, changes).map { $1 == .none ? 0 : $0 }.max() ?? 0
        strengths = sizes.map { largest > 0 ? min(1, $0 / largest).squareRoot() : 0 }
    }

    /// The colour of the frame at `index`.
    func colour(_ index: Int) -> Colour {
        let strength = strengths[index]
        switch changes[index] {
        case .none: return index == 0 ? Palette.all : Palette.unchanged
        case .grew: return Palette.unchanged.mixed(with: Palette.grown, 0.12 + 0.88 * strength)
        case .shrank: return Palette.unchanged.mixed(with: Palette.shrunk, 0.12 + 0.88 * strength)
        case .appeared: return Palette.unchanged.mixed(with: Palette.appeared, 0.3 + 0.7 * strength)
        case .vanished: return Palette.unchanged.mixed(with: Palette.vanished, 0.3 + 0.7 * strength)
        }
    }

    /// What stands for the colour of the frame at `index` where there are none.
    func mark(_ index: Int) -> String {
        switch changes[index] {
        case .none: ""
        case .grew: "+"
        case .shrank: "-"
        case .appeared: "new "
        case .vanished: "gone "
        }
    }

    /// What the test says of the frame at `index`.
    func facts(_ index: Int) -> [String] {
        guard let doubts, index > 0 else { return [] }
        guard doubts[index] < 1 else { return ["not significant"] }
        let doubt = Figures.probability(doubts[index])
        return doubts[index] <= level
            ? ["significant: false discovery rate \(doubt)"]
            : ["not significant: false discovery rate \(doubt)"]
    }

    /// What the colours mean.
    var legend: [Picture.Key] {
        [
            Picture.Key(colour: Palette.grown, meaning: "larger share after"),
            Picture.Key(colour: Palette.shrunk, meaning: "smaller share after"),
            Picture.Key(colour: Palette.appeared, meaning: "new"),
            Picture.Key(colour: Palette.vanished, meaning: "vanished"),
            Picture.Key(
                colour: Palette.unchanged, meaning: doubts == nil ? "unchanged" : "not significant"),
        ]
    }

    /// What was tested, in a sentence or two.
    var explanation: String {
        let boots = [counts.before, counts.after].map { Figures.counted($0, "boot") }
        let sides =
            isPaired
            ? Figures.counted(counts.before, "pair") + " of boots" : "\(boots[0]) before, \(boots[1]) after"
        guard doubts != nil else {
            return "\(sides): a test for significance takes two or more on each side, so none was made and "
                + "small changes may be noise."
        }
        let reach =
            smallest > level
            ? " So few \(isPaired ? "pairs" : "boots") cannot show significance: the smallest p-value that they can give is "
                + "\(Figures.probability(smallest))."
            : ""
        return
            "Coloured where significant: \(isPaired ? "signed-rank" : "rank") test over \(sides), false discovery rate at most "
            + "\(Figures.percent(level)) (Benjamini-Hochberg) over frames of \(Figures.percent(DiscoveryRates.leastTested)) "
            + "or more.\(reach)"
    }

    private static func change(_ before: Double, _ after: Double) -> Change {
        if before <= 0 { return after > 0 ? .appeared : .none }
        if after <= 0 { return .vanished }
        // Shares are sums of rounded quotients: what differs by less than that is equal.
        if abs(after - before) <= 1e-9 { return .none }
        return after > before ? .grew : .shrank
    }
}
