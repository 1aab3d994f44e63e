/// callgrind's text: costs by function and by call, from which stacks are estimated (see `CallGraph`).
///
/// The weights are the first event's costs (`--event` names another), in its unit: `Ir` counts instructions.
extension CallgrindFormat: ProfileReader {
    static let kind = ProfileInput.Kind("callgrind", knows: .modules)

    static func recognises(_ head: InputHead) -> Bool {
        if head.bytes.starts(with: "# callgrind format".utf8) { return true }
        return head.holdsLine(beginning: "events: ")
            && (head.holdsLine(beginning: "fn=", within: 400)
                || head.holdsLine(beginning: "fl=", within: 400))
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        var parser = CallgrindParser(event: input.options.event, namesModules: input.options.namesModules)
        let skipped = try input.stream.forEachLine(partial: input.options.partial) {
            (line) throws(ProfileError) in try parser.read(line)
        }
        guard parser.isComplete || input.options.partial else {
            throw input.fault(
                "it announces a summary but no totals end it: it is cut short", at: .line(parser.lines),
                .truncated, nextStep: "Record it again, or read what there is with --partial.")
        }
        var profile = parser.profile
        try parser.graph.addStacks(to: &profile)
        if input.options.namesModules { profile = profile.renamingFrames(CallgrindParser.cutToModule) }
        if !parser.isComplete { profile.notes.append("the text is cut short: later functions are missing") }
        profile.note(skipped: skipped)
        return profile
    }
}

/// The state of reading callgrind's text.
private struct CallgrindParser {
    private(set) var profile = Profile(unit: "events")
    private(set) var graph = CallGraph()
    private(set) var lines = 0
    private let event: String?
    private var column = 0
    private var positions = 1
    private var announced = false
    private var ended = false
    // Objects and files have numbers of their own. Files tell no function from another; objects do where modules are
    // named.
    private var names: [Int: FrameID] = [:]
    private var objectNames: [Int: FrameID] = [:]
    private let namesModules: Bool
    private var object: FrameID?
    private var calledObject: FrameID?
    private var function: FrameID?
    private var callee: FrameID?
    private var isCall = false

    init(event: String?, namesModules: Bool) {
        self.event = event
        self.namesModules = namesModules
    }

    /// Leaves the module of a name of `located`.
    static func cutToModule(_ name: inout [UInt8]) {
        if let end = name.firstIndex(of: 0) { name.removeSubrange(end...) }
    }

    /// A function's name; where modules are named, the module's with the function's behind it, parted by NUL.
    private mutating func located(_ function: FrameID, in object: FrameID?) -> FrameID {
        guard namesModules else { return function }
        let path = object.map { profile.frames.withBytes(of: $0) { Array($0) } } ?? []
        var name = Array(path[((path.lastIndex(of: 0x2F) ?? -1) + 1)...])
        if name.isEmpty || name.elementsEqual("???".utf8) { name = Array("[unknown]".utf8) }
        name.append(0)
        name += profile.frames.withBytes(of: function) { Array($0) }
        return name.withUnsafeBytes { profile.frames.intern($0) }
    }

    /// Whether the file ends as it says that it will.
    var isComplete: Bool { ended || !announced }

    mutating func read(_ line: TextLine) throws(ProfileError) {
        lines = line.number
        var scanner = LineScanner(line.bytes)
        scanner.skipBlanks()
        guard let first = scanner.next, first != 0x23 else { return }
        if first &- 0x30 < 10 || first == 0x2B || first == 0x2D || first == 0x2A {
            return try readCost(&scanner, line)
        }
        let key = scanner.take { $0 == 0x3D || $0 == 0x3A }
        guard let separator = scanner.next else { throw line.isNo("line of callgrind") }
        _ = scanner.take(separator == 0x3D ? "=" : ":")
        if separator == 0x3A {
            try readHeader(key, &scanner, line)
        } else if key.equals("fn") {
            function = located(try name(&scanner, line, \.names), in: object)
        } else if key.equals("cfn") {
            callee = located(try name(&scanner, line, \.names), in: calledObject ?? object)
            calledObject = nil
        } else if namesModules, key.equals("ob") {
            object = try name(&scanner, line, \.objectNames)
        } else if namesModules, key.equals("cob") {
            calledObject = try name(&scanner, line, \.objectNames)
        } else if key.equals("calls") {
            guard callee != nil else { throw line.fault("a call names no function") }
            isCall = true
        }
    }

    private mutating func readHeader(
        _ key: UnsafeRawBufferPointer, _ scanner: inout LineScanner, _ line: TextLine
    ) throws(ProfileError) {
        if key.equals("positions") {
            positions = 0
            while scanner.word().count > 0 { positions += 1 }
        } else if key.equals("events") {
            var events: [String] = []
            while true {
                let name = scanner.word()
                if name.count == 0 { break }
                events.append(Printable.line(name.text, limit: 60))
            }
            guard let first = events.first else { throw line.fault("it names no event") }
            column = 0
            profile.unit = first
            guard let event else { return }
            guard let index = events.firstIndex(of: event) else {
                throw line.fault(
                    "it holds no event \(Printable.line(event))", .empty,
                    nextStep: "It holds: \(events.joined(separator: ", ")).")
            }
            column = index
            profile.unit = event
        } else if key.equals("summary") {
            announced = true
        } else if key.equals("totals") {
            ended = true
        }
    }

    /// A name, which stands behind its number the first time, and not again.
    private mutating func name(
        _ scanner: inout LineScanner, _ line: TextLine,
        _ names: WritableKeyPath<CallgrindParser, [Int: FrameID]>
    ) throws(ProfileError) -> FrameID {
        guard scanner.take("(") else { return profile.frames.intern(scanner.rest) }
        guard let number = scanner.whole(), scanner.take(")") else {
            // A name of its own that begins with a parenthesis.
            var whole = LineScanner(line.bytes)
            _ = whole.take(through: 0x3D)
            return profile.frames.intern(whole.rest)
        }
        scanner.skipBlanks()
        if scanner.isAtEnd {
            guard let known = self[keyPath: names][number] else {
                throw line.fault("the name \(number) is not given before")
            }
            return known
        }
        let frame = profile.frames.intern(scanner.rest)
        self[keyPath: names][number] = frame
        return frame
    }

    private mutating func readCost(
        _ scanner: inout LineScanner, _ line: TextLine
    ) throws(ProfileError) {
        for _ in 0..<positions where scanner.word().count == 0 { throw line.isNo("line of costs") }
        for _ in 0..<column { _ = scanner.word() }
        let word = scanner.word()
        // Costs that are left out at the end of a line are 0.
        guard let cost = word.count == 0 ? 0 : DecimalNumber.parse(word) else {
            throw line.isNo("line of costs")
        }
        guard let function else { throw line.fault("a cost belongs to no function") }
        if isCall, let callee {
            graph.addCall(from: function, to: callee, cost: cost)
            isCall = false
            self.callee = nil
        } else {
            graph.add(cost, to: function)
        }
    }
}
