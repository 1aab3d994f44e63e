/// valgrind massif's snapshots: the bytes on the heap at the peak, by who allocated them.
///
/// The weights are useful bytes (`mem_heap_B`) of the peak, or of the last detailed snapshot where none is marked
/// as the peak; without any, the largest snapshot as one frame. Frames are as massif words them, less their
/// addresses.
enum MassifFormat: ProfileReader {
    static let kind = ProfileInput.Kind("valgrind massif")

    static func recognises(_ head: InputHead) -> Bool {
        head.lines.first.map { $0.starts(with: "desc:".utf8) } ?? false
            && head.holdsLine(beginning: "time_unit: ")
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        var parser = MassifParser()
        let skipped = try input.stream.forEachLine(partial: input.options.partial) {
            (line) throws(ProfileError) in try parser.read(line)
        }
        guard parser.isComplete || input.options.partial else {
            throw input.fault(
                "the last snapshot is cut short", at: .line(parser.lines), .truncated,
                nextStep: "Record it again, or read what there is with --partial.")
        }
        let isComplete = parser.isComplete
        var profile = try parser.profile()
        if !isComplete { profile.notes.append("the last snapshot is cut short: what it holds is missing") }
        profile.note(skipped: skipped)
        return profile
    }
}

/// The state of reading massif's text.
private struct MassifParser {
    private struct Node {
        var depth: Int
        var bytes: Double
        var name: [UInt8]
    }

    private(set) var lines = 0
    private var largest = 0.0
    private var tree: [Node] = []
    private var current: [Node] = []
    private var currentIsPeak = false
    private var hasPeak = false
    private var expected = 0
    private var inSnapshot = false

    /// Whether the last snapshot is whole.
    var isComplete: Bool { expected == 0 && !inSnapshot }

    mutating func read(_ line: TextLine) throws(ProfileError) {
        lines = line.number
        var scanner = LineScanner(line.bytes)
        if scanner.take("snapshot=") {
            try end(line)
            inSnapshot = true
        } else if scanner.take("mem_heap_B=") {
            guard let bytes = DecimalNumber.parse(scanner.rest) else { throw line.isNo("number of bytes") }
            largest = max(largest, bytes)
        } else if scanner.take("heap_tree=") {
            inSnapshot = false
            currentIsPeak = scanner.rest.equals("peak")
            expected = scanner.rest.equals("empty") ? 0 : 1
        } else if expected > 0 {
            try readNode(line)
        }
    }

    private mutating func readNode(_ line: TextLine) throws(ProfileError) {
        var scanner = LineScanner(line.bytes)
        let depth = scanner.skipBlanks()
        guard scanner.take("n"), let children = scanner.whole(), scanner.take(": "),
            let bytes = scanner.whole(), depth <= current.count, current.isEmpty == (depth == 0)
        else { throw line.isNo("part of a heap tree") }
        scanner.skipBlanks()
        var name = LineScanner(scanner.rest)
        if name.take("0x"), name.take(through: 0x3A) != nil {
            name.skipBlanks()
        } else {
            name = scanner
        }
        let isRoot = depth == 0 && scanner.rest.starts(with: "(heap allocation functions)".utf8)
        current.append(
            Node(
                depth: depth, bytes: Double(bytes),
                name: Array(isRoot ? Array("[heap allocation]".utf8)[...] : Array(name.rest)[...])))
        expected += children - 1
        if expected == 0 { keep() }
    }

    private mutating func end(_ line: TextLine) throws(ProfileError) {
        guard expected == 0 else {
            expected = 0
            current = []
            throw line.fault("the heap tree before it is not whole")
        }
    }

    private mutating func keep() {
        if currentIsPeak || !hasPeak { tree = current }
        hasPeak = hasPeak || currentIsPeak
        current = []
    }

    mutating func profile() throws(ProfileError) -> Profile {
        if expected > 0, tree.isEmpty { tree = current }
        var profile = Profile(unit: "bytes")
        guard !tree.isEmpty else {
            profile.notes.append("no snapshot is detailed, so who allocated is not known")
            try profile.add(names: ["[heap allocation]"], weight: largest)
            return profile
        }
        // The tree stands on its head: what is called stands above its callers.
        var path: [Node] = []
        var own: [Double] = []
        func close(to depth: Int) throws(ProfileError) {
            while path.count > depth {
                let rest = own.removeLast()
                let stack = path.reversed().map { node in
                    node.name.withUnsafeBytes { profile.frames.intern($0) }
                }
                if rest > 0 { try profile.add(stack: stack, weight: rest) }
                path.removeLast()
            }
        }
        for node in tree where node.depth <= path.count || !path.isEmpty || node.depth == 0 {
            try close(to: min(node.depth, path.count))
            if !own.isEmpty { own[own.count - 1] -= node.bytes }
            path.append(node)
            own.append(node.bytes)
        }
        try close(to: 0)
        return profile
    }
}
