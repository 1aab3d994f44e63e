/// speedscope's file format: frames by number, samples as lists of them, outermost first.
///
/// The weights are the samples', or the times between events; those that are parts of seconds become nanoseconds.
enum SpeedscopeFormat: ProfileReader {
    static let kind = ProfileInput.Kind("speedscope JSON", knows: .order)
    private static let schema = "https://www.speedscope.app/file-format-schema.json"
    private static let exporter = "bootmark"

    static func recognises(_ head: InputHead) -> Bool {
        guard let text = head.objectText else { return false }
        return text.contains("speedscope.app/file-format-schema")
            || (text.contains("\"shared\"") && text.contains("\"frames\"") && !text.contains("\"meta\""))
    }

    static func bytes(_ profile: Profile) -> [UInt8] {
        var json = JSONText()
        json.raw("{\"$schema\":\"\(schema)\",\"exporter\":\"\(exporter)\",\"activeProfileIndex\":0,")
        json.raw("\"shared\":{\"frames\":")
        // Frames are numbered as the sorted stacks meet them, so that equal profiles give equal bytes.
        let (numbers, order) = profile.numberedFrames()
        json.list(order) {
            $0.raw("{\"name\":")
            $0.string(profile.frames.name(of: $1))
            $0.raw("}")
        }
        let unit = profile.unitIsNanoseconds ? "nanoseconds" : profile.unit == "bytes" ? "bytes" : "none"
        json.raw("},\"profiles\":[{\"type\":\"sampled\",\"name\":")
        json.string(profile.unit)
        json.raw(",\"unit\":\"\(unit)\",\"startValue\":0,\"endValue\":")
        json.number(profile.total)
        json.raw(",\"samples\":[")
        var weights: [Double] = []
        profile.forEachStack { stack, weight in
            if !weights.isEmpty { json.raw(",") }
            json.list(stack) { $0.whole(numbers[$1.place]) }
            weights.append(weight)
        }
        json.raw("],\"weights\":")
        json.list(weights) { $0.number($1) }
        json.raw("}]}\n")
        return json.bytes
    }

    /// Reads all sampled and evented profiles of a file into one.
    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        let document = try JSONParser.parse(input)
        guard let frames = document.value["shared"]?["frames"]?.elements,
            let profiles = document.value["profiles"]?.elements
        else {
            throw input.fault(
                "it has no frames or no profiles", at: document.value.place,
                document.isCut ? .truncated : .malformed)
        }
        var reader = SpeedscopeProfiles(input: input, isCut: document.isCut)
        for frame in frames { reader.addFrame(frame["name"]?.text ?? "") }
        let isOurs = document.value["exporter"]?.text == exporter
        for (index, entry) in profiles.enumerated() {
            try reader.add(entry, thread: profiles.count > 1 ? Int32(clamping: index) : -1)
        }
        if isOurs, let name = profiles.first?["name"]?.text {
            reader.profile.unit = Printable.line(name, limit: 60)
        }
        if document.isCut {
            reader.profile.notes.append("the JSON is cut short: only what comes before is in here")
        }
        return reader.profile
    }
}

/// The profiles of a file that share their frames.
private struct SpeedscopeProfiles {
    /// What a profile's unit is in nanoseconds; counts and bytes stay as they are.
    private static let nanoseconds: [String: Double] = [
        "nanoseconds": 1, "microseconds": 1e3, "milliseconds": 1e6, "seconds": 1e9,
    ]

    let input: ReaderInput
    let isCut: Bool
    var profile = Profile()
    private var frames: [FrameID] = []
    private var scale = 1.0
    /// The number that the samples of the profile that is read get, as if of a thread; -1 where it is the only one.
    private var thread: Int32 = -1

    init(input: ReaderInput, isCut: Bool) {
        self.input = input
        self.isCut = isCut
    }

    mutating func addFrame(_ name: String) { frames.append(profile.intern(name)) }

    mutating func add(_ entry: JSONValue, thread: Int32) throws(ProfileError) {
        self.thread = thread
        if thread >= 0 {
            profile.threadNames[thread] = Printable.line(
                entry["name"]?.text ?? "profile \(thread)", limit: 60)
        }
        let unit = entry["unit"]?.text ?? "none"
        scale = Self.nanoseconds[unit] ?? 1
        if Self.nanoseconds[unit] != nil { profile.unit = SecondsText.unit }
        if unit == "bytes" { profile.unit = unit }
        switch entry["type"]?.text {
        case "sampled": try addSamples(entry)
        case "evented": try addEvents(entry)
        default:
            guard isCut else {
                throw input.fault("a profile is neither sampled nor evented", at: entry.place)
            }
        }
    }

    private func weight(_ number: Double) -> Double {
        scale == 1e6 ? FirefoxFormat.nanoseconds(number) : scale == 1 ? number : (number * scale).rounded()
    }

    private mutating func addSamples(_ entry: JSONValue) throws(ProfileError) {
        let samples = entry["samples"]?.elements ?? []
        let weights = entry["weights"]?.elements ?? []
        guard samples.count == weights.count || isCut else {
            throw input.fault("samples and weights differ in number", at: entry.place)
        }
        // Sampled profiles have no times but weights: a sample lasts as long as it weighs.
        var elapsed = 0.0
        for (index, (sample, weight)) in zip(samples, weights).enumerated() {
            var stack: [FrameID] = []
            for element in sample.elements ?? [] {
                guard let frame = element.index(below: frames.count) else {
                    throw input.fault("sample \(index) names a frame that there is not", at: sample.place)
                }
                stack.append(frames[frame])
            }
            guard let number = weight.number, number >= 0 else {
                throw input.fault("weight \(index) is no weight", at: entry["weights"]?.place ?? entry.place)
            }
            try add(stack, self.weight(number), at: elapsed)
            elapsed += self.weight(number)
        }
    }

    private mutating func add(_ stack: [FrameID], _ weight: Double, at time: Double) throws(ProfileError) {
        try profile.add(
            weight, to: profile.node(of: stack), thread: thread, time: time, options: input.options)
    }

    private mutating func addEvents(_ entry: JSONValue) throws(ProfileError) {
        var stack: [FrameID] = []
        let start = entry["startValue"]?.number ?? 0
        var last = start
        for event in entry["events"]?.elements ?? [] {
            guard let at = event["at"]?.number, at >= last,
                let index = event["frame"]?.index(below: frames.count), let type = event["type"]?.text
            else {
                if isCut { return }
                throw input.fault(
                    "an event has no time, goes back in it, or has no frame or type", at: event.place)
            }
            if !stack.isEmpty, at > last { try add(stack, weight(at - last), at: weight(last - start)) }
            last = at
            if type == "O" {
                guard stack.count < JSONParser.deepest * 16 else {
                    throw input.fault("frames are opened and never closed", at: event.place)
                }
                stack.append(frames[index])
            } else {
                guard stack.popLast() == frames[index] else {
                    throw input.fault("a frame is closed that is not the innermost", at: event.place)
                }
            }
        }
    }
}
