/// pyinstrument's JSON: a tree of calls with their times.
///
/// The weights are nanoseconds of own time. Frames read `function (file:line)`.
enum PyinstrumentFormat: ProfileReader {
    static let kind = ProfileInput.Kind("pyinstrument JSON")

    static func recognises(_ head: InputHead) -> Bool {
        guard let text = head.objectText else { return false }
        return text.contains("\"root_frame\"") && text.contains("\"sample_count\"")
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        let document = try JSONParser.parse(input)
        guard let root = document.value["root_frame"] else {
            throw input.fault("it has no root_frame", at: document.value.place)
        }
        var profile = Profile(unit: SecondsText.unit)
        var pending: [(value: JSONValue, parent: Int32)] = [(root, CallTree.root)]
        while let (value, parent) = pending.popLast() {
            // Nothing was recorded.
            if case .null = value { continue }
            guard let function = value["function"]?.text else {
                if document.isCut { continue }
                throw input.fault("a frame names no function", at: value.place)
            }
            let children = value["children"]?.elements ?? []
            guard let time = value["time"]?.number, time >= 0 else {
                if document.isCut { continue }
                throw input.fault("a frame has no time", at: value.place)
            }
            let node = profile.child(of: parent, profile.intern(name(function, value)))
            let below = children.reduce(0) { $0 + max(0, $1["time"]?.number ?? 0) }
            let own = SecondsText.nanoseconds(time) - SecondsText.nanoseconds(below)
            if own > 0 { try profile.add(own, to: node) }
            for child in children { pending.append((child, node)) }
        }
        if document.isCut { profile.notes.append("the JSON is cut short: only what comes before is in here") }
        return profile
    }

    private static func name(_ function: String, _ frame: JSONValue) -> String {
        guard let file = frame["file_path_short"]?.text ?? frame["file_path"]?.text, !file.isEmpty else {
            return function
        }
        guard let line = frame["line_no"]?.number.flatMap({ Int(exactly: $0) }), line > 0 else {
            return "\(function) (\(file))"
        }
        return "\(function) (\(file):\(line))"
    }
}
