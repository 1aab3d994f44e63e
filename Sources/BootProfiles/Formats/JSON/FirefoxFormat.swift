/// The Firefox Profiler's processed JSON.
///
/// Written is version 57, pinned: newer profilers upgrade it. Read are versions that keep their strings in each
/// thread (before 56) or in one list, and their tables in each thread or in `shared` (from 59). The weights are the
/// samples' (1 where they have none), times in nanoseconds. Where there are several threads, each stands under its
/// name.
enum FirefoxFormat: ProfileReader {
    static let kind = ProfileInput.Kind("Firefox Profiler JSON", knows: [.order, .modules])

    static func recognises(_ head: InputHead) -> Bool {
        guard let text = head.objectText else { return false }
        return text.contains("\"preprocessedProfileVersion\"")
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        let document = try JSONParser.parse(input)
        let whole = document.value
        guard let threads = whole["threads"]?.elements, !threads.isEmpty else {
            throw input.fault(
                "it has no threads", at: whole.place, document.isCut ? .truncated : .malformed)
        }
        var profile = Profile()
        let isOurs = whole["meta"]?["product"]?.text == product
        for (index, thread) in threads.enumerated() {
            let number = threads.count > 1 ? thread["tid"]?.threadNumber ?? Int32(clamping: index) : -1
            do throws(ProfileError) {
                try readThread(
                    thread, number: number, whole["shared"], whole["libs"], isNamed: threads.count > 1,
                    isOurs: isOurs, input, &profile)
            } catch {
                // The last thread of a document that is cut lacks what comes behind.
                guard document.isCut, error.code == .malformed else { throw error }
            }
        }
        if document.isCut { profile.notes.append("the JSON is cut short: only whole threads are in here") }
        return profile
    }

    static let product = "bootmark"

    private static func readThread(
        _ thread: JSONValue, number: Int32, _ shared: JSONValue?, _ libraries: JSONValue?, isNamed: Bool,
        isOurs: Bool, _ input: ReaderInput,
        _ profile: inout Profile
    ) throws(ProfileError) {
        let fault = { (detail: String) in input.fault(detail, at: thread.place) }
        let table = { (name: String) in thread[name] ?? shared?[name] }
        guard
            let strings = (thread["stringArray"] ?? shared?["stringArray"] ?? thread["stringTable"])?
                .elements,
            let stacks = table("stackTable"), let frames = table("frameTable"),
            let functions = table("funcTable"), let samples = thread["samples"]
        else { throw fault("a thread lacks one of its tables") }
        guard let functionNames = functions.numbers("name"), let frameFunctions = frames.numbers("func"),
            let stackFrames = stacks.numbers("frame"),
            let prefixes = stacks["prefix"]?.elements ?? prefixes(fromOffsets: stacks),
            prefixes.count == stackFrames.count, let sampled = samples["stack"]?.elements
        else { throw fault("a thread lacks a column of one of its tables") }
        var tree = ColumnarStacks(profile: profile)
        let name = thread["name"]?.text ?? ""
        let modules = input.options.namesModules ? FirefoxModules(table, libraries, strings) : nil
        if isNamed, modules == nil { tree.begin(under: name) } else { tree.begin() }
        for (index, prefix) in prefixes.enumerated() {
            guard let frame = Int(exactly: stackFrames[index]), frameFunctions.indices.contains(frame),
                let function = Int(exactly: frameFunctions[frame]), functionNames.indices.contains(function),
                let string = Int(exactly: functionNames[function]), strings.indices.contains(string),
                tree.add(
                    modules?.name(ofFrame: frame, function: function) ?? strings[string].text ?? "",
                    prefix: prefix)
            else { throw fault("stack \(index) names a caller or a function that there is not") }
        }
        let weights = samples["weight"]?.elements
        guard weights == nil || weights?.count == sampled.count else {
            throw fault("stacks and weights differ in number")
        }
        let type = samples["weightType"]?.text ?? "samples"
        if let own = ["tracing-ms": SecondsText.unit, "bytes": "bytes"][type] { tree.profile.unit = own }
        var times = SampleTimes(samples)
        if isOurs, !name.isEmpty { tree.profile.unit = Printable.line(name, limit: 60) }
        for (index, stack) in sampled.enumerated() {
            let time = times.next(index)
            var weight = 1.0
            if let weights {
                guard let number = weights[index].number, number >= 0 else {
                    throw fault("sample \(index) has a weight that is negative (a difference) or none")
                }
                weight = type == "tracing-ms" ? nanoseconds(number) : number
            }
            // A sample without a stack says only that there was none.
            if case .null = stack { continue }
            guard
                try tree.add(
                    weight, stack: stack, thread: number, time: time, options: input.options)
            else {
                throw fault("sample \(index) names a stack that there is not")
            }
        }
        profile = tree.profile
    }

    /// The callers of stacks from how far above them they stand, as versions from 66 on say it; 0 is no caller.
    private static func prefixes(fromOffsets stacks: JSONValue) -> [JSONValue]? {
        stacks.numbers("prefixOffset")?.enumerated().map { row, offset in
            offset == 0 ? .null : .number(Double(row) - offset)
        }
    }

    /// The nanoseconds in `milliseconds`; whole ones come back whole.
    static func nanoseconds(_ milliseconds: Double) -> Double {
        let exact = milliseconds * 1e6
        return abs(exact - exact.rounded()) <= exact * 1e-15 ? exact.rounded() : exact
    }

    static func bytes(_ profile: Profile) -> [UInt8] {
        let (frames, order) = profile.numberedFrames()
        let isTime = profile.unitIsNanoseconds
        let type = isTime ? "tracing-ms" : profile.unit == "bytes" ? "bytes" : "samples"
        var json = JSONText()
        json.raw(
            """
            {"meta":{"interval":1,"startTime":0,"processType":0,"product":"\(product)","stackwalk":1,"version":31,\
            "preprocessedProfileVersion":57,"symbolicated":true,"debug":false,"abi":"","misc":"","oscpu":"",\
            "platform":"","toolkit":"","categories":[{"name":"Other","color":"grey","subcategories":["Other"]}],\
            "markerSchema":[],"sampleUnits":{"time":"ms","eventDelay":"ms","threadCPUDelta":"ns"}},"libs":[],\
            "pages":[],"counters":[],"shared":{"stringArray":
            """)
        json.list(order) { $0.string(profile.frames.name(of: $1)) }
        json.raw(
            """
            },"threads":[{"processType":"default","processStartupTime":0,"processShutdownTime":null,\
            "registerTime":0,"unregisterTime":null,"pausedRanges":[],"isMainThread":true,"processName":"bootmark",\
            "pid":"0","tid":0,"name":
            """)
        json.string(profile.unit)
        // The tree in the order of folded lines, so that equal profiles give equal bytes.
        var stacks: [(frame: Int32, prefix: Int32)] = []
        var samples: [(stack: Int32, weight: Double, time: Double)] = []
        var elapsed = 0.0
        var nodes = [Int32](repeating: -1, count: profile.tree.count)
        profile.forEachStack(where: { profile.tree.weights[$0] != 0 }) { stack, node in
            var path: [Int] = []
            var above = node
            while above > 0, nodes[above] < 0 {
                path.append(above)
                above = Int(profile.tree.parents[above])
            }
            for place in path.reversed() {
                nodes[place] = Int32(stacks.count)
                let parent = Int(profile.tree.parents[place])
                stacks.append((frames[profile.tree.frames[place].place], parent > 0 ? nodes[parent] : -1))
            }
            let weight = profile.tree.weights[node]
            samples.append((nodes[node], weight, elapsed))
            elapsed += isTime ? weight / 1e6 : 1
        }
        // Samples that were kept singly know their times; otherwise stacks stand one behind the other.
        if profile.keepsAllSamples {
            let start = profile.samples.map(\.facts.time).min() ?? 0
            samples = profile.samples.sorted { ($0.facts.time, $0.node) < ($1.facts.time, $1.node) }
                .map { (nodes[Int($0.node)], $0.weight, Double($0.facts.time - start) / 1e6) }
        }
        json.raw(",\"samples\":{\"length\":\(samples.count),\"weightType\":\"\(type)\",\"stack\":")
        json.list(samples) { $0.whole($1.stack) }
        json.raw(",\"time\":")
        json.list(samples) { $0.number($1.time) }
        json.raw(",\"weight\":")
        json.list(samples) { $0.number(isTime ? $1.weight / 1e6 : $1.weight) }
        json.raw(
            """
            },"markers":{"length":0,"data":[],"name":[],"startTime":[],"endTime":[],"phase":[],"category":[]},\
            "stackTable":{"length":\(stacks.count),"frame":
            """)
        json.list(stacks) { $0.whole($1.frame) }
        json.raw(",\"prefix\":")
        json.list(stacks) { if $1.prefix < 0 { $0.raw("null") } else { $0.whole($1.prefix) } }
        json.raw("},\"frameTable\":{\"length\":\(order.count)")
        let columns = [
            ("address", "-1"), ("inlineDepth", "0"), ("category", "0"), ("subcategory", "0"), ("func", nil),
            ("nativeSymbol", "null"), ("innerWindowID", "0"), ("line", "null"), ("column", "null"),
        ]
        json.columns(columns, count: order.count)
        json.raw("},\"funcTable\":{\"length\":\(order.count)")
        json.columns(
            [
                ("isJS", "false"), ("relevantForJS", "false"), ("name", nil), ("resource", "-1"),
                ("fileName", "null"), ("lineNumber", "null"), ("columnNumber", "null"),
            ], count: order.count)
        json.raw(
            """
            },"resourceTable":{"length":0,"lib":[],"name":[],"host":[],"type":[]},"nativeSymbols":{"length":0,\
            "libIndex":[],"address":[],"name":[],"functionSize":[]}}]}

            """)
        return json.bytes
    }
}

extension JSONText {
    /// Writes an array of what `write` makes of each element.
    mutating func list<Elements: Sequence>(
        _ elements: Elements, _ write: (inout JSONText, Elements.Element) -> Void
    ) {
        raw("[")
        for (index, element) in elements.enumerated() {
            if index > 0 { raw(",") }
            write(&self, element)
        }
        raw("]")
    }

    /// Writes a whole number.
    mutating func whole(_ number: Int32) { raw(String(number)) }

    /// Writes columns of a table: each value the same, or its own row's number.
    fileprivate mutating func columns(_ columns: [(name: String, value: String?)], count: Int) {
        for (name, value) in columns {
            raw(",\"\(name)\":")
            list(0..<count) { $0.raw(value ?? String($1)) }
        }
    }
}

extension Profile {
    /// A number for each frame that has a part in a weighted stack, in the order of folded lines; -1 for others.
    func numberedFrames() -> (numbers: [Int32], order: [FrameID]) {
        var numbers = [Int32](repeating: -1, count: frames.count)
        var order: [FrameID] = []
        forEachStack { stack, _ in
            for frame in stack where numbers[frame.place] < 0 {
                numbers[frame.place] = Int32(order.count)
                order.append(frame)
            }
        }
        return (numbers, order)
    }

    /// Whether every stack's weight is made of samples that were kept singly, with their times.
    var keepsAllSamples: Bool {
        !samples.isEmpty && samples.allSatisfy { $0.facts.time > 0 && tree.weights[Int($0.node)] > 0 }
            && abs(samples.reduce(0) { $0 + $1.weight } - total) <= total * 1e-9
    }

    /// Whether the weights are nanoseconds: perf's clocks count in them too.
    var unitIsNanoseconds: Bool {
        unit == SecondsText.unit || unit.hasPrefix("cpu-clock") || unit.hasPrefix("task-clock")
    }
}

/// The times of a thread's samples: milliseconds, or (from version 49 on, where they are so) steps between them.
private struct SampleTimes {
    private let times: [JSONValue]
    private let areSteps: Bool
    private var elapsed = 0.0

    init(_ samples: JSONValue) {
        let steps = samples["timeDeltas"]?.elements
        times = steps ?? samples["time"]?.elements ?? []
        areSteps = steps != nil
    }

    /// Nanoseconds of the sample at `index`; of samples without times their order. Asked for all of them in turn.
    mutating func next(_ index: Int) -> Double {
        let number = index < times.count ? times[index].number : nil
        guard areSteps else { return FirefoxFormat.nanoseconds(number ?? Double(index)) }
        elapsed += number ?? 0
        return FirefoxFormat.nanoseconds(elapsed)
    }
}

/// The libraries that functions lie in: the resources of functions, or (from version 70 on) the libraries of frames.
private struct FirefoxModules {
    private let libraries: [JSONValue]
    private let ofFrames: [JSONValue]
    private let resources: [JSONValue]
    private let names: [JSONValue]
    private let strings: [JSONValue]

    init(_ table: (String) -> JSONValue?, _ libraries: JSONValue?, _ strings: [JSONValue]) {
        self.libraries = libraries?.elements ?? []
        ofFrames = table("frameTable")?["lib"]?.elements ?? []
        resources = table("funcTable")?["resource"]?.elements ?? []
        names = table("resourceTable")?["name"]?.elements ?? []
        self.strings = strings
    }

    func name(ofFrame frame: Int, function: Int) -> String {
        if frame < ofFrames.count, let library = ofFrames[frame].index(below: libraries.count),
            let name = libraries[library]["name"]?.text
        {
            return name
        }
        guard function < resources.count, let resource = resources[function].index(below: names.count),
            let string = names[resource].index(below: strings.count), let name = strings[string].text
        else { return "[unknown]" }
        return name
    }
}

/// Stacks that are given as rows, each with its frame and the row of its callers.
struct ColumnarStacks {
    var profile: Profile
    private var nodes: [Int32] = []
    private var parent = CallTree.root

    init(profile: Profile) { self.profile = profile }

    /// Begins the table of a thread, whose stacks stand under `name`.
    mutating func begin(under name: String? = nil) {
        nodes = []
        parent = name.map { profile.child(of: CallTree.root, profile.intern($0)) } ?? CallTree.root
    }

    /// Adds a row; false where its callers are no row above it.
    mutating func add(_ name: String, prefix: JSONValue) -> Bool {
        var above = parent
        if case .null = prefix {
        } else {
            guard let index = prefix.index(below: nodes.count) else { return false }
            above = nodes[index]
        }
        nodes.append(profile.child(of: above, profile.intern(name)))
        return true
    }

    /// Adds a sample of `weight` to the stack of a row; false where there is no such row.
    mutating func add(
        _ weight: Double, stack: JSONValue, thread: Int32, time: Double, options: FoldingOptions
    ) throws(ProfileError) -> Bool {
        guard let index = stack.index(below: nodes.count) else { return false }
        try profile.add(weight, to: nodes[index], thread: thread, time: time, options: options)
        return true
    }
}
