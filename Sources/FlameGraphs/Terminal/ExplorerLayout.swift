/// Which frame stands in which columns of which row.
struct ExplorerLayout {
    /// A frame's place in its row.
    struct Cell {
        var node: Int
        var columns: Range<Int>
    }

    /// The cells by depth, from the root: first the callers of what is zoomed into, each as wide as the screen.
    let levels: [[Cell]]
    /// How deep the frame that is zoomed into lies.
    let zoomDepth: Int

    init(_ explorer: Explorer) {
        let (tree, width, view) = (explorer.tree, explorer.size.columns, explorer.view)
        var path = [explorer.zoom]
        while let last = path.last, last > 0 { path.append(Int(tree.parents[last])) }
        var levels = path.reversed().map { [Cell(node: $0, columns: 0..<width)] }
        zoomDepth = path.count - 1
        let whole = tree.shares[view][explorer.zoom]
        guard whole > 0 else {
            self.levels = levels
            return
        }
        let scale = Double(width) / whole
        var level = [(node: explorer.zoom, left: 0.0)]
        while !level.isEmpty {
            var next: [(node: Int, left: Double)] = []
            var cells: [Cell] = []
            for (node, start) in level {
                var left = start
                // What is narrower than half a column would be drawn as nothing anyway.
                for callee in tree.callees(of: node, in: view, least: 0.5 / scale) {
                    let right = left + tree.shares[view][callee] * scale
                    let columns = Int(left.rounded())..<max(Int(left.rounded()), Int(right.rounded()))
                    if !columns.isEmpty {
                        cells.append(Cell(node: callee, columns: columns.clamped(to: 0..<width)))
                        next.append((callee, left))
                    }
                    left = right
                }
            }
            if !cells.isEmpty { levels.append(cells) }
            level = next
        }
        self.levels = levels
    }
}
