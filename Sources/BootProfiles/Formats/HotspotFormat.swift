import BootModel

/// A profile as a table of functions, for scripts and papers.
enum HotspotFormat {
    /// Metadata and every function with its weights and shares; the schema is Documentation/Profile.schema.json.
    static func json(_ profile: Profile) -> [UInt8] {
        var json = JSONText()
        json.raw("{\n  \"schema\": 1,\n  \"origin\": \"\(profile.origin.rawValue)\",\n  \"unit\": ")
        json.string(profile.unit)
        json.raw(",\n  \"total\": ")
        json.number(profile.total)
        json.raw(",\n  \"notes\": [")
        for (index, note) in profile.notes.enumerated() {
            if index > 0 { json.raw(", ") }
            json.string(note)
        }
        json.raw("],\n  \"functions\": [")
        for (index, function) in profile.functions().enumerated() {
            json.raw(index > 0 ? ",\n    {\"name\": " : "\n    {\"name\": ")
            json.string(function.name)
            for (key, value) in [("self", function.own), ("total", function.total)] {
                json.raw(", \"\(key)\": ")
                json.number(value)
            }
            for (key, value) in [("selfShare", function.own), ("totalShare", function.total)] {
                json.raw(", \"\(key)\": ")
                json.number(profile.total > 0 ? value / profile.total : 0)
            }
            json.raw("}")
        }
        json.raw("\n  ]\n}\n")
        return json.bytes
    }

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
