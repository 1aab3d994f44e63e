import BootModel

/// What frames and processes are called when samples of perf are folded.
public struct FoldingOptions: Sendable, Hashable {
    /// How the process under which a stack stands is named.
    public enum ProcessName: Sendable, Hashable {
        /// The command: `qemu-system-x86`.
        case command
        /// Command and process: `qemu-system-x86-123`; the process is `?` where perf did not print it.
        case process
        /// Command, process and thread: `qemu-system-x86-123/125`.
        case thread
    }

    /// How the process is named.
    public var processName = ProcessName.command
    /// Whether functions of the kernel get `_[k]` behind their name.
    public var marksKernel = false
    /// Whether functions of a just-in-time compiler get `_[j]` behind their name.
    public var marksGenerated = false
    /// Whether frames are called by their modules, as `libc.so.6` or `[kernel]`, and not by their functions.
    public var namesModules = false
    /// Whether frames without a symbol show their address: `[libc.so.6 <7f12>]`.
    public var showsAddresses = false
    /// The event whose samples count; nil for the first one in the input.
    public var event: String?
    /// Whether what QEMU's translator generated, and what a stack walk made of it, becomes one frame.
    public var bucketsGeneratedCode = true
    /// Whether a sample weighs its period; if not, it weighs 1.
    public var weighsPeriods = true
    /// Whether functions that were inlined are frames of their own, as far as debug information tells; only of
    /// recordings.
    public var showsInlined = false
    /// Whether file and line stand behind the function, as far as debug information tells; only of recordings.
    public var showsLines = false
    /// Whether names stay as compilers mangled them: `_ZN3foo3barEi`.
    public var showsRawNames = false
    /// Where symbols of recordings are looked for.
    public var symbolPlaces = SymbolPlaces()
    /// Which samples count.
    public var selection = SampleSelection()
    /// Whether the profile keeps the single samples with their times; 40 bytes for each.
    public var keepsSamples = false
    /// Whether a kind that does not know the order of its samples is refused.
    public var needsOrder = false
    /// Whether an input that is cut short or damaged gives what can be read of it.
    public var partial = false

    /// The usual names.
    public init() {}
}

/// Reads what `perf script` prints, with the semantics of stackcollapse-perf.pl.
///
/// Deliberate differences from it: samples on a single line count; parentheses inside angle brackets belong to
/// the name (`std::function<void (int)>::operator` stays whole); command names of one letter, or with numbers
/// in them, and module paths with parentheses are understood; semicolons in a command's name become colons;
/// QEMU's generated code is one frame. As there, a last stack without an empty line behind it is left out (it
/// may lack its callers); a note says so.
public struct PerfScriptReader: Sendable {
    /// How frames and processes are named.
    public var options: FoldingOptions

    /// A reader.
    public init(options: FoldingOptions = FoldingOptions()) { self.options = options }

    /// Reads one profile: at most about 40 MB beside the profile itself, whatever the length of the
    /// text. Its pieces are read on as many processors as there are, up to four.
    ///
    /// - Throws: `ProfileError` with the line, where the text is not what `perf script` prints, or is cut.
    public func read(_ source: ProfileSource) throws(ProfileError) -> Profile {
        try read(ByteStream(source))
    }

    func read(_ stream: ByteStream) throws(ProfileError) -> Profile {
        var pieces = PerfScriptPieces(
            parser: PerfScriptParser(options: options, name: stream.name),
            // Samples that are kept one by one stay in their order.
            workers: options.keepsSamples ? 1 : PerfScriptPieces.usualWorkers)
        try stream.forEachChunk(size: PerfScriptPieces.size) { (chunk, isLast) throws(ProfileError) in
            try pieces.parse(chunk, isLast: isLast)
        }
        var parser = try pieces.finish()
        try parser.finish()
        var profile = try parser.builder.finish(event: parser.event)
        profile.start = parser.start
        return profile
    }
}

extension ProfileInput.Kind {
    /// What `perf script` prints.
    public static let perfScript = ProfileInput.Kind(
        "perf script text", knows: [.circumstances, .order, .modules])
}

extension PerfScriptReader: ProfileReader {
    static var kind: ProfileInput.Kind { .perfScript }

    static func recognises(_ head: InputHead) -> Bool {
        // A tracepoint's header does not end in its event, but a frame stands below it.
        var isBelowHeader = false
        return head.lines.contains { line in
            line.withUnsafeBytes { line in
                guard line[0] != 0x23 else { return false }
                if line[0] == 0x20 || line[0] == 0x09 {
                    let isFrame = FrameLine.startsWithAddress(line) && line.last == 0x29
                    return isBelowHeader && isFrame || SampleHeader.single(line) != nil
                }
                let header = SampleHeader(line)
                isBelowHeader = header != nil
                guard let header else { return false }
                return header.event != nil || SampleHeader.single(line) != nil
            }
        }
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        try PerfScriptReader(options: input.options).read(input.stream)
    }
}

/// The state of reading `perf script` text line by line.
struct PerfScriptParser {
    var builder: SampleBuilder
    private(set) var event: [UInt8]?
    private let options: FoldingOptions
    private let name: String
    private var lines: FrameLineCache
    private(set) var lineNumber = 0
    private var inSample = false
    private var counts = false
    private var weight: Double = 1
    private var otherEvents = OtherEvents()
    private var hasCounted = false
    private var strange = 0
    /// When the first sample was taken, of whatever event, where samples are kept with their times.
    private(set) var start: UInt64?
    private let selects: Bool
    private let needsFacts: Bool

    init(options: FoldingOptions, name: String) {
        self.options = options
        self.name = name
        builder = SampleBuilder(options: options)
        lines = FrameLineCache(options: options)
        event = options.event.map { Array($0.utf8) }
        selects = !options.selection.isEverything
        needsFacts = selects || options.keepsSamples
    }

    /// Reads the lines in `chunk`; the last one may lack its newline.
    mutating func parse(_ chunk: UnsafeRawBufferPointer) throws(ProfileError) {
        var start = 0
        while start < chunk.count {
            let newline = ByteSearch.first(0x0A, in: chunk, from: start)
            lineNumber += 1
            if newline == start {
                try endSample()
            } else {
                guard newline < chunk.count || options.partial else { throw cut() }
                let line = UnsafeRawBufferPointer(rebasing: chunk[start..<newline])
                if newline == chunk.count {
                    strange += 1
                } else if line[0] == 0x20 || line[0] == 0x09 {
                    try readIndented(line)
                } else {
                    try readHeader(line)
                }
            }
            start = newline + 1
        }
    }

    /// Reads a piece of the text that begins with a new sample; the number of its lines.
    mutating func parsePiece(_ piece: [UInt8]) throws(ProfileError) -> Int {
        lineNumber = 0
        try piece.withUnsafeBytesThrowing { (piece) throws(ProfileError) in try parse(piece) }
        return lineNumber
    }

    /// A parser for other pieces of the same text.
    func another() -> PerfScriptParser {
        var parser = PerfScriptParser(options: options, name: name)
        parser.event = event
        return parser
    }

    /// Takes in what `other` read of the same text.
    mutating func absorb(_ other: PerfScriptParser) throws(ProfileError) {
        try builder.absorb(other.builder)
        otherEvents.add(other.otherEvents)
        hasCounted = hasCounted || other.hasCounted
        strange += other.strange
        if other.inSample {
            inSample = true
            counts = other.counts
        }
    }

    /// Ends the text.
    mutating func finish() throws(ProfileError) {
        if let wanted = options.event, !hasCounted, !otherEvents.isEmpty {
            throw otherEvents.missing(wanted, in: name)
        }
        if inSample, counts {
            builder.profile.notes.append(
                "the last stack is not ended by an empty line and may lack callers: left out")
        }
        if let note = otherEvents.note { builder.profile.notes.append(note) }
        if strange > 0 { builder.profile.notes.append("\(strange) lines were not understood and left out") }
    }

    private mutating func endSample() throws(ProfileError) {
        if inSample, counts { try builder.endSample(weight: weight) }
        inSample = false
        counts = false
    }

    @inline(__always)
    private mutating func readIndented(_ line: UnsafeRawBufferPointer) throws(ProfileError) {
        if inSample {
            guard counts else { return }
            if !lines.add(line, to: &builder) { strange += 1 }
        } else {
            try readSingleLine(line)
        }
    }

    private mutating func readHeader(_ line: UnsafeRawBufferPointer) throws(ProfileError) {
        if line[0] == 0x23 || (line.count == 1 && line[0] == 0x0D) { return }
        guard let header = SampleHeader(line) else {
            if inSample {
                if counts, !lines.add(line, to: &builder) { strange += 1 }
                return
            }
            try readSingleLine(line)
            return
        }
        try endSample()
        try begin(header)
    }

    private mutating func readSingleLine(_ line: UnsafeRawBufferPointer) throws(ProfileError) {
        guard let (header, frame) = SampleHeader.single(line) else {
            guard options.partial else { throw notUnderstood(line) }
            strange += 1
            return
        }
        try begin(header)
        if counts, !lines.add(frame, to: &builder) { strange += 1 }
        try endSample()
    }

    private mutating func begin(_ header: SampleHeader) throws(ProfileError) {
        inSample = true
        counts = true
        weight = 1
        if options.keepsSamples, start == nil {
            let time = header.facts(whole: true).time
            if time > 0 { start = time }
        }
        if let name = header.event {
            if event == nil { event = Array(name) }
            counts = event?.withUnsafeBytes { ByteOrder.equal($0, name) } ?? false
            if options.weighsPeriods, header.period > 0 { weight = header.period }
        } else if let event, options.event != nil {
            // Tracepoints count beside the first event, but not beside one that was asked for.
            counts =
                header.tracepoint.map { tracepoint in
                    event.withUnsafeBytes { $0.elementsEqual(tracepoint) }
                } ?? false
        }
        guard counts else {
            if let name = header.event {
                otherEvents.count(name)
            } else if let name = header.tracepoint {
                otherEvents.count(name)
            }
            return
        }
        hasCounted = true
        let facts = header.facts(whole: needsFacts)
        if selects, !options.selection.holds(facts, command: header.command) {
            counts = false
            return
        }
        builder.beginSample(header.command, processName(header), facts)
    }

    private func processName(_ header: SampleHeader) -> [UInt8] {
        var name = Array(header.command)
        if options.processName != .command {
            name.append(0x2D)
            name.append(contentsOf: header.process)
            if options.processName == .thread {
                name.append(0x2F)
                name.append(contentsOf: header.thread)
            }
        }
        for index in name.indices {
            if name[index] == 0x20 { name[index] = 0x5F }
            if name[index] == 0x3B { name[index] = 0x3A }
        }
        return name
    }

    private func cut() -> ProfileError {
        ProfileError(
            .truncated, file: name, at: .line(lineNumber), "the text ends in the middle of a line",
            nextStep: "Print it again with perf script, or read what there is with --partial.")
    }

    private func notUnderstood(_ line: UnsafeRawBufferPointer) -> ProfileError {
        ProfileError(
            .malformed, file: name, at: .line(lineNumber),
            "\(Printable.quote(line)) is not a line of perf script",
            nextStep: "Give the output of \"perf script\", or read what can be read with --partial.")
    }
}
