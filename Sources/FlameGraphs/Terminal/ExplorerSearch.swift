/// What was searched for, and where it is.
struct ExplorerSearch: Sendable {
    private(set) var pattern = ""
    /// By frame, whether its name matches; empty without a search.
    private(set) var matches: [Bool] = []
    /// The share of all that lies in or under frames that match, from 0 to 1.
    private(set) var share = 0.0
    /// The nodes that match and lie under none that does, the widest first.
    private(set) var places: [Int] = []
    private var turned = 0

    var isActive: Bool { !matches.isEmpty }
    var place: Int? { places.isEmpty ? nil : places[turned] }

    /// Searches for `pattern`; the empty one ends the search.
    ///
    /// - Returns: what is wrong with it, where it is no regular expression; the search stays as it was then.
    mutating func set(_ pattern: String, literally: Bool, in tree: ExploredTree) -> String? {
        guard !pattern.isEmpty else {
            self = ExplorerSearch()
            return nil
        }
        let found: [Bool]
        if literally {
            found = tree.names.map { $0 == pattern }
        } else if !pattern.contains(where: { "\\^$.|?*+()[]{}".contains($0) }) {
            found = tree.names.map { $0.utf8.contains(pattern.utf8) }
        } else {
            guard let regex = try? Regex(pattern) else { return "not a regular expression: \(pattern)" }
            found = tree.names.map { $0.firstMatch(of: regex) != nil }
        }
        self.pattern = pattern
        matches = found
        return nil
    }

    /// Adds up what matches in `view`.
    mutating func measure(_ tree: ExploredTree, _ view: Int) {
        share = 0
        places = []
        turned = 0
        guard isActive else { return }
        let shares = tree.shares[view]
        var covered = [Bool](repeating: false, count: shares.count)
        for node in shares.indices.dropFirst() {
            let isUnder = covered[Int(tree.parents[node])]
            let isMatch = matches[tree.frame(node)]
            covered[node] = isUnder || isMatch
            if isMatch, !isUnder, shares[node] > 0 {
                share += shares[node]
                places.append(node)
            }
        }
        places.sort { shares[$0] == shares[$1] ? $0 < $1 : shares[$0] > shares[$1] }
        share = min(1, share)
    }

    /// Goes on to another match.
    mutating func turn(_ step: Int, fromStart: Bool) {
        guard !places.isEmpty else { return }
        turned = fromStart ? 0 : (turned + step + places.count) % places.count
    }
}
