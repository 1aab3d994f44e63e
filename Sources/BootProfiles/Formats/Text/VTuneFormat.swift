/// VTune's CSV: the top-down report with its indented `Function Stack`, or the hotspots report with a `Function`.
///
/// The weights are the column of self times (`--event` names another column) in nanoseconds; of a column that is no
/// time, its numbers. Functions without a name are `[module]`. Columns as `vtune -report top-down -format csv` names
/// them, with any of the delimiters of -csv-delimiter: https://intel.com/content/www/us/en/docs/vtune-profiler (reports
/// of the command line).
enum VTuneFormat: ProfileReader {
    static let kind = ProfileInput.Kind("VTune CSV", knows: .modules)

    static func recognises(_ head: InputHead) -> Bool {
        head.lines.prefix(40).contains { line in line.withUnsafeBytes { Heading($0) } != nil }
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        var profile = Profile()
        var heading: Heading?
        var path: [FrameID] = []
        var outermost: Int?
        let skipped = try input.stream.forEachLine(partial: input.options.partial) {
            (line) throws(ProfileError) in
            guard line.bytes.count > 0 else { return }
            guard let columns = heading else {
                heading = Heading(line.bytes)
                if var found = heading {
                    try found.choose(input.options.event, line)
                    guard !input.options.namesModules || found.module != nil else {
                        throw line.fault(
                            "there is no column Module", .unsupported,
                            nextStep: "Export the report again with that column.")
                    }
                    profile.unit = found.unit
                    heading = found
                }
                return
            }
            let row = CSVRow.fields(line.bytes, separator: columns.separator)
            guard row.count > max(columns.function, columns.weight) else { throw line.isNo("row of VTune") }
            let indentation = columns.isStack ? row[columns.function].prefix { $0 == 0x20 }.count : 0
            // Without the row of the total, the outermost functions are indented already.
            if outermost == nil { outermost = indentation }
            let depth = indentation - (outermost ?? 0)
            guard (0...path.count).contains(depth) else {
                throw line.fault("a level of the call tree is left out")
            }
            guard let weight = columns.number(row[columns.weight]) else {
                throw line.fault("\(Printable.line(columns.unit)) is no number here")
            }
            var name = Array(row[columns.function].dropFirst(indentation))
            if name.isEmpty || name.elementsEqual("[Unknown]".utf8), let module = columns.module,
                module < row.count, !row[module].isEmpty
            {
                name = [0x5B] + row[module] + [0x5D]
            }
            if input.options.namesModules, let module = columns.module {
                name = module < row.count && !row[module].isEmpty ? row[module] : Array("[unknown]".utf8)
            }
            path.removeLast(path.count - depth)
            path.append(name.withUnsafeBytes { profile.frames.intern($0) })
            if weight > 0 { try profile.add(stack: path, weight: weight) }
        }
        profile.note(skipped: skipped)
        return profile
    }

    /// The first row of the table.
    private struct Heading {
        let separator: UInt8
        let names: [String]
        let function: Int
        let isStack: Bool
        let module: Int?
        var weight: Int

        init?(_ wholeLine: UnsafeRawBufferPointer) {
            // Some exports begin with a byte order mark.
            let isMarked = wholeLine.starts(with: [0xEF, 0xBB, 0xBF])
            let line = UnsafeRawBufferPointer(rebasing: wholeLine.dropFirst(isMarked ? 3 : 0))
            guard line.starts(with: "Function".utf8) || line.starts(with: "\"Function".utf8),
                let separator = [0x09, 0x2C, 0x3B].first(where: { line.contains($0) })
            else { return nil }
            let names = CSVRow.fields(line, separator: separator).map { String(decoding: $0, as: UTF8.self) }
            let stack = names.firstIndex(of: "Function Stack")
            // The callstacks report has both: who calls each function, one line a caller, is no stack.
            guard stack == nil || !names.contains("Function") else { return nil }
            guard let function = stack ?? names.firstIndex(of: "Function") else { return nil }
            // Of a call tree only self times can be added up.
            let weights = ["CPU Time:Self", "CPU Time", "Clockticks:Self"]
            let known = weights.compactMap { names.firstIndex(of: $0) }.first
            guard let weight = known ?? names.firstIndex(where: { $0.hasSuffix(":Self") }) else { return nil }
            self.separator = separator
            self.names = names
            self.function = function
            isStack = stack != nil
            module = names.firstIndex(of: "Module")
            self.weight = weight
        }

        mutating func choose(_ event: String?, _ line: TextLine) throws(ProfileError) {
            guard let event else { return }
            guard let index = names.firstIndex(of: event) ?? names.firstIndex(of: event + ":Self") else {
                throw line.fault(
                    "there is no column \(Printable.line(event))", .empty,
                    nextStep: "There are: \(Printable.line(names.joined(separator: ", "))).")
            }
            weight = index
        }

        private var isTime: Bool { names[weight].contains("Time") }

        var unit: String {
            isTime ? SecondsText.unit : Printable.line(names[weight].replacing(":Self", with: ""), limit: 60)
        }

        /// A cell's number: seconds (perhaps with an `s` behind), or a count; an empty cell is 0.
        func number(_ cell: [UInt8]) -> Double? {
            var digits = cell[...]
            if digits.last == 0x73 { digits = digits.dropLast() }
            if digits.isEmpty { return 0 }
            return digits.withUnsafeBytes {
                isTime ? SecondsText.nanoseconds($0) : DecimalNumber.parse($0)
            }
        }
    }
}

/// A row of comma-separated values.
enum CSVRow {
    /// The cells of `line`; quotes around a cell, and double ones in it, are undone.
    static func fields(_ line: UnsafeRawBufferPointer, separator: UInt8) -> [[UInt8]] {
        var fields: [[UInt8]] = []
        var field: [UInt8] = []
        var isQuoted = false
        var place = 0
        while place < line.count {
            let byte = line[place]
            place += 1
            if isQuoted {
                if byte != 0x22 {
                    field.append(byte)
                } else if place < line.count, line[place] == 0x22 {
                    field.append(byte)
                    place += 1
                } else {
                    isQuoted = false
                }
            } else if byte == 0x22 {
                isQuoted = true
            } else if byte == separator {
                fields.append(field)
                field = []
            } else {
                field.append(byte)
            }
        }
        fields.append(field)
        return fields
    }
}
