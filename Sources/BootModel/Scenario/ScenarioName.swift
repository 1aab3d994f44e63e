extension Scenario {
    /// The most bytes that a scenario's name may have; it becomes the name of a folder.
    public static let longestName = 120

    /// What is wrong with `name` as a scenario's name, in one sentence; nil where nothing is.
    ///
    /// A name becomes a folder's name, so nothing that could lead out of its parent is let through: letters
    /// and digits of ASCII, `-`, `_`, `.`, `+` and `=`, no leading dot or hyphen, no two dots in a row.
    public static func problem(withName name: String) -> String? {
        if name.isEmpty { return "A scenario's name is empty." }
        if name.utf8.count > longestName {
            return "A scenario's name has \(name.utf8.count) bytes; at most \(longestName) are allowed."
        }
        if name.hasPrefix(".") || name.hasPrefix("-") || name.contains("..") {
            return "The scenario's name \(name.debugDescription) begins with a dot or hyphen, or holds two "
                + "dots in a row."
        }
        let allowed = name.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "+", "=": true
            default: false
            }
        }
        return allowed
            ? nil
            : "The scenario's name \(name.debugDescription) may hold only letters, digits, - _ . + and =."
    }
}
