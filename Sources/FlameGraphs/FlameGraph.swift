import BootProfiles

/// How a flame graph is drawn.
public struct FlameGraphOptions: Sendable, Hashable {
    /// The title; nil for one that says what is shown.
    public var title: String?
    /// Whether callers stand above what they call.
    public var isIcicle = false
    /// The picture's width in pixels, at least 400.
    public var width = 1200
    /// The narrowest frame that is drawn, in pixels.
    public var narrowest = 0.1
    /// The deepest stack that is drawn, in frames.
    public var deepest = 400
    /// The most frames that are drawn.
    public var limit = 20_000

    /// The usual picture.
    public init() {}
}

/// The flame graph of one profile: each frame as wide as its share, on top of its caller.
public struct FlameGraph: Sendable {
    /// How it is drawn.
    public var options: FlameGraphOptions
    private let profile: Profile
    private let timeline: Timeline?

    /// The flame graph of `profile`.
    public init(_ profile: Profile, options: FlameGraphOptions = FlameGraphOptions()) {
        self.profile = profile
        self.options = options
        timeline = nil
    }

    /// The chart of `timeline`: stacks in the order of time, thread beside thread.
    ///
    /// A frame is as wide as what was sampled in it, so that its width means what it means in a flame graph;
    /// time in which a thread was not sampled takes no room.
    public init(_ timeline: Timeline, options: FlameGraphOptions = FlameGraphOptions()) {
        profile = timeline.profile
        self.options = options
        self.timeline = timeline
    }

    /// The picture: an SVG document, UTF-8, that needs nothing beside it. O(nodes) time.
    public func svg() -> [UInt8] {
        PictureWriter(picture()).bytes()
    }

    private func picture() -> Picture {
        var totals = profile.tree.totals()
        let total = profile.total
        if total > 0 { for node in totals.indices { totals[node] /= total } }
        let layout = GraphLayout(
            profile: profile, totals: [totals], options: options, isInOrder: timeline != nil)
        let frames = layout.frames.enumerated().map { index, frame in
            Picture.Frame(
                caller: frame.caller, depth: frame.depth, spans: frame.spans, name: name(frame.node),
                facts: facts(frame), colour: index == 0 ? Palette.all : Palette.colour(of: name(frame.node)))
        }
        return Picture(
            title: options.title.map { Label.clean($0) }
                ?? (timeline == nil ? "Flame graph" : "Chart in the order of time"),
            subtitle: [
                "\(Figures.amount(total, Label.clean(profile.unit)))"
                    + (timeline.map { " in \(Figures.seconds($0.length)), from left to right in each thread" }
                        ?? "")
                    + ". A frame is as wide as its share, with all that it called."
            ],
            views: ["share"], view: 0, legend: [],
            notes: layout.notes(options) + profile.notes.map { Label.clean($0) + "." },
            isIcicle: options.isIcicle, width: options.pictureWidth, depth: layout.depth, frames: frames)
    }

    private func name(_ node: Int) -> String {
        node == 0 ? "all" : profile.frames.withBytes(of: profile.tree.frames[node]) { Label.clean($0) }
    }

    private func facts(_ frame: GraphLayout.Frame) -> [String] {
        let share = frame.spans[0].width
        let own = profile.total > 0 ? profile.tree.weights[frame.node] / profile.total : 0
        let unit = Label.clean(profile.unit)
        let time = timeline.map {
            "from \(Figures.seconds($0.starts[frame.node])) to \(Figures.seconds($0.ends[frame.node]))"
        }
        return [
            "\(Figures.percent(share)) of all (\(Figures.amount((share * profile.total).rounded(), unit)))",
            "\(Figures.percent(own)) in the function itself",
        ] + (time.map { [$0] } ?? [])
    }
}

extension FlameGraphOptions {
    var pictureWidth: Double { Double(min(max(width, 400), 20_000)) }
    var leastShare: Double { max(narrowest, 0.001) / pictureWidth }
}

extension GraphLayout {
    init(profile: Profile, totals: [[Double]], options: FlameGraphOptions, isInOrder: Bool = false) {
        self.init(
            profile: profile, totals: totals, narrowest: options.leastShare,
            deepest: min(max(options.deepest, 1), 2_000), limit: min(max(options.limit, 100), 200_000),
            isInOrder: isInOrder)
    }

    /// What a reader should know about frames that are not in the picture.
    func notes(_ options: FlameGraphOptions) -> [String] {
        guard omitted > 0 else { return [] }
        return [
            "\(Figures.counted(omitted, "frame")) narrower than \(Figures.fixed(options.narrowest, 2)) pixels "
                + "or deeper than \(options.deepest) frames left out."
        ]
    }
}
