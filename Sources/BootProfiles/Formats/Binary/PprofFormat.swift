/// pprof's protocol buffer, by its public field numbers; compressed by gzip when written.
///
/// The weights are those of the profile's default kind of sample, its last one where it names none, and with
/// `--event` those of another; times become nanoseconds. Inlined frames are frames; what has no function is
/// `[mapping]`.
enum PprofFormat: ProfileReader {
    static let kind = ProfileInput.Kind("pprof", knows: .modules)

    static func recognises(_ head: InputHead) -> Bool {
        guard head.bytes.first == 0x0A else { return false }
        return head.bytes.withUnsafeBytes { raw in
            var reader = WireReader(raw)
            var seen = 0
            while seen < 3, let field = reader.next() {
                guard (1...15).contains(field.number),
                    field.isBytes == (field.number <= 6 || field.number == 11)
                        || field.number == 13
                else { return false }
                seen += 1
            }
            return seen == 3
        }
    }

    /// Weights are rounded to whole numbers, which is all that the format holds.
    ///
    /// - Throws: `ProfileError` where one is 2^63 or more.
    static func bytes(_ profile: Profile) throws(ProfileError) -> [UInt8] {
        var strings = [""]
        var functions = WireWriter()
        let (numbers, order) = profile.numberedFrames()
        var samples = WireWriter()
        let unit = profile.unitIsNanoseconds ? "nanoseconds" : profile.unit == "bytes" ? "bytes" : "count"
        strings += [profile.unit, unit]
        for (index, frame) in order.enumerated() {
            let number = UInt64(index + 1)
            strings.append(profile.frames.name(of: frame))
            var function = WireWriter()
            function.number(1, number)
            function.number(2, UInt64(strings.count - 1))
            var line = WireWriter()
            line.number(1, number)
            var location = WireWriter()
            location.number(1, number)
            location.message(4, line)
            functions.message(4, location)
            functions.message(5, function)
        }
        var heaviest = 0.0
        profile.forEachStack { stack, weight in
            heaviest = max(heaviest, weight)
            var sample = WireWriter()
            sample.packed(1, stack.reversed().map { UInt64(numbers[$0.place] + 1) })
            sample.packed(2, [UInt64(min(weight.rounded(), 9.2e18))])
            samples.message(2, sample)
        }
        guard heaviest < 0x1p63 else { throw tooHeavy(heaviest, "pprof") }
        var type = WireWriter()
        type.number(1, 1)
        type.number(2, 2)
        var whole = WireWriter()
        whole.message(1, type)
        whole.bytes += samples.bytes + functions.bytes
        let comments = profile.notes.map { note in
            strings.append(note)
            return UInt64(strings.count - 1)
        }
        for string in strings { whole.text(6, string) }
        if !comments.isEmpty { whole.packed(13, comments) }
        return Gzip.compressed(whole.bytes)
    }

    /// The fault of a weight that a format with whole numbers of 64 bits cannot hold.
    static func tooHeavy(_ weight: Double, _ format: String) -> ProfileError {
        ProfileError(
            .tooLarge, file: ProfileError.profile,
            "a weight of \(weight) does not fit into \(format)'s numbers",
            nextStep: "Write folded stacks, speedscope or json, which hold it.")
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        let bytes = try input.stream.readAll()
        return try bytes.withUnsafeBytesThrowing { (raw) throws(ProfileError) in
            var tables = PprofTables(input: input, bytes: raw)
            try tables.read()
            return try tables.profile()
        }
    }
}

/// The parts of a pprof profile.
private struct PprofTables {
    private struct Location {
        var functions: [UInt64] = []
        var mapping: UInt64 = 0
    }

    let input: ReaderInput
    let bytes: UnsafeRawBufferPointer
    private var strings: [UnsafeRawBufferPointer] = []
    private var functionNames: [UInt64: Int] = [:]
    private var locations: [UInt64: Location] = [:]
    private var mappings: [UInt64: Int] = [:]
    private var samples: [UnsafeRawBufferPointer] = []
    private var types: [(name: Int, unit: Int)] = []
    private var comments: [UInt64] = []
    private var defaultType = 0
    private var isCut = false

    init(input: ReaderInput, bytes: UnsafeRawBufferPointer) {
        self.input = input
        self.bytes = bytes
        isCut = input.stream.cut != nil
    }

    mutating func read() throws(ProfileError) {
        var reader = WireReader(bytes)
        while let field = reader.next() {
            switch (field.number, field.isBytes) {
            case (1, true):
                types.append((Int(clamping: field.bytes.field(1)), Int(clamping: field.bytes.field(2))))
            case (2, true): samples.append(field.bytes)
            case (3, true): mappings[field.bytes.field(1)] = Int(clamping: field.bytes.field(5))
            case (4, true): readLocation(field.bytes)
            case (5, true): functionNames[field.bytes.field(1)] = Int(clamping: field.bytes.field(2))
            case (6, true): strings.append(field.bytes)
            case (13, true): comments += field.packed
            case (13, false): comments.append(field.value)
            case (14, false): defaultType = Int(clamping: field.value)
            default: break
            }
        }
        guard reader.isAtEnd || input.options.partial else {
            throw input.fault(
                "a field is cut short or damaged", at: .byte(reader.place), .truncated,
                nextStep: "Export the profile again, or read what there is with --partial.")
        }
        isCut = isCut || !reader.isAtEnd || strings.isEmpty
        // Every profile has the empty string at least, and it comes late.
        guard !strings.isEmpty || input.options.partial else {
            throw input.fault(
                "it has no strings: it is cut short", at: .byte(reader.place), .truncated,
                nextStep: "Export the profile again, or read what there is with --partial.")
        }
    }

    func profile() throws(ProfileError) -> Profile {
        var profile = Profile()
        let index = try chosenType()
        profile.unit = string(types[index].name).map { Printable.line($0.text, limit: 60) } ?? profile.unit
        let units: [String: Double] = ["microseconds": 1e3, "milliseconds": 1e6, "seconds": 1e9]
        let scale = string(types[index].unit).flatMap { units[$0.text] } ?? 1
        var frames: [UInt64: [FrameID]] = [:]
        for sample in samples {
            let (stack, values) = (sample.list(1), sample.list(2))
            guard index < values.count, let weight = Int64(exactly: values[index]) else {
                throw fault("a sample has a negative value (a difference) or too few of them", sample)
            }
            var path: [FrameID] = []
            for location in stack.reversed() {
                if frames[location] == nil { frames[location] = try frame(location, &profile, sample) }
                path += frames[location] ?? []
            }
            try profile.add(stack: path, weight: Double(weight) * scale)
        }
        for comment in comments {
            if let note = string(Int(clamping: comment)) { profile.notes.append(Printable.line(note.text)) }
        }
        if isCut { profile.notes.append("the profile is cut short: stacks and names are missing") }
        return profile
    }

    private func chosenType() throws(ProfileError) -> Int {
        let names = types.map { string($0.name)?.text ?? "" }
        if let event = input.options.event {
            if let index = names.firstIndex(of: event) { return index }
            throw input.fault(
                "it holds no samples of \(Printable.line(event))", .empty,
                nextStep: "It holds: \(Printable.line(names.joined(separator: ", "))).")
        }
        let chosen = defaultType > 0 ? types.firstIndex { $0.name == defaultType } : nil
        guard let index = chosen ?? types.indices.last else {
            throw input.fault("it names no kind of sample", at: .byte(0))
        }
        return index
    }

    private func string(_ index: Int) -> UnsafeRawBufferPointer? {
        index > 0 && index < strings.count ? strings[index] : nil
    }

    /// The frames of a location, outermost first: its lines name inlined functions before their callers.
    private func frame(
        _ number: UInt64, _ profile: inout Profile, _ sample: UnsafeRawBufferPointer
    ) throws(ProfileError) -> [FrameID] {
        guard let location = locations[number] else {
            if isCut { return [profile.intern("[unknown]")] }
            throw fault("a sample names a location that there is not", sample)
        }
        let names = input.options.namesModules ? [] : location.functions.reversed()
        var frames: [FrameID] = []
        for function in names {
            guard let string = functionNames[function], string < strings.count else {
                if isCut {
                    frames.append(profile.intern("[unknown]"))
                    continue
                }
                throw fault("location \(number) names a function that there is not", sample)
            }
            frames.append(profile.frames.intern(strings[string]))
        }
        guard frames.isEmpty else { return frames }
        guard let path = mappings[location.mapping].flatMap({ string($0) }), path.count > 0 else {
            return [profile.intern("[unknown]")]
        }
        let base = path[((ByteSearch.last(0x2F, in: path) ?? -1) + 1)...]
        if input.options.namesModules {
            return [profile.frames.intern(UnsafeRawBufferPointer(rebasing: base))]
        }
        return [profile.intern("[" + String(decoding: base, as: UTF8.self) + "]")]
    }

    private mutating func readLocation(_ bytes: UnsafeRawBufferPointer) {
        var location = Location()
        var reader = WireReader(bytes)
        while let field = reader.next() {
            if field.number == 4, field.isBytes { location.functions.append(field.bytes.field(1)) }
            if field.number == 2, !field.isBytes { location.mapping = field.value }
        }
        locations[bytes.field(1)] = location
    }

    /// A fault in the message `part` of the profile; the byte is that of the unpacked data.
    private func fault(_ detail: String, _ part: UnsafeRawBufferPointer) -> ProfileError {
        guard let start = bytes.baseAddress, let place = part.baseAddress else { return input.fault(detail) }
        return input.fault(detail, at: .byte(place - start))
    }
}
