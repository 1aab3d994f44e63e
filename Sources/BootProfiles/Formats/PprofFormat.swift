import CZlib

/// pprof's protocol buffer, by its public field numbers; compressed by gzip when written.
enum PprofFormat {
    /// Whether `head` reads like the start of a pprof profile.
    static func begins(_ head: ArraySlice<UInt8>) -> Bool {
        guard head.first == 0x0A else { return false }
        let bytes = Array(head)
        return bytes.withUnsafeBytes { raw in
            var reader = WireReader(raw)
            var seen = 0
            while seen < 3, let field = reader.next() {
                guard (1...14).contains(field.number),
                    field.isBytes == (field.number <= 6 || field.number == 11)
                        || field.number == 13
                else { return false }
                seen += 1
            }
            return seen == 3
        }
    }

    static func bytes(_ profile: Profile) -> [UInt8] {
        var strings = [""]
        var functions = WireWriter()
        var numbers = [Int](repeating: 0, count: profile.frames.count)
        var samples = WireWriter()
        var next = 1
        let isTime = profile.unit.hasPrefix("cpu-clock") || profile.unit.hasPrefix("task-clock")
        let unit = isTime ? "nanoseconds" : "count"
        strings += [profile.unit, unit]
        profile.forEachStack { stack, weight in
            for frame in stack where numbers[frame.place] == 0 {
                numbers[frame.place] = next
                strings.append(profile.frames.name(of: frame))
                var function = WireWriter()
                function.number(1, UInt64(next))
                function.number(2, UInt64(strings.count - 1))
                var line = WireWriter()
                line.number(1, UInt64(next))
                var location = WireWriter()
                location.number(1, UInt64(next))
                location.message(4, line)
                functions.message(4, location)
                functions.message(5, function)
                next += 1
            }
            var sample = WireWriter()
            sample.packed(1, stack.reversed().map { UInt64(numbers[$0.place]) })
            sample.packed(2, [UInt64(min(weight.rounded(), 9.2e18))])
            samples.message(2, sample)
        }
        var type = WireWriter()
        type.number(1, 1)
        type.number(2, 2)
        var whole = WireWriter()
        whole.message(1, type)
        whole.bytes += samples.bytes + functions.bytes
        for string in strings { whole.text(6, string) }
        return Gzip.compressed(whole.bytes)
    }

    /// Reads the profile's default kind of sample, its last one where it names none.
    static func read(_ bytes: [UInt8], name: String) throws(ProfileError) -> Profile {
        try bytes.withUnsafeBytesThrowing { (raw) throws(ProfileError) in
            var tables = PprofTables(name: name)
            try tables.read(raw)
            return try tables.profile()
        }
    }
}

/// The parts of a pprof profile.
private struct PprofTables {
    let name: String
    private var strings: [UnsafeRawBufferPointer] = []
    private var functionNames: [UInt64: Int] = [:]
    private var locations: [UInt64: [UInt64]] = [:]
    private var samples: [UnsafeRawBufferPointer] = []
    private var types: [Int] = []
    private var defaultType = 0

    init(name: String) { self.name = name }

    mutating func read(_ bytes: UnsafeRawBufferPointer) throws(ProfileError) {
        var reader = WireReader(bytes)
        while let field = reader.next() {
            switch (field.number, field.isBytes) {
            case (1, true): types.append(Int(clamping: field.bytes.field(1)))
            case (2, true): samples.append(field.bytes)
            case (4, true): readLocation(field.bytes)
            case (5, true): functionNames[field.bytes.field(1)] = Int(clamping: field.bytes.field(2))
            case (6, true): strings.append(field.bytes)
            case (14, false): defaultType = Int(clamping: field.value)
            default: break
            }
        }
        guard reader.isAtEnd else {
            throw ProfileError(
                .truncated, file: name, at: .byte(reader.place), "a field is cut short or damaged",
                nextStep: "Export the profile again.")
        }
    }

    func profile() throws(ProfileError) -> Profile {
        var profile = Profile()
        let index =
            types.firstIndex(of: defaultType).flatMap { defaultType > 0 ? $0 : nil } ?? types.count - 1
        guard index >= 0 else { throw fault("it names no kind of sample") }
        if types[index] < strings.count, types[index] > 0 {
            profile.unit = Printable.line(String(decoding: strings[types[index]], as: UTF8.self), limit: 60)
        }
        var frames: [UInt64: [FrameID]] = [:]
        for sample in samples {
            let (stack, values) = (sample.list(1), sample.list(2))
            guard index < values.count, let weight = Int64(exactly: values[index]) else {
                throw fault("a sample has a negative value (a difference) or too few of them")
            }
            var path: [FrameID] = []
            for location in stack.reversed() {
                if frames[location] == nil { frames[location] = try frame(location, &profile) }
                path += frames[location] ?? []
            }
            try profile.add(stack: path, weight: Double(weight))
        }
        return profile
    }

    /// The frames of a location, outermost first: its lines name inlined functions before their callers.
    private func frame(_ location: UInt64, _ profile: inout Profile) throws(ProfileError) -> [FrameID] {
        guard let functions = locations[location] else {
            throw fault("a sample names a location that there is not")
        }
        var frames: [FrameID] = []
        for function in functions.reversed() {
            guard let string = functionNames[function], string < strings.count else {
                throw fault("a location names a function that there is not")
            }
            frames.append(profile.frames.intern(strings[string]))
        }
        return frames.isEmpty ? [profile.intern("[unknown]")] : frames
    }

    private mutating func readLocation(_ bytes: UnsafeRawBufferPointer) {
        var functions: [UInt64] = []
        var reader = WireReader(bytes)
        while let field = reader.next() {
            if field.number == 4, field.isBytes { functions.append(field.bytes.field(1)) }
        }
        locations[bytes.field(1)] = functions
    }

    private func fault(_ detail: String) -> ProfileError {
        ProfileError(.malformed, file: name, detail, nextStep: "Export the profile again.")
    }
}

/// Fields of a protocol buffer, in a row.
private struct WireReader {
    struct Field {
        var number: Int
        var value: UInt64
        var bytes: UnsafeRawBufferPointer
        var isBytes: Bool
    }

    private let bytes: UnsafeRawBufferPointer
    private(set) var place = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { place == bytes.count }

    /// The next field; nil at the end, or at a field that is cut or of no known kind.
    mutating func next() -> Field? {
        let start = place
        guard place < bytes.count, let key = varint(), key >> 3 <= 1 << 29 else { return nil }
        let empty = UnsafeRawBufferPointer(rebasing: bytes[0..<0])
        let number = Int(key >> 3)
        switch key & 7 {
        case 0:
            if let value = varint() {
                return Field(number: number, value: value, bytes: empty, isBytes: false)
            }
        case 1, 5:
            let size = key & 7 == 1 ? 8 : 4
            if bytes.count - place >= size {
                place += size
                return Field(number: number, value: 0, bytes: empty, isBytes: false)
            }
        case 2:
            if let count = varint(), count <= UInt64(bytes.count - place) {
                let range = place..<(place + Int(count))
                place = range.upperBound
                let content = UnsafeRawBufferPointer(rebasing: bytes[range])
                return Field(number: number, value: 0, bytes: content, isBytes: true)
            }
        default: break
        }
        place = start
        return nil
    }

    mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while place < bytes.count, shift < 64 {
            let byte = bytes[place]
            place += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}

extension UnsafeRawBufferPointer {
    /// The number in the field `number` of this message, 0 where there is none.
    fileprivate func field(_ number: Int) -> UInt64 {
        var reader = WireReader(self)
        while let field = reader.next() {
            if field.number == number, !field.isBytes { return field.value }
        }
        return 0
    }

    /// The numbers in the repeated field `number`, packed or not.
    fileprivate func list(_ number: Int) -> [UInt64] {
        var numbers: [UInt64] = []
        var reader = WireReader(self)
        while let field = reader.next() {
            guard field.number == number else { continue }
            if field.isBytes {
                var packed = WireReader(field.bytes)
                while let value = packed.varint() { numbers.append(value) }
            } else {
                numbers.append(field.value)
            }
        }
        return numbers
    }
}

/// Writes fields of a protocol buffer.
private struct WireWriter {
    var bytes: [UInt8] = []

    mutating func number(_ field: UInt64, _ value: UInt64) {
        varint(field << 3)
        varint(value)
    }

    mutating func message(_ field: UInt64, _ message: WireWriter) { content(field, message.bytes) }

    mutating func text(_ field: UInt64, _ text: String) { content(field, Array(text.utf8)) }

    mutating func packed(_ field: UInt64, _ values: [UInt64]) {
        var list = WireWriter()
        for value in values { list.varint(value) }
        content(field, list.bytes)
    }

    private mutating func content(_ field: UInt64, _ content: [UInt8]) {
        varint(field << 3 | 2)
        varint(UInt64(content.count))
        bytes += content
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Compression as pprof's readers expect it.
enum Gzip {
    /// `bytes` in one member of gzip, without a time, so that equal bytes stay equal.
    static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var state = z_stream()
        guard
            deflateInit2_(
                &state, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return bytes }
        defer { deflateEnd(&state) }
        var input = bytes
        let room = Int(deflateBound(&state, UInt(bytes.count))) + 64
        return [UInt8](unsafeUninitializedCapacity: room) { output, count in
            input.withUnsafeMutableBufferPointer { buffer in
                state.next_in = buffer.baseAddress
                state.avail_in = UInt32(clamping: buffer.count)
                state.next_out = output.baseAddress
                state.avail_out = UInt32(clamping: room)
                _ = deflate(&state, Z_FINISH)
            }
            count = room - Int(state.avail_out)
        }
    }
}
