import BootModel

/// Bootmark's own JSON: what the profile is, its stacks, every function with its weights, and when they fell. The
/// schema is Documentation/Profile.schema.json.
enum ProfileJSONFormat: ProfileReader {
    static let kind = ProfileInput.Kind("bootmark JSON")
    /// How many stretches a timeline has.
    private static let buckets = 100

    static func recognises(_ head: InputHead) -> Bool {
        guard let text = head.objectText else { return false }
        return text.contains("\"schema\": 1") && text.contains("\"origin\"") && text.contains("\"unit\"")
    }

    static func bytes(_ profile: Profile) -> [UInt8] {
        var json = JSONText()
        json.raw("{\n  \"schema\": 1,\n  \"origin\": \"\(profile.origin.rawValue)\",\n  \"unit\": ")
        json.string(profile.unit)
        json.raw(",\n  \"total\": ")
        json.number(profile.total)
        json.raw(",\n  \"notes\": ")
        json.list(profile.notes) { $0.string($1) }
        json.raw(",\n  \"functions\": [")
        for (index, function) in profile.functions().enumerated() {
            json.raw(index > 0 ? ",\n    {\"name\": " : "\n    {\"name\": ")
            json.string(function.name)
            for (key, value) in [("self", function.own), ("total", function.total)] {
                json.raw(", \"\(key)\": ")
                json.number(value)
            }
            for (key, value) in [("selfShare", function.own), ("totalShare", function.total)] {
                json.raw(", \"\(key)\": ")
                json.number(profile.total > 0 ? min(1, value / profile.total) : 0)
            }
            json.raw("}")
        }
        json.raw("\n  ],\n  \"frames\": ")
        let (numbers, order) = profile.numberedFrames()
        json.list(order) { $0.string(profile.frames.name(of: $1)) }
        json.raw(",\n  \"samples\": [")
        var isFirst = true
        profile.forEachStack { stack, weight in
            json.raw(isFirst ? "\n    {\"weight\": " : ",\n    {\"weight\": ")
            isFirst = false
            json.number(weight)
            json.raw(", \"stack\": ")
            json.list(stack) { $0.whole(numbers[$1.place]) }
            json.raw("}")
        }
        json.raw("\n  ],\n  \"timeline\": ")
        timeline(profile, &json)
        json.raw("\n}\n")
        return json.bytes
    }

    /// The weight in each of equal stretches between the first and the last sample; null where no times are known.
    private static func timeline(_ profile: Profile, _ json: inout JSONText) {
        let timed = profile.samples.filter { $0.facts.time > 0 }
        guard let first = timed.map(\.facts.time).min(), let last = timed.map(\.facts.time).max() else {
            return json.raw("null")
        }
        // The last nanosecond belongs to the last stretch.
        let width = (last - first) / UInt64(buckets) + 1
        var weights = [Double](repeating: 0, count: Int((last - first) / width) + 1)
        for sample in timed { weights[Int((sample.facts.time - first) / width)] += sample.weight }
        json.raw("{\"start\": \(first), \"width\": \(width), \"weights\": ")
        json.list(weights) { $0.number($1) }
        json.raw("}")
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        let document = try JSONParser.parse(input)
        let whole = document.value
        guard let names = whole["frames"]?.elements, let samples = whole["samples"]?.elements,
            let unit = whole["unit"]?.text
        else {
            throw input.fault(
                "it has no unit, frames or samples", at: whole.place, document.isCut ? .truncated : .malformed
            )
        }
        var profile = Profile(
            origin: whole["origin"]?.text.flatMap(FunctionChange.Origin.init) ?? .host,
            unit: Printable.line(unit, limit: 60))
        profile.notes = (whole["notes"]?.elements ?? []).compactMap { $0.text.map { Printable.line($0) } }
        let frames = names.map { profile.intern($0.text ?? "") }
        for sample in samples {
            guard let weight = sample["weight"]?.number, let stack = sample["stack"]?.elements else {
                if document.isCut { continue }
                throw input.fault("a sample has no weight or no stack", at: sample.place)
            }
            var path: [FrameID] = []
            for element in stack {
                guard let index = element.index(below: frames.count) else {
                    throw input.fault("a sample names a frame that there is not", at: sample.place)
                }
                path.append(frames[index])
            }
            try profile.add(stack: path, weight: weight)
        }
        if document.isCut { profile.notes.append("the JSON is cut short: only what comes before is in here") }
        return profile
    }
}
