/// Austin's text: a line for each sample, `P1;T0:1;file:function:line;… microseconds`, with comments about it.
///
/// The weights are nanoseconds; of memory profiles (and of full ones with `--event memory`) the bytes that were
/// allocated. Frames read `function (file:line)`, as py-spy writes them. `--pid` and `--tid` keep process and thread.
enum AustinFormat: ProfileReader {
    static let kind = ProfileInput.Kind("Austin", knows: .order)

    static func recognises(_ head: InputHead) -> Bool {
        if head.bytes.starts(with: "# austin: ".utf8) { return true }
        guard let line = head.firstLine() else { return false }
        return line.withUnsafeBytes { line in
            var scanner = LineScanner(line)
            return scanner.take("P") && scanner.whole() != nil && scanner.take(";T") && scanner.whole() != nil
        }
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        var parser = AustinParser(options: input.options)
        let skipped = try input.stream.forEachLine(partial: input.options.partial) {
            (line) throws(ProfileError) in try parser.read(line)
        }
        return parser.finish(skipped: skipped)
    }
}

/// The state of reading Austin's text.
struct AustinParser {
    private var profile = Profile(unit: SecondsText.unit)
    private let options: FoldingOptions
    private var countsMemory = false
    private var isFull = false
    private var released = 0
    private var isMarked = false
    private var hasEnded = false
    private var clocks = ThreadClocks()

    init(options: FoldingOptions) { self.options = options }

    mutating func read(_ line: TextLine) throws(ProfileError) {
        var scanner = LineScanner(line.bytes)
        guard let first = scanner.next else { return }
        if first == 0x23 {
            if scanner.take("# duration: ") { hasEnded = true }
            if scanner.take("# mode: ") {
                isMarked = true
                isFull = scanner.rest.equals("full")
                countsMemory = scanner.rest.equals("memory") || (isFull && options.event == "memory")
                if countsMemory { profile.unit = "bytes" }
            }
            return
        }
        guard let space = ByteSearch.last(0x20, in: line.bytes) else { throw line.isNo("sample of Austin") }
        let number = UnsafeRawBufferPointer(rebasing: line.bytes[(space + 1)...])
        guard let weight = self.weight(number) else { throw line.isNo("sample of Austin") }
        var frames = LineScanner(UnsafeRawBufferPointer(rebasing: line.bytes[..<space]))
        let process = frames.take { $0 == 0x3B }
        _ = frames.take(";")
        let thread = frames.take { $0 == 0x3B }
        guard process.first == 0x50, thread.first == 0x54 else { throw line.isNo("sample of Austin") }
        guard weight >= 0 else {
            released += 1
            return
        }
        var node = CallTree.root
        if options.processName != .command {
            node = profile.child(of: node, profile.frames.intern(process))
            if options.processName == .thread {
                node = profile.child(of: node, profile.frames.intern(thread))
            }
        }
        var isEmpty = true
        while frames.take(";") {
            isEmpty = false
            node = profile.child(of: node, intern(frames.take { $0 == 0x3B }))
        }
        if isEmpty { node = profile.child(of: node, profile.intern("[no Python frame]")) }
        var digits = LineScanner(process)
        _ = digits.take("P")
        try clocks.add(
            weight, to: node, of: (digits.whole() ?? 0, UnsafeRawBufferPointer(rebasing: thread.dropFirst())),
            lasting: countsMemory ? nil : weight, options: options,
            &profile)
    }

    /// A sample's weight: one number, or of a full profile time, whether it was idle, and memory.
    private func weight(_ text: UnsafeRawBufferPointer) -> Double? {
        var scanner = LineScanner(text)
        var numbers: [Double] = []
        repeat {
            let isNegative = scanner.take("-")
            guard let number = DecimalNumber.parse(scanner.take { $0 == 0x2C }) else { return nil }
            numbers.append(isNegative ? -number : number)
        } while scanner.take(",")
        guard let first = numbers.first, let last = numbers.last else { return nil }
        return countsMemory ? last : first * 1000
    }

    /// `file:function:line` as `function (file:line)`; anything else as it is.
    private mutating func intern(_ frame: UnsafeRawBufferPointer) -> FrameID {
        guard let second = ByteSearch.last(0x3A, in: frame),
            let first = ByteSearch.last(0x3A, in: UnsafeRawBufferPointer(rebasing: frame[..<second])),
            first > 0
        else { return profile.frames.intern(frame) }
        var name = Array(frame[(first + 1)..<second])
        name += [0x20, 0x28]
        name += frame[..<first]
        name += frame[second...]
        name.append(0x29)
        return name.withUnsafeBytes { profile.frames.intern($0) }
    }

    mutating func finish(skipped: Int) -> Profile {
        if released > 0 {
            profile.notes.append("\(released) samples in which memory was released were left out")
        }
        if isMarked, !hasEnded { profile.notes.append(Self.unfinished) }
        profile.note(skipped: skipped)
        return profile
    }

    /// What is said of a profile that does not say how long it took.
    static let unfinished = "Austin did not come to its end: later samples are missing"
}
