/// speedscope's file format: frames by number, samples as lists of them, outermost first.
enum SpeedscopeFormat {
    private static let schema = "https://www.speedscope.app/file-format-schema.json"

    /// Whether JSON that begins with `head` is speedscope's.
    static func begins(_ head: ArraySlice<UInt8>) -> Bool {
        guard head.first(where: { $0 > 0x20 }) == 0x7B else { return false }
        let text = String(decoding: head.prefix(1 << 15), as: UTF8.self)
        return text.contains("speedscope.app/file-format-schema")
            || (text.contains("\"shared\"") && text.contains("\"frames\""))
    }

    static func bytes(_ profile: Profile) -> [UInt8] {
        var json = JSONText()
        json.raw(
            "{\"$schema\":\"\(schema)\",\"exporter\":\"bootmark\",\"activeProfileIndex\":0,\"shared\":{\"frames\":["
        )
        // Frames are numbered as the sorted stacks meet them, so that equal profiles give equal bytes.
        var numbers = [Int32](repeating: -1, count: profile.frames.count)
        var order: [FrameID] = []
        var samples: [[Int32]] = []
        var weights: [Double] = []
        profile.forEachStack { stack, weight in
            for frame in stack where numbers[frame.place] < 0 {
                numbers[frame.place] = Int32(order.count)
                order.append(frame)
            }
            samples.append(stack.map { numbers[$0.place] })
            weights.append(weight)
        }
        for (index, frame) in order.enumerated() {
            json.raw(index > 0 ? ",{\"name\":" : "{\"name\":")
            json.string(profile.frames.name(of: frame))
            json.raw("}")
        }
        let unit =
            profile.unit.hasPrefix("cpu-clock") || profile.unit.hasPrefix("task-clock")
            ? "nanoseconds" : "none"
        json.raw("]},\"profiles\":[{\"type\":\"sampled\",\"name\":")
        json.string(profile.unit)
        json.raw(",\"unit\":\"\(unit)\",\"startValue\":0,\"endValue\":")
        json.number(profile.total)
        json.raw(",\"samples\":[")
        for (index, sample) in samples.enumerated() {
            json.raw(index > 0 ? ",[" : "[")
            json.raw(sample.map(String.init).joined(separator: ","))
            json.raw("]")
        }
        json.raw("],\"weights\":[")
        for (index, weight) in weights.enumerated() {
            if index > 0 { json.raw(",") }
            json.number(weight)
        }
        json.raw("]}]}\n")
        return json.bytes
    }

    /// Reads all sampled and evented profiles of a file into one.
    static func read(_ bytes: [UInt8], name: String) throws(ProfileError) -> Profile {
        let document = try JSONParser.parse(bytes, name: name)
        guard let frames = document["shared"]?["frames"]?.elements,
            let profiles = document["profiles"]?.elements
        else { throw fault(name, "it has no frames or no profiles") }
        var profile = Profile()
        var identifiers: [FrameID] = []
        for frame in frames { identifiers.append(profile.intern(frame["name"]?.text ?? "")) }
        if let unit = profiles.first?["name"]?.text { profile.unit = Printable.line(unit, limit: 60) }
        for entry in profiles {
            switch entry["type"]?.text {
            case "sampled": try readSampled(entry, identifiers, &profile, name)
            case "evented": try readEvented(entry, identifiers, &profile, name)
            default: throw fault(name, "a profile is neither sampled nor evented")
            }
        }
        return profile
    }

    private static func readSampled(
        _ entry: JSONValue, _ frames: [FrameID], _ profile: inout Profile, _ name: String
    ) throws(ProfileError) {
        guard let samples = entry["samples"]?.elements, let weights = entry["weights"]?.elements,
            samples.count == weights.count
        else { throw fault(name, "samples and weights differ in number") }
        for (sample, weight) in zip(samples, weights) {
            var stack: [FrameID] = []
            for element in sample.elements ?? [] {
                guard let index = element.index(below: frames.count) else {
                    throw fault(name, "a sample names a frame that there is not")
                }
                stack.append(frames[index])
            }
            guard let weight = weight.number, weight >= 0 else { throw fault(name, "a weight is no weight") }
            try profile.add(stack: stack, weight: weight)
        }
    }

    private static func readEvented(
        _ entry: JSONValue, _ frames: [FrameID], _ profile: inout Profile, _ name: String
    ) throws(ProfileError) {
        var stack: [FrameID] = []
        var last = entry["startValue"]?.number ?? 0
        for event in entry["events"]?.elements ?? [] {
            guard let at = event["at"]?.number, at >= last,
                let index = event["frame"]?.index(below: frames.count)
            else { throw fault(name, "an event has no time, goes back in it, or has no frame") }
            if !stack.isEmpty, at > last { try profile.add(stack: stack, weight: at - last) }
            last = at
            if event["type"]?.text == "O" {
                stack.append(frames[index])
            } else {
                guard stack.popLast() == frames[index] else {
                    throw fault(name, "a frame is closed that is not the innermost")
                }
            }
        }
    }

    private static func fault(_ name: String, _ detail: String) -> ProfileError {
        ProfileError(.malformed, file: name, detail, nextStep: "Export it from speedscope again.")
    }
}
