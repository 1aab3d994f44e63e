/// What Gecko itself writes, and `perf script report gecko`: tables as rows with a schema.
///
/// Each sample counts 1. Threads stand under their names, where there are several; so do those of other processes.
enum GeckoFormat: ProfileReader {
    static let kind = ProfileInput.Kind("Gecko profile JSON", knows: [.order, .modules])

    static func recognises(_ head: InputHead) -> Bool {
        guard let text = head.objectText, text.contains("\"meta\""), text.contains("\"version\"") else {
            return false
        }
        return text.contains("\"stackwalk\"") || text.contains("\"processType\"")
            || text.contains("\"stackTable\"")
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        let document = try JSONParser.parse(input)
        var threads: [JSONValue] = []
        var processes = [document.value]
        while let process = processes.popLast() {
            threads += process["threads"]?.elements ?? []
            processes += process["processes"]?.elements ?? []
        }
        guard !threads.isEmpty else {
            throw input.fault(
                "it has no threads", at: document.value.place, document.isCut ? .truncated : .malformed)
        }
        var profile = Profile()
        for (index, thread) in threads.enumerated() {
            let number = threads.count > 1 ? thread["tid"]?.threadNumber ?? Int32(clamping: index) : -1
            do throws(ProfileError) {
                try readThread(thread, number: number, isNamed: threads.count > 1, input, &profile)
            } catch {
                guard document.isCut, error.code == .malformed else { throw error }
            }
        }
        if document.isCut { profile.notes.append("the JSON is cut short: only whole threads are in here") }
        return profile
    }

    private static func readThread(
        _ thread: JSONValue, number: Int32, isNamed: Bool, _ input: ReaderInput, _ profile: inout Profile
    ) throws(ProfileError) {
        let fault = { (detail: String) in input.fault(detail, at: thread.place) }
        guard let strings = thread["stringTable"]?.elements, let stacks = Rows(thread["stackTable"]),
            let frames = Rows(thread["frameTable"]), let samples = Rows(thread["samples"])
        else { throw fault("a thread lacks one of its tables") }
        guard let stackFrame = stacks.column("frame"), let stackPrefix = stacks.column("prefix"),
            let location = frames.column("location"), let sampleStack = samples.column("stack")
        else { throw fault("a thread's table lacks a column") }
        let sampleTime = samples.column("time")
        var tree = ColumnarStacks(profile: profile)
        let namesModules = input.options.namesModules
        if isNamed, !namesModules { tree.begin(under: thread["name"]?.text ?? "") } else { tree.begin() }
        for (index, row) in stacks.rows.enumerated() {
            guard let frame = row.cell(stackFrame).index(below: frames.rows.count),
                let string = frames.rows[frame].cell(location).index(below: strings.count),
                tree.add(
                    namesModules ? module(of: strings[string].text ?? "") : strings[string].text ?? "",
                    prefix: row.cell(stackPrefix))
            else { throw fault("stack \(index) names a caller or a location that there is not") }
        }
        for (index, row) in samples.rows.enumerated() {
            let stack = row.cell(sampleStack)
            if case .null = stack { continue }
            let time = sampleTime.flatMap { row.cell($0).number } ?? Double(index)
            guard
                try tree.add(
                    1, stack: stack, thread: number, time: FirefoxFormat.nanoseconds(time),
                    options: input.options)
            else {
                throw fault("sample \(index) names a stack that there is not")
            }
        }
        profile = tree.profile
    }

    /// The module in `name (in module)`, as perf writes it.
    private static func module(of location: String) -> String {
        guard location.hasSuffix(")"), let start = location.ranges(of: " (in ").last else {
            return "[unknown]"
        }
        return String(location[start.upperBound...].dropLast())
    }

    /// A table as rows, with the places of its columns.
    private struct Rows {
        let rows: [JSONValue]
        private let schema: JSONValue

        init?(_ table: JSONValue?) {
            guard let schema = table?["schema"], let rows = table?["data"]?.elements else { return nil }
            self.schema = schema
            self.rows = rows
        }

        func column(_ name: String) -> Int? { schema[name]?.index(below: 64) }
    }
}

extension JSONValue {
    /// The element at `index` of an array; null where it is left out.
    fileprivate func cell(_ index: Int) -> JSONValue {
        guard let elements, index < elements.count else { return .null }
        return elements[index]
    }
}
