import BootModel
import BootProfiles

/// A call tree with its shares, one profile's or those of a difference, as a terminal shows it.
struct ExploredTree: Sendable {
    /// A line of the table of functions.
    struct Line: Sendable {
        var name: String
        /// The figures before the name, each line's as wide as the headings.
        var figures: String
        /// What the lines can be sorted by.
        var own: Double
        var total: Double
    }

    /// A frame's looks beside its name.
    struct Look: Sendable {
        var colour: Colour
        /// What stands for the colour where there are none; empty for nothing to say.
        var mark = ""
    }

    let title: String
    /// What all amounts to.
    let summary: String
    /// What the widths can show.
    let views: [String]
    /// The view that is shown first.
    let firstView: Int
    /// The share of every node with what lies under it, in each view.
    let shares: [[Double]]
    /// The names by frame, as they may be shown.
    let names: [String]
    /// What the figures of the lines mean.
    let headings: String
    let lines: [Line]
    /// What a reader should know.
    let notes: [String]

    private let profile: Profile
    private let children: CallTreeChildren
    private let looks: [Look?]
    private let facts: @Sendable (Int) -> [String]

    var parents: [Int32] { profile.tree.parents }

    /// The name of `node`, as it may be shown.
    func name(_ node: Int) -> String { node == 0 ? "all" : names[frame(node)] }

    /// The place of the frame of `node` among the names; `node` is not the root.
    func frame(_ node: Int) -> Int { profile.tree.frames[node].place }

    /// What is called by `node` and has a share of `least` or more in `view`, sorted by name.
    func callees(of node: Int, in view: Int, least: Double) -> [Int] {
        let frames = profile.tree.frames
        return children[Int32(node)].filter { shares[view][Int($0)] >= least && shares[view][Int($0)] > 0 }
            .sorted { profile.frames.precedes(frames[Int($0)], frames[Int($1)]) }
            .map { Int($0) }
    }

    func look(_ node: Int) -> Look {
        looks.isEmpty
            ? Look(colour: node == 0 ? Palette.all : Palette.colour(of: name(node)))
            : looks[node] ?? Look(colour: node == 0 ? Palette.all : Palette.unchanged)
    }

    func facts(_ node: Int) -> [String] { facts(node) }
}

extension ExploredTree {
    /// The tree of one profile.
    init(_ profile: Profile, title: String) {
        let total = profile.total
        let weights = profile.tree.totals()
        let shares = weights.map { total > 0 ? $0 / total : 0 }
        let own = profile.tree.weights
        let unit = Label.clean(profile.unit)
        self.title = Label.clean(title)
        summary = Figures.amount(total, unit)
        views = ["share"]
        firstView = 0
        self.shares = [[1] + shares.dropFirst()]
        names = Self.names(of: profile)
        headings = "      self  with callees"
        lines = profile.functions().map { function in
            let parts = [function.own, function.total].map { total > 0 ? $0 / total : 0 }
            return Line(
                name: Label.clean(function.name),
                figures: ScreenText.right(Figures.percent(parts[0]), columns: 10)
                    + ScreenText.right(Figures.percent(parts[1]), columns: 14),
                own: function.own, total: function.total)
        }
        notes = profile.notes.map { Label.clean($0) }
        self.profile = profile
        children = profile.tree.children()
        looks = []
        facts = { node in
            [
                "\(Figures.percent(shares[node])) of all (\(Figures.amount(weights[node], unit)))",
                "\(Figures.percent(total > 0 ? own[node] / total : 0)) in the function itself",
            ]
        }
    }

    /// The tree of a difference.
    init(_ difference: DifferentialFlameGraph) throws(ProfileError) {
        let tree = try ComparedTree(
            before: difference.before, after: difference.after, isAbsolute: difference.isAbsolute)
        // What is narrower than this shows in no terminal, unless it is zoomed into; it stays grey.
        let nodes = [0] + tree.larger.indices.dropFirst().filter { tree.larger[$0] >= 0.0001 }
        let colouring = ChangeColouring(
            tree: tree, nodes: nodes, profiles: (difference.before, difference.after),
            level: difference.level,
            isPaired: difference.isPaired)
        var looks = [Look?](repeating: nil, count: tree.larger.count)
        var places = [Int32](repeating: -1, count: tree.larger.count)
        for (place, node) in nodes.enumerated() {
            looks[node] = Look(colour: colouring.colour(place), mark: colouring.mark(place))
            places[node] = Int32(place)
        }
        let movers = MoverTable(of: difference)
        title =
            difference.options.title.map { Label.clean($0) }
            ?? "From \(Label.clean(difference.beforeLabel)) to \(Label.clean(difference.afterLabel))"
        summary = difference.totals(tree)
        views = DifferentialFlameGraph.views
        firstView = DifferentialFlameGraph.views.count - 1
        shares = [tree.before, tree.after, tree.larger].map { [1] + $0.dropFirst() }
        names = Self.names(of: tree.union)
        headings = MoverTable.headings
        lines = movers.movers.map { mover in
            let change = mover.change
            return Line(
                name: Label.clean(change.name), figures: movers.figures(mover),
                own: abs(change.selfAfter - change.selfBefore),
                total: abs(change.totalAfter - change.totalBefore))
        }
        notes = [difference.isExact ? DifferentialFlameGraph.exactly : colouring.explanation]
        profile = tree.union
        children = tree.union.tree.children()
        self.looks = looks
        let words = DifferenceFacts(tree, difference)
        let tested = places
        facts = { node in
            words(node) + (tested[node] >= 0 ? colouring.facts(Int(tested[node])) : [])
        }
    }

    private static func names(of profile: Profile) -> [String] {
        profile.frames.all.map { profile.frames.withBytes(of: $0) { Label.clean($0) } }
    }
}
