/// The text of strace, of one process or of many (-f), perhaps with times (-T) and stacks (-k).
///
/// The weights are the nanoseconds that calls took where strace -T measured them, else calls (`--event calls` asks
/// for them). Under each call stands the program, known once its execve is seen; `--pid` keeps processes apart.
enum StraceFormat: ProfileReader {
    static let kind = ProfileInput.Kind("strace text", knows: .modules)

    static func recognises(_ head: InputHead) -> Bool {
        head.lines.prefix(100).contains { line in
            line.withUnsafeBytes { line in
                guard let entry = StraceLine(line) else { return false }
                return entry.kind == .call && entry.result != nil || entry.kind == .resumed
            }
        }
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        var parser = StraceParser(options: input.options)
        let skipped = try input.stream.forEachLine(partial: input.options.partial) {
            (line) throws(ProfileError) in try parser.read(line)
        }
        return try parser.finish(skipped: skipped)
    }
}

/// A line of strace's text.
private struct StraceLine {
    enum Kind { case call, unfinished, resumed, signal }

    var kind = Kind.call
    var pid: Int?
    var name: UnsafeRawBufferPointer
    /// What stands between the parentheses, and behind them.
    var rest: UnsafeRawBufferPointer
    /// What the call returned.
    var result: UnsafeRawBufferPointer?
    /// How long it took.
    var time: Double?

    init?(_ line: UnsafeRawBufferPointer) {
        var scanner = LineScanner(line)
        if scanner.take("[pid") {
            scanner.skipBlanks()
            guard let pid = scanner.whole(), scanner.take("]") else { return nil }
            self.pid = pid
            scanner.skipBlanks()
        }
        scanner.skipBlanks()
        // A number alone is a process, one with a point or colons in it a time.
        while let next = scanner.next, next &- 0x30 < 10 {
            let word = scanner.word()
            if let number = DecimalNumber.parse(word), !word.contains(0x2E) {
                pid = Int(exactly: number)
            } else {
                guard word.allSatisfy({ $0 &- 0x30 < 10 || $0 == 0x2E || $0 == 0x3A }) else { return nil }
            }
            scanner.skipBlanks()
        }
        if scanner.take("---") || scanner.take("+++") {
            kind = .signal
            name = scanner.rest
            rest = scanner.rest
            return
        }
        if scanner.take("<... ") {
            name = scanner.take { $0 == 0x20 }
            guard scanner.take(" resumed>") else { return nil }
            kind = .resumed
        } else {
            name = scanner.take { !($0 == 0x5F || $0 &- 0x30 < 10 || $0 &- 0x61 < 26) }
            guard scanner.take("(") else { return nil }
        }
        guard name.count > 0, name.count < 64 else { return nil }
        rest = scanner.rest
        if rest.trimmed.suffix(16).elementsEqual("<unfinished ...>".utf8) {
            kind = .unfinished
            return
        }
        findResult()
    }

    /// Finds ` = result <time>` from the end: arguments may hold the same.
    private mutating func findResult() {
        var end = rest.trimmed.count
        if end > 2, rest[end - 1] == 0x3E,
            let open = ByteSearch.last(0x3C, in: UnsafeRawBufferPointer(rebasing: rest[..<end]))
        {
            time = SecondsText.nanoseconds(UnsafeRawBufferPointer(rebasing: rest[(open + 1)..<(end - 1)]))
            if time != nil { end = open }
        }
        var place = end - 3
        while place >= 0 {
            if rest[place] == 0x20, rest[place + 1] == 0x3D, rest[place + 2] == 0x20 {
                result = UnsafeRawBufferPointer(rebasing: rest[(place + 3)..<end])
                return
            }
            place -= 1
        }
    }
}

/// The state of reading strace's text.
private struct StraceParser {
    private struct Call {
        var pid: Int
        var name: [UInt8]
        var time: Double?
        /// From the innermost function, where strace -k printed them.
        var stack: [[UInt8]] = []
    }

    private let options: FoldingOptions
    private var times = Profile(unit: SecondsText.unit)
    private var calls = Profile(unit: "calls")
    private var programs: [Int: [UInt8]] = [:]
    private var unfinished: [Int: [UInt8]] = [:]
    /// Processes whose call that makes another one has not returned yet.
    private var forking: [Int] = []
    private var last: Call?
    private var untimed = 0
    private var others = 0

    /// More calls than this that make processes at once are not followed.
    private static let mostForking = 1024
    /// More processes than this at once are taken for one another's.
    private static let mostProcesses = 1 << 20

    init(options: FoldingOptions) { self.options = options }

    mutating func read(_ line: TextLine) throws(ProfileError) {
        var scanner = LineScanner(line.bytes)
        if scanner.take(" > ") {
            last?.stack.append(Self.frame(scanner.rest, asModule: options.namesModules))
            return
        }
        guard let entry = StraceLine(line.bytes) else {
            if line.bytes.count > 0 { others += 1 }
            return
        }
        try endCall()
        let pid = entry.pid ?? 0
        // A child is seen before its parent's call has returned.
        if programs[pid] == nil, let parent = forking.last, parent != pid { programs[pid] = programs[parent] }
        switch entry.kind {
        case .signal:
            // An exited process's number may be given to another program.
            if entry.name.starts(with: " exited".utf8) || entry.name.starts(with: " killed".utf8) {
                programs[pid] = nil
                unfinished[pid] = nil
                forking.removeAll { $0 == pid }
            }
        case .unfinished:
            guard unfinished.count < Self.mostProcesses else { return }
            unfinished[pid] = Array(entry.rest)
            if Self.makesProcess(entry.name), forking.count < Self.mostForking { forking.append(pid) }
        case .call:
            begin(entry, pid, arguments: Array(entry.rest))
        case .resumed:
            let arguments = unfinished.removeValue(forKey: pid) ?? []
            forking.removeAll { $0 == pid }
            begin(entry, pid, arguments: arguments)
        }
    }

    private mutating func begin(_ entry: StraceLine, _ pid: Int, arguments: [UInt8]) {
        // A call that does not return (exit) has none or a question mark; a line cut by other output has none.
        last = Call(pid: pid, name: Array(entry.name), time: entry.time)
        guard let result = entry.result else { return }
        var scanner = LineScanner(result)
        if entry.name.equals("execve"), result.first == 0x30 {
            programs[pid] = arguments.withUnsafeBytes { Self.program($0) }
        } else if Self.makesProcess(entry.name), let child = scanner.whole(), child > 0,
            programs.count < Self.mostProcesses
        {
            // Its execve may stand before the line that says who began it.
            if programs[child] == nil { programs[child] = programs[pid] }
        }
    }

    private static func makesProcess(_ name: UnsafeRawBufferPointer) -> Bool {
        ["clone", "clone3", "fork", "vfork"].contains { name.equals($0) }
    }

    private mutating func endCall() throws(ProfileError) {
        guard let call = last else { return }
        last = nil
        var names: [[UInt8]] = [programs[call.pid] ?? programs[0] ?? Array("[unknown program]".utf8)]
        if options.processName != .command { names[0] += Array("-\(call.pid)".utf8) }
        if options.namesModules { names = [] }
        names += call.stack.reversed()
        names.append(options.namesModules ? Array("[kernel]".utf8) : call.name)
        try Self.add(names, 1, to: &calls)
        if let time = call.time { try Self.add(names, time, to: &times) } else { untimed += 1 }
    }

    private static func add(
        _ names: [[UInt8]], _ weight: Double, to profile: inout Profile
    ) throws(ProfileError) {
        var node = CallTree.root
        for name in names {
            node = profile.child(of: node, name.withUnsafeBytes { profile.frames.intern($0) })
        }
        try profile.add(weight, to: node)
    }

    /// The last part of the path that is execve's first argument.
    private static func program(_ arguments: UnsafeRawBufferPointer) -> [UInt8]? {
        var scanner = LineScanner(arguments)
        guard scanner.take("\""), let path = scanner.take(through: 0x22), path.count > 0 else { return nil }
        return Array(path[((ByteSearch.last(0x2F, in: path) ?? -1) + 1)...])
    }

    /// A line of strace -k: `/lib/libc.so.6(__open+0x1a) [0x10fe3a]`.
    private static func frame(_ line: UnsafeRawBufferPointer, asModule: Bool) -> [UInt8] {
        guard let open = ByteSearch.last(0x28, in: line) else { return Array(line.prefix(200)) }
        var scanner = LineScanner(UnsafeRawBufferPointer(rebasing: line[(open + 1)...]))
        let name = scanner.take { $0 == 0x29 || $0 == 0x2B }
        guard name.count == 0 || asModule else { return Array(name) }
        let path = UnsafeRawBufferPointer(rebasing: line[..<open])
        let base = Array(path[((ByteSearch.last(0x2F, in: path) ?? -1) + 1)...])
        return asModule ? base : [0x5B] + base + [0x5D]
    }

    mutating func finish(skipped: Int) throws(ProfileError) -> Profile {
        try endCall()
        let countsCalls = options.event == "calls" || times.total == 0
        var profile = countsCalls ? calls : times
        if !countsCalls, untimed > 0 {
            profile.notes.append("\(untimed) calls have no time and count nothing")
        }
        if others > 0 { profile.notes.append("\(others) lines are none of strace's and were left out") }
        profile.note(skipped: skipped)
        return profile
    }
}
