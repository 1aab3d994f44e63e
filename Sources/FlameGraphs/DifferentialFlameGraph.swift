import BootModel
import BootProfiles

/// What became of the stacks from one set of profiles to another, as a flame graph.
///
/// Every profile is scaled to its own total first, so recordings of different length or rate compare. Widths
/// can be those before, those after, or the larger of both, in which nothing is hidden: what vanished is there
/// too. A frame's colour comes from its change with all that it called, so callers of what changed show it.
public struct DifferentialFlameGraph: Sendable {
    /// How it is drawn.
    public var options: FlameGraphOptions
    /// What the side before is called.
    public var beforeLabel = "before"
    /// What the side after is called.
    public var afterLabel = "after"
    /// The rate of false discoveries up to which a change is coloured, where there are boots to test with.
    public var level = 0.05
    /// Whether both sides are measured by the mean total before, rather than each profile by its own: for
    /// guests' profiles, which count all that a boot executed.
    public var isAbsolute: Bool
    /// Whether the profiles were counted in exact boots, where every difference is real and none is tested.
    public var isExact = false

    /// Whether each boot after is the pair of the one before at its place, so that pairs are tested.
    public let isPaired: Bool

    let before: [Profile]
    let after: [Profile]

    /// The difference of `after` to `before`: one profile a side, or one for each boot.
    ///
    /// With two or more on each side, only changes that the boots' own spread does not explain are coloured.
    public init(before: [Profile], after: [Profile], options: FlameGraphOptions = FlameGraphOptions()) {
        self.before = before
        self.after = after
        self.options = options
        isPaired = false
        isAbsolute = (before + after).allSatisfy { $0.origin == .guest }
    }

    /// The difference of boots that were taken in pairs. A pair of which one side has no weight is left out.
    ///
    /// With two pairs or more, only changes that the pairs' own spread does not explain are coloured.
    public init(pairs: [ProfilePair], options: FlameGraphOptions = FlameGraphOptions()) {
        let pairs = pairs.filter(\.hasWeight)
        before = pairs.map(\.before)
        after = pairs.map(\.after)
        self.options = options
        isPaired = true
        isAbsolute = (before + after).allSatisfy { $0.origin == .guest }
    }

    /// The picture: an SVG document, UTF-8, that needs nothing beside it.
    ///
    /// - Throws: `ProfileError` where all profiles together are larger than a profile may be.
    public func svg() throws(ProfileError) -> [UInt8] {
        let tree = try ComparedTree(before: before, after: after, isAbsolute: isAbsolute)
        let layout = GraphLayout(
            profile: tree.union, totals: [tree.before, tree.after, tree.larger], options: options)
        let colouring = ChangeColouring(
            tree: tree, nodes: layout.frames.map(\.node), profiles: (before, after), level: level,
            isPaired: isPaired)
        let facts = DifferenceFacts(tree, self)
        let frames = layout.frames.enumerated().map { index, frame in
            Picture.Frame(
                caller: frame.caller, depth: frame.depth, spans: frame.spans, name: tree.name(frame.node),
                facts: facts(frame.node) + colouring.facts(index), colour: colouring.colour(index))
        }
        let labels = [Label.clean(beforeLabel), Label.clean(afterLabel)]
        let picture = Picture(
            title: options.title.map { Label.clean($0) } ?? "From \(labels[0]) to \(labels[1])",
            subtitle: subtitle(tree), views: Self.views, view: Self.views.count - 1,
            legend: colouring.legend,
            notes: [isExact ? Self.exactly : colouring.explanation] + layout.notes(options),
            isIcicle: options.isIcicle, width: options.pictureWidth, depth: layout.depth, frames: frames)
        return PictureWriter(picture).bytes()
    }

    static let views = ["before", "after", "larger"]
    static let exactly =
        "Counted in exact boots: every difference is real. What moves a little may follow from layout alone."

    private func subtitle(_ tree: ComparedTree) -> [String] {
        [
            totals(tree)
                + (isAbsolute
                    ? ". Shares are of a boot before; nothing is scaled."
                    : ". Each profile is scaled to its own total; widths are shares of it."),
            "Widths: the larger of before and after. Colours: the change of a frame with all that it called.",
        ]
    }

    /// Both sides' totals.
    func totals(_ tree: ComparedTree) -> String {
        [(beforeLabel, before), (afterLabel, after)].map { label, profiles in
            let total = profiles.reduce(0) { $0 + $1.total }
            let unit = Label.clean(profiles.first?.unit ?? "samples")
            return "\(Label.clean(label)): \(Figures.amount(total, unit)) in "
                + "\(Figures.counted(profiles.count, "profile"))"
        }.joined(separator: "; ")
    }
}
