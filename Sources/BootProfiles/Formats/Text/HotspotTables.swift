/// A profile as a table of functions, for spreadsheets.
enum HotspotTables {
    /// A line of headings, then a function a line; quoted as RFC 4180 says.
    static func csv(_ profile: Profile) -> [UInt8] {
        var rows = CSVText(columns: ["function", "self", "total"])
        for function in profile.functions() { rows.add(function.name, [function.own, function.total]) }
        return rows.bytes
    }
}

/// Rows of names and numbers, quoted as RFC 4180 says; a name's control characters and line ends become U+FFFD.
package struct CSVText {
    /// A cell of a row.
    package enum Cell: Sendable, Hashable {
        /// A name, which anyone may have made.
        case name(String)
        /// A number, or an address: digits that need no quotes.
        case plain(String)
    }

    package private(set) var bytes: [UInt8]

    /// Rows under a line of headings.
    package init(columns: [String]) { bytes = Array((columns.joined(separator: ",") + "\r\n").utf8) }

    /// Adds a row of a name and numbers.
    package mutating func add(_ name: String, _ numbers: [Double]) {
        quote(name)
        for number in numbers {
            bytes.append(0x2C)
            DecimalNumber.append(number, to: &bytes)
        }
        bytes.append(contentsOf: "\r\n".utf8)
    }

    /// Adds a row.
    package mutating func add(_ cells: [Cell]) {
        for (place, cell) in cells.enumerated() {
            if place > 0 { bytes.append(0x2C) }
            switch cell {
            case .name(let name): quote(name)
            case .plain(let text): bytes.append(contentsOf: text.utf8)
            }
        }
        bytes.append(contentsOf: "\r\n".utf8)
    }

    private mutating func quote(_ name: String) {
        bytes.append(0x22)
        // A spreadsheet would take a name that begins like a formula for one.
        if let first = name.utf8.first, "=+-@".utf8.contains(first) { bytes.append(0x27) }
        for scalar in name.unicodeScalars {
            if scalar == "\"" { bytes.append(0x22) }
            let shown = Printable.isHarmless(scalar) ? scalar : "\u{FFFD}"
            bytes.append(contentsOf: UTF8.encode(shown) ?? UTF8.encodedReplacementCharacter)
        }
        bytes.append(0x22)
    }
}
