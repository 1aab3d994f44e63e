/// Austin's binary MOJO format, versions 1 to 3: what `AustinFormat` reads, as Austin writes it with --binary.
///
/// The weights and names are those of `AustinFormat`.
enum AustinBinaryFormat: ProfileReader {
    static let kind = ProfileInput.Kind("Austin MOJO", knows: .order)
    private static let magic = Array("MOJ".utf8)

    static func recognises(_ head: InputHead) -> Bool { head.bytes.starts(with: magic) }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        let bytes = try input.stream.readAll()
        return try bytes.withUnsafeBytesThrowing { (raw) throws(ProfileError) in
            guard raw.starts(with: magic), raw.count > 3, (1...3).contains(raw[3]) else {
                throw input.fault(
                    "it is of no version of MOJO that is read (1 to 3)", at: .byte(0), .unsupported,
                    nextStep:
                        "Convert it to Austin's text with mojo2austin, of the Python package austin-python.")
            }
            var reader = MojoReader(bytes: raw, version: raw[3], options: input.options)
            var isCut = false
            while !reader.isAtEnd {
                let place = reader.place
                guard try reader.event() else {
                    guard input.options.partial else {
                        throw input.fault(
                            "an event is cut short or of no known kind", at: .byte(place),
                            reader.isAtEnd ? .truncated : .malformed,
                            nextStep: "Record it again, or read what there is with --partial.")
                    }
                    isCut = true
                    break
                }
            }
            if !isCut {
                try reader.endSample()
                if !reader.hasEnded { reader.profile.notes.append(AustinParser.unfinished) }
            } else {
                reader.profile.notes.append("the file is cut short or damaged: samples are missing")
            }
            if reader.released > 0 {
                reader.profile.notes.append(
                    "\(reader.released) samples in which memory was released were left out")
            }
            return reader.profile
        }
    }
}

/// The state of reading events.
private struct MojoReader {
    let bytes: UnsafeRawBufferPointer
    let version: UInt8
    private let options: FoldingOptions
    private(set) var place = 4
    var profile = Profile(unit: SecondsText.unit)
    private(set) var released = 0
    private(set) var hasEnded = false
    private var strings: [Int: UnsafeRawBufferPointer] = [:]
    private var frames: [Int: FrameID] = [:]
    private var stack: [FrameID] = []
    private var hasFrames = false
    private var inSample = false
    private var time = 0
    private var memory = 0
    private var countsMemory = false
    private var process = 0
    private var thread = UnsafeRawBufferPointer(start: nil, count: 0)
    private var clocks = ThreadClocks()

    init(bytes: UnsafeRawBufferPointer, version: UInt8, options: FoldingOptions) {
        self.bytes = bytes
        self.version = version
        self.options = options
    }

    var isAtEnd: Bool { place >= bytes.count }

    /// Reads an event; false where it is cut or of no known kind.
    mutating func event() throws(ProfileError) -> Bool {
        let kind = bytes[place]
        place += 1
        switch kind {
        case 1:
            guard let key = text(), let value = text() else { return false }
            if key.equals("duration") { hasEnded = true }
            if key.equals("mode") {
                countsMemory = value.equals("memory") || (value.equals("full") && options.event == "memory")
                if countsMemory { profile.unit = "bytes" }
            }
            return true
        case 2:
            try endSample()
            return beginSample()
        case 3: return readFrame()
        case 4: push(profile.intern("[invalid frame]"))
        case 5:
            guard let key = number(), let frame = frames[key] else { return false }
            push(frame)
        case 6:
            guard let name = text() else { return false }
            push(profile.frames.intern(name))
        case 7: push(profile.intern("[garbage collection]"))
        case 8: return true
        case 9:
            guard let value = number() else { return false }
            time = value
        case 10:
            guard let value = number() else { return false }
            memory = value
        case 11:
            guard let key = number(), let string = text() else { return false }
            strings[key] = string
        case 12: return number() != nil
        default: return false
        }
        return true
    }

    private mutating func push(_ frame: FrameID) {
        stack.append(frame)
        hasFrames = true
    }

    private mutating func beginSample() -> Bool {
        guard let process = number(), version < 3 || number() != nil, let thread = text() else {
            return false
        }
        inSample = true
        self.process = process
        self.thread = thread
        if options.processName != .command { stack.append(profile.intern("P\(process)")) }
        if options.processName == .thread {
            stack.append(profile.intern("T" + String(decoding: thread, as: UTF8.self)))
        }
        return true
    }

    /// Adds the sample that was read, if one was.
    mutating func endSample() throws(ProfileError) {
        if inSample {
            if !hasFrames { stack.append(profile.intern("[no Python frame]")) }
            let weight = countsMemory ? Double(memory) : Double(time) * 1000
            if weight < 0 {
                released += 1
            } else {
                try clocks.add(
                    weight, to: profile.node(of: stack), of: (process, thread),
                    lasting: countsMemory ? nil : weight, options: options, &profile)
            }
        }
        inSample = false
        hasFrames = false
        stack.removeAll(keepingCapacity: true)
        time = 0
        memory = 0
    }

    private mutating func readFrame() -> Bool {
        guard let key = number(), let file = number(), let scope = number(), let line = number() else {
            return false
        }
        // Where the line ends, and the columns.
        if version > 1 {
            for _ in 0..<3 where number() == nil { return false }
        }
        var name = strings[scope].map { Array($0) } ?? []
        name += [0x20, 0x28]
        name += strings[file].map { Array($0) } ?? []
        name.append(0x3A)
        name += Array(String(line).utf8)
        name.append(0x29)
        frames[key] = name.withUnsafeBytes { profile.frames.intern($0) }
        return true
    }

    /// A number: six bits and a sign, then seven bits a byte.
    private mutating func number() -> Int? {
        guard place < bytes.count else { return nil }
        var byte = bytes[place]
        place += 1
        let isNegative = byte & 0x40 != 0
        var value = Int(byte & 0x3F)
        var shift = 6
        while byte & 0x80 != 0 {
            guard place < bytes.count, shift < 62 else { return nil }
            byte = bytes[place]
            place += 1
            value |= Int(byte & 0x7F) << shift
            shift += 7
        }
        value &= Int.max
        return isNegative ? -value : value
    }

    private mutating func text() -> UnsafeRawBufferPointer? {
        let end = ByteSearch.first(0, in: bytes, from: place)
        guard end < bytes.count else { return nil }
        defer { place = end + 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[place..<end])
    }
}
