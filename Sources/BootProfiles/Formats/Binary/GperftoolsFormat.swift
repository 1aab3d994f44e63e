/// gperftools' CPU profile: words with counts and addresses, then the process's mappings as text.
///
/// The weights are nanoseconds: the count of each stack times the sampling period. Addresses are looked up in the
/// files that were mapped, as those of perf.data are.
enum GperftoolsFormat: ProfileReader {
    static let kind = ProfileInput.Kind("gperftools CPU profile", knows: .modules)
    /// The deepest stack that is believed; gperftools keeps 254 frames at most.
    private static let deepest = 1 << 16

    static func recognises(_ head: InputHead) -> Bool {
        head.bytes.withUnsafeBytes { WordLayout($0) } != nil
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        let bytes = try input.stream.readAll()
        return try bytes.withUnsafeBytesThrowing { (raw) throws(ProfileError) in
            guard let words = WordLayout(raw) else {
                throw input.fault("its header is none of gperftools", at: .byte(0))
            }
            var stacks: [(count: UInt64, addresses: [UInt64])] = []
            var place = words.firstRecord
            var ended = false
            while place + 3 <= words.count(in: raw) {
                let (count, depth) = (words.word(place, in: raw), words.word(place + 1, in: raw))
                guard depth > 0, depth <= deepest, Int(depth) <= words.count(in: raw) - place - 2 else {
                    guard input.options.partial else {
                        throw cut(input, place * words.size, depth > deepest ? .malformed : .truncated)
                    }
                    break
                }
                let addresses = (0..<Int(depth)).map { words.word(place + 2 + $0, in: raw) }
                place += 2 + Int(depth)
                if count == 0, addresses == [0] {
                    ended = true
                    break
                }
                stacks.append((count, addresses))
            }
            guard ended || input.options.partial else { throw cut(input, place * words.size, .truncated) }
            guard !ended || raw.last == 0x0A || input.options.partial else {
                throw input.fault(
                    "the mappings behind the records are cut short", at: .byte(raw.count), .truncated,
                    nextStep: "Record again, or read what there is with --partial.")
            }
            var names = AddressNames(options: input.options)
            if ended { names.readMappings(UnsafeRawBufferPointer(rebasing: raw[(place * words.size)...])) }
            var profile = Profile(unit: SecondsText.unit)
            let period = Double(words.period) * 1000
            for (count, addresses) in stacks {
                let frames = addresses.enumerated().reversed().map { index, address in
                    // All but the innermost are return addresses, which may stand behind their function.
                    names.frame(of: index == 0 ? address : address &- 1, &profile)
                }
                try profile.add(stack: frames, weight: Double(count) * period)
            }
            if !ended {
                profile.notes.append("the profile is cut short: no mappings, so no names")
            } else if raw.last != 0x0A {
                profile.notes.append("the mappings are cut short: names are missing")
            }
            return profile
        }
    }

    private static func cut(_ input: ReaderInput, _ byte: Int, _ code: ProfileError.Code) -> ProfileError {
        input.fault(
            code == .truncated ? "the records are cut short" : "a record has no stack of a possible depth",
            at: .byte(byte), code, nextStep: "Record again, or read what there is with --partial.")
    }
}

/// How wide words are, and in which order their bytes come: both are seen in the header.
private struct WordLayout {
    let size: Int
    let isSwapped: Bool
    let period: UInt64
    /// The place of the first record, in words.
    let firstRecord: Int

    init?(_ head: UnsafeRawBufferPointer) {
        for size in [8, 4] {
            for isSwapped in [false, true] {
                let read = { (index: Int) in Self.word(index, size, isSwapped, head) }
                let following = read(1)
                guard head.count >= 8 * size, read(0) == 0, (3...16).contains(following), read(2) == 0,
                    (1...1_000_000_000).contains(read(3)), read(4) == 0
                else { continue }
                self.size = size
                self.isSwapped = isSwapped
                period = read(3)
                firstRecord = Int(following) + 2
                return
            }
        }
        return nil
    }

    func count(in bytes: UnsafeRawBufferPointer) -> Int { bytes.count / size }

    func word(_ index: Int, in bytes: UnsafeRawBufferPointer) -> UInt64 {
        Self.word(index, size, isSwapped, bytes)
    }

    private static func word(
        _ index: Int, _ size: Int, _ isSwapped: Bool, _ bytes: UnsafeRawBufferPointer
    ) -> UInt64 {
        let view = ByteView(bytes, swapped: isSwapped)
        return size == 8 ? view.u64(index * 8) : UInt64(view.u32(index * 4))
    }
}

/// Names of addresses, by the mappings of one process.
private struct AddressNames {
    private var modules: Modules
    private var space = AddressSpace(generation: 0)
    private let showsAddresses: Bool
    private let namesModules: Bool
    private var known: [UInt64: FrameID] = [:]

    init(options: FoldingOptions) {
        modules = Modules(places: options.symbolPlaces)
        showsAddresses = options.showsAddresses && !options.namesModules
        namesModules = options.namesModules
    }

    /// Reads lines of /proc/PID/maps; others are left out.
    mutating func readMappings(_ text: UnsafeRawBufferPointer) {
        var lines = LineScanner(text)
        while let line = lines.take(through: 0x0A) {
            var scanner = LineScanner(line)
            scanner.skipBlanks()
            guard let start = scanner.hexadecimal(), scanner.take("-"), let end = scanner.hexadecimal()
            else { continue }
            let rights = scanner.word()
            scanner.skipBlanks()
            guard rights.contains(0x78), let offset = scanner.hexadecimal() else { continue }
            _ = scanner.word()
            _ = scanner.word()
            scanner.skipBlanks()
            guard !scanner.isAtEnd else { continue }
            let module = modules.number(path: Array(scanner.rest), buildID: nil)
            space.map(
                AddressSpace.Mapping(start: start, end: end, offset: offset, module: Int32(module)),
                generation: 0)
        }
    }

    mutating func frame(of address: UInt64, _ profile: inout Profile) -> FrameID {
        if let frame = known[address] { return frame }
        let name = self.name(of: address)
        let frame = name.withUnsafeBytes { profile.frames.intern($0) }
        known[address] = frame
        return frame
    }

    private mutating func name(of address: UInt64) -> [UInt8] {
        guard let mapping = space.find(address) else {
            return Array((showsAddresses ? "[\(String(address, radix: 16))]" : "[unknown]").utf8)
        }
        let module = Int(mapping.module)
        let path = modules.path(module)
        let base = path[((path.lastIndex(of: 0x2F) ?? -1) + 1)...]
        if namesModules { return Array(base) }
        let place = address - mapping.start + mapping.offset
        if let symbol = modules.find(module, place) {
            let name = modules.rawName(of: symbol, in: module)
            if !name.isEmpty { return name }
        }
        return [0x5B] + base + (showsAddresses ? Array(" <\(String(place, radix: 16))>".utf8) : []) + [0x5D]
    }
}
