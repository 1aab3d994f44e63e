/// cProfile's statistics: a marshalled dictionary of functions, their times and their callers' shares of them.
///
/// The weights are nanoseconds of own time; stacks are estimated from callers and callees (see `CallGraph`). Frames
/// read `function (file:line)`, built-in ones by their name alone.
enum PstatsFormat: ProfileReader {
    static let kind = ProfileInput.Kind("cProfile pstats")

    static func recognises(_ head: InputHead) -> Bool {
        // A dictionary whose first key is a tuple; the highest bit says that it is referred to again.
        let first = head.bytes.prefix(2).map { $0 & 0x7F }
        return first == [0x7B, 0x28] || first == [0x7B, 0x29]
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        let bytes = try input.stream.readAll(limit: MarshalReader.longest)
        return try bytes.withUnsafeBytesThrowing { (raw) throws(ProfileError) in
            var reader = MarshalReader(raw)
            var functions: [(place: Int, key: MarshalReader.Value, value: MarshalReader.Value)] = []
            var cut: Int?
            guard reader.beginDictionary() else {
                throw input.fault("it does not begin with a dictionary", at: .byte(0))
            }
            while cut == nil {
                let place = reader.place
                if reader.endsDictionary() { break }
                if let key = reader.value(), let value = reader.value() {
                    functions.append((place, key, value))
                } else {
                    cut = reader.place
                }
            }
            if let cut, !input.options.partial {
                throw input.fault(
                    "the statistics are cut short or damaged", at: .byte(cut), .truncated,
                    nextStep: "Profile again, or read what there is with --partial.")
            }
            var profile = Profile(unit: SecondsText.unit)
            var graph = CallGraph()
            for (place, key, value) in functions {
                guard let function = frame(key, &profile), case .tuple(let parts) = value, parts.count >= 4,
                    let own = parts[2].number, own >= 0
                else { throw input.fault("a function's statistics are none", at: .byte(place)) }
                graph.add(SecondsText.nanoseconds(own), to: function)
                guard parts.count > 4, case .dictionary(let callers) = parts[4] else { continue }
                for (key, value) in callers {
                    guard let caller = frame(key, &profile) else {
                        throw input.fault("a caller is no function", at: .byte(place))
                    }
                    // The module profile keeps only how often a caller called: then there is no time to share.
                    guard case .tuple(let parts) = value, parts.count >= 4, let cost = parts[3].number else {
                        continue
                    }
                    graph.addCall(from: caller, to: function, cost: SecondsText.nanoseconds(cost))
                }
            }
            try graph.addStacks(to: &profile)
            if cut != nil { profile.notes.append("the statistics are cut short: functions are missing") }
            return profile
        }
    }

    private static func frame(_ key: MarshalReader.Value, _ profile: inout Profile) -> FrameID? {
        guard case .tuple(let parts) = key, parts.count == 3, case .text(let file) = parts[0],
            let line = parts[1].number, case .text(let name) = parts[2]
        else { return nil }
        if file.elementsEqual([0x7E]) { return name.withUnsafeBytes { profile.frames.intern($0) } }
        var frame = name + [0x20, 0x28] + file + [0x3A]
        DecimalNumber.append(max(0, line), to: &frame)
        frame.append(0x29)
        return frame.withUnsafeBytes { profile.frames.intern($0) }
    }
}

/// Reads the part of Python's marshal format that statistics are made of: numbers, text, tuples, dictionaries.
///
/// Memory is bounded by the input: a value takes a byte of it at least, and what is referred to is shared.
struct MarshalReader {
    /// The longest input that is read.
    static let longest = 256 << 20
    private static let deepest = 16

    /// A value of Python.
    enum Value {
        case none
        case number(Double)
        case text([UInt8])
        case tuple([Value])
        case dictionary([(Value, Value)])

        var number: Double? {
            if case .number(let number) = self { return number.isFinite ? number : nil }
            return nil
        }
    }

    private let bytes: UnsafeRawBufferPointer
    /// The place of the byte to be read next.
    private(set) var place = 0
    private var references: [Value] = []

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Takes the beginning of a dictionary, whose keys and values follow one by one.
    mutating func beginDictionary() -> Bool {
        guard let type = byte(), type & 0x7F == 0x7B else { return false }
        if type & 0x80 != 0 { references.append(.none) }
        return true
    }

    /// Takes the end of a dictionary, where it is there.
    mutating func endsDictionary() -> Bool {
        guard place < bytes.count, bytes[place] == 0x30 else { return false }
        place += 1
        return true
    }

    /// The next value; nil where it is cut, too deep, or of a type that statistics do not have.
    mutating func value(depth: Int = 0) -> Value? {
        guard depth < Self.deepest, let byte = byte() else { return nil }
        let reference = byte & 0x80 != 0 ? references.count : nil
        if reference != nil { references.append(.none) }
        guard let value = content(byte & 0x7F, depth) else { return nil }
        if let reference { references[reference] = value }
        return value
    }

    private mutating func content(_ type: UInt8, _ depth: Int) -> Value? {
        switch type {
        case 0x4E: return Value.none
        case 0x54: return .number(1)
        case 0x46: return .number(0)
        case 0x69: return integer().map { .number(Double(Int32(truncatingIfNeeded: $0))) }
        case 0x6C: return long()
        case 0x67:
            guard bytes.count - place >= 8 else { return nil }
            defer { place += 8 }
            let bits = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            return .number(Double(bitPattern: bits))
        case 0x66: return self.byte().flatMap { text(Int($0)) }.flatMap(Self.float)
        // Short ASCII text, with a length of one byte; the rest has one of four.
        case 0x7A, 0x5A: return self.byte().flatMap { text(Int($0)) }.map { .text($0) }
        case 0x61, 0x41, 0x73, 0x74, 0x75: return integer().flatMap { text($0) }.map { .text($0) }
        case 0x72:
            guard let number = integer(), number < references.count else { return nil }
            return references[number]
        case 0x29: return self.byte().flatMap { tuple(Int($0), depth) }
        case 0x28: return integer().flatMap { tuple($0, depth) }
        case 0x7B: return dictionary(depth)
        default: return nil
        }
    }

    private mutating func tuple(_ count: Int, _ depth: Int) -> Value? {
        guard count <= bytes.count - place else { return nil }
        var values: [Value] = []
        for _ in 0..<count {
            guard let value = value(depth: depth + 1) else { return nil }
            values.append(value)
        }
        return .tuple(values)
    }

    private mutating func dictionary(_ depth: Int) -> Value? {
        var pairs: [(Value, Value)] = []
        while !endsDictionary() {
            guard let key = value(depth: depth + 1), let value = value(depth: depth + 1) else { return nil }
            pairs.append((key, value))
        }
        return .dictionary(pairs)
    }

    /// A number of any length, in digits of 15 bits.
    private mutating func long() -> Value? {
        guard let size = integer() else { return nil }
        let signed = Int(Int32(truncatingIfNeeded: size))
        guard abs(signed) <= 64, bytes.count - place >= abs(signed) * 2 else { return nil }
        var value = 0.0
        for index in (0..<abs(signed)).reversed() {
            let digit = bytes.loadUnaligned(fromByteOffset: place + index * 2, as: UInt16.self)
            value = value * 32768 + Double(UInt16(littleEndian: digit))
        }
        place += abs(signed) * 2
        return .number(signed < 0 ? -value : value)
    }

    private static func float(_ text: [UInt8]) -> Value? {
        Double(String(decoding: text, as: UTF8.self)).map { .number($0) }
    }

    private mutating func text(_ count: Int) -> [UInt8]? {
        guard count <= bytes.count - place else { return nil }
        defer { place += count }
        return Array(bytes[place..<(place + count)])
    }

    private mutating func integer() -> Int? {
        guard bytes.count - place >= 4 else { return nil }
        defer { place += 4 }
        return Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
    }

    private mutating func byte() -> UInt8? {
        guard place < bytes.count else { return nil }
        defer { place += 1 }
        return bytes[place]
    }
}
