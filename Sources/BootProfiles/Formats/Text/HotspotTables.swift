/// A profile as a table of functions, for spreadsheets.
enum HotspotTables {
    /// A line of headings, then a function a line; quoted as RFC 4180 says.
    static func csv(_ profile: Profile) -> [UInt8] {
        var rows = CSVText(columns: ["function", "self", "total"])
        for function in profile.functions() { rows.add(function.name, [function.own, function.total]) }
        return rows.bytes
    }
}

/// Rows of a name and numbers, quoted as RFC 4180 says.
package struct CSVText {
    package private(set) var bytes: [UInt8]

    /// Rows under a line of headings.
    package init(columns: [String]) { bytes = Array((columns.joined(separator: ",") + "\r\n").utf8) }

    /// Adds a row.
    package mutating func add(_ name: String, _ numbers: [Double]) {
        bytes.append(0x22)
        // A spreadsheet would take a name that begins like a formula for one.
        if let first = name.utf8.first, "=+-@\t\r".utf8.contains(first) { bytes.append(0x27) }
        for byte in name.utf8 {
            if byte == 0x22 { bytes.append(0x22) }
            bytes.append(byte)
        }
        bytes.append(0x22)
        for number in numbers {
            bytes.append(0x2C)
            DecimalNumber.append(number, to: &bytes)
        }
        bytes.append(contentsOf: "\r\n".utf8)
    }
}
