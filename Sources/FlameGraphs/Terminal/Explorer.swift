import BootProfiles

/// A profile or a difference, walked by keys: what is shown follows from the keys and the screen's size alone.
public struct Explorer: Sendable {
    /// A screen's size in rows and columns.
    public struct Size: Sendable, Hashable {
        /// Rows, from the top.
        public var rows: Int
        /// Columns, from the left.
        public var columns: Int

        /// A size; less than 6 rows and 20 columns is taken for that, more than 1,000 for 1,000.
        public init(rows: Int, columns: Int) {
            self.rows = min(1_000, max(6, rows))
            self.columns = min(1_000, max(20, columns))
        }
    }

    /// What a key asks of whoever reads the keys.
    public enum Wish: Sendable, Hashable {
        case goOn, quit, suspend, redraw
    }

    enum Mode: Sendable, Hashable {
        case graph, table, help
    }

    /// The size of the screen.
    public var size: Size { didSet { settle() } }
    /// Whether more than ASCII may be shown.
    public var isUnicode = true
    /// Whether colours tell frames apart; else marks and bold text do.
    public var isColoured = true

    let tree: ExploredTree
    var mode = Mode.graph
    var view: Int
    /// The node that is as wide as the screen.
    var zoom = 0
    /// The node whose details are shown.
    var selected = 0
    /// The first depth that is shown.
    var top = 0
    /// What is being typed behind the slash; nil while nothing is.
    var prompt: String?
    var search = ExplorerSearch()
    var line = 0
    var firstLine = 0
    var sortsByTotal = false
    /// Said once, until the next key.
    var message: String?

    /// Walks one profile.
    public init(_ profile: Profile, title: String, size: Size) {
        self.init(ExploredTree(profile, title: title), size: size)
    }

    /// Walks a difference.
    ///
    /// - Throws: `ProfileError` where all profiles together are larger than a profile may be.
    public init(_ difference: DifferentialFlameGraph, size: Size) throws(ProfileError) {
        self.init(try ExploredTree(difference), size: size)
    }

    init(_ tree: ExploredTree, size: Size) {
        self.tree = tree
        self.size = size
        view = tree.firstView
    }

    /// Does what `key` asks for.
    public mutating func take(_ key: Key) -> Wish {
        message = nil
        defer { settle() }
        if let wish = ExplorerKeys.ofTheTerminal(key) { return wish }
        if prompt != nil {
            type(key)
            return .goOn
        }
        switch key {
        case .character("q"): return .quit
        case .character("?"): mode = mode == .help ? .graph : .help
        case .character("/"): prompt = ""
        case .character("w"): turnView()
        case .tab, .character("t"): mode = mode == .table ? .graph : .table
        default:
            switch mode {
            case .help: mode = .graph
            case .table: takeInTable(key)
            case .graph: takeInGraph(key)
            }
        }
        return .goOn
    }

    // MARK: Searching

    private mutating func type(_ key: Key) {
        switch key {
        case .character(let scalar): prompt?.unicodeScalars.append(scalar)
        case .backspace:
            if prompt?.isEmpty == true { prompt = nil } else { prompt?.unicodeScalars.removeLast() }
        case .control("u"): prompt = ""
        case .escape: prompt = nil
        case .enter:
            let pattern = prompt ?? ""
            prompt = nil
            find(pattern, literally: false)
        default: break
        }
    }

    private mutating func find(_ pattern: String, literally: Bool) {
        if let fault = search.set(pattern, literally: literally, in: tree) { message = fault }
        if mode == .help { mode = .graph }
        search.measure(tree, view)
        if mode == .graph { nextMatch(1, fromStart: true) }
    }

    private mutating func nextMatch(_ step: Int, fromStart: Bool = false) {
        guard !search.places.isEmpty else { return }
        search.turn(fromStart ? 0 : step, fromStart: fromStart)
        guard let place = search.place else { return }
        if !isUnderZoom(place) { zoom = 0 }
        selected = place
    }

    private mutating func turnView() {
        guard tree.views.count > 1 else { return }
        view = (view + 1) % tree.views.count
        while zoom > 0, tree.shares[view][zoom] <= 0 { zoom = Int(tree.parents[zoom]) }
        while selected > 0, tree.shares[view][selected] <= 0 { selected = Int(tree.parents[selected]) }
        search.measure(tree, view)
    }

    // MARK: Walking the graph

    private mutating func takeInGraph(_ key: Key) {
        switch key {
        case .up, .character("k"): if selected > 0 { selected = Int(tree.parents[selected]) }
        case .down, .character("j"): descend()
        case .left, .character("h"): step(-1)
        case .right, .character("l"): step(1)
        case .home: selected = 0
        case .pageDown: for _ in 0..<graphRows { descend() }
        case .pageUp: for _ in 0..<graphRows where selected > 0 { selected = Int(tree.parents[selected]) }
        case .wheelDown: descend()
        case .wheelUp: if selected > 0 { selected = Int(tree.parents[selected]) }
        case .enter, .character(" "): zoom = selected
        case .backspace, .character("u"):
            if zoom > 0 { zoom = Int(tree.parents[zoom]) }
        case .escape, .character("r"):
            if zoom == 0 { search = ExplorerSearch() }
            zoom = 0
        case .character("n"): nextMatch(1)
        case .character("N"): nextMatch(-1)
        case .click(let row, let column): click(row, column)
        default: break
        }
    }

    private mutating func descend() {
        let share = tree.shares[view]
        if let onTheWay = ancestor(of: zoom, under: selected) {
            selected = onTheWay
        } else if let widest = tree.callees(of: selected, in: view, least: 0).max(by: {
            share[$0] < share[$1]
        }) {
            selected = widest
        }
    }

    private mutating func step(_ step: Int) {
        let levels = ExplorerLayout(self).levels
        guard let level = levels.first(where: { $0.contains { $0.node == selected } }),
            let place = level.firstIndex(where: { $0.node == selected }), level.indices.contains(place + step)
        else { return }
        selected = level[place + step].node
    }

    private mutating func click(_ row: Int, _ column: Int) {
        let depth = row - Self.headRows + top
        let levels = ExplorerLayout(self).levels
        guard row >= Self.headRows, row < Self.headRows + graphRows, levels.indices.contains(depth),
            let cell = levels[depth].first(where: { $0.columns.contains(column) })
        else { return }
        if cell.node == selected { zoom = cell.node }
        selected = cell.node
    }

    /// The node under `node` that leads to `deep`; nil where `deep` does not lie under it.
    private func ancestor(of deep: Int, under node: Int) -> Int? {
        var place = deep
        while place > 0 {
            let caller = Int(tree.parents[place])
            if caller == node { return place }
            place = caller
        }
        return nil
    }

    private func isUnderZoom(_ node: Int) -> Bool {
        zoom == 0 || node == zoom || ancestor(of: node, under: zoom) != nil
    }

    // MARK: Walking the table

    var sortedLines: [ExploredTree.Line] {
        sortsByTotal ? tree.lines.sorted { $0.total > $1.total } : tree.lines
    }

    private mutating func takeInTable(_ key: Key) {
        let last = max(0, tree.lines.count - 1)
        switch key {
        case .up, .wheelUp, .character("k"): line = max(0, line - 1)
        case .down, .wheelDown, .character("j"): line = min(last, line + 1)
        case .pageUp: line = max(0, line - tableRows)
        case .pageDown: line = min(last, line + tableRows)
        case .home: line = 0
        case .end: line = last
        case .character("s"):
            sortsByTotal.toggle()
            line = 0
        case .escape: mode = .graph
        case .click(let row, _):
            let clicked = firstLine + row - Self.headRows - 1
            if row > Self.headRows, clicked <= last { line = clicked }
        case .enter:
            guard sortedLines.indices.contains(line) else { return }
            let name = sortedLines[line].name
            mode = .graph
            zoom = 0
            find(name, literally: true)
        default: break
        }
    }
}

/// Keys that mean the same everywhere.
enum ExplorerKeys {
    static func ofTheTerminal(_ key: Key) -> Explorer.Wish? {
        switch key {
        case .control("c"), .control("d"): .quit
        case .control("z"): .suspend
        case .control("l"): .redraw
        default: nil
        }
    }

    /// Every key and what it does.
    static let help = [
        ("arrows, h j k l", "walk: to the caller, to the widest callee, to the neighbours"),
        ("Enter, space", "zoom into the selected frame"),
        ("Backspace, u", "zoom out to its caller"),
        ("Escape, r", "show everything; again: forget the search"),
        ("/", "search by a regular expression; Enter finds, Escape leaves"),
        ("n, N", "the next match, the match before; the widest comes first"),
        ("Tab, t", "the table of functions, and back; in it s sorts, Enter finds the function"),
        ("w", "what widths show: before, after, the larger of both (differences)"),
        ("mouse", "a click selects, a second one zooms"),
        ("?", "this page"),
        ("q, Control-C", "leave"),
    ]
}
