/// The parts of a path, as text.
///
/// Foundation's own ends the process over a path of a single character (swift-foundation of Swift 6.2).
extension String {
    /// What lies behind the last slash: `c` of `a/b/c` and of `a/b/c/`.
    package var lastPathPart: String { split(separator: "/").last.map(String.init) ?? "" }

    /// The folder that the path lies in: `a/b` of `a/b/c`; empty for a name alone, `/` for what lies at the root.
    package var parentFolder: String {
        let name = lastPathPart
        guard let place = range(ofLast: name), !name.isEmpty else { return hasPrefix("/") ? "/" : "" }
        let folder = self[..<place]
        guard let end = folder.lastIndex(where: { $0 != "/" }) else { return folder.isEmpty ? "" : "/" }
        return String(folder[...end])
    }

    private func range(ofLast name: String) -> Index? {
        let trailing = reversed().prefix { $0 == "/" }.count
        return index(endIndex, offsetBy: -(trailing + name.count), limitedBy: startIndex)
    }
}
