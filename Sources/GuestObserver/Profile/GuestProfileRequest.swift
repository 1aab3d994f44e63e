/// The guest's call stacks, weighted by instructions: what is needed to follow and to name them.
public struct GuestProfileRequest: Sendable, Hashable {
    /// The kernel's names. Without any, functions are shown by address.
    public var symbols: GuestSymbols
    /// Programs that run in user mode: their code is recognised, and their stacks are followed too.
    public var programs: [GuestProgram]
    /// The kernel's rules.
    public var rules: PlatformRules
    /// The image that is booted, as far as it is known: what runs before the kernel runs where it was linked.
    public var kernel: KernelImage
    /// Contexts that are kept apart, at most 4,194,304.
    public var contextLimit = 1 << 22

    /// Asks for call stacks; without `rules` the symbols suggest the preset.
    public init(
        symbols: GuestSymbols, programs: [GuestProgram] = [], rules: PlatformRules? = nil,
        kernel: KernelImage = KernelImage()
    ) {
        self.symbols = symbols
        self.programs = programs
        self.rules = rules ?? .suggested(for: symbols)
        self.kernel = kernel
    }

    /// The plugin's settings, a line for each.
    /// - Throws: `GuestObserverError` of code `invalidRequest` where nothing says which code to follow.
    func configuration(profile: String, symbols path: String) throws -> [String] {
        let ranges =
            rules.followed.isEmpty
            ? symbols.span.map { ($0.lowerBound, $0.upperBound) }
            : rules.followed.map { ($0.first, $0.last) }
        guard !ranges.isEmpty, ranges.allSatisfy({ $0.0 <= $0.1 }) else {
            throw GuestObserverError(
                .invalidRequest, place: "guest-profile",
                reason: "neither symbols nor rules say which code's calls are to be followed",
                nextStep: "Give the kernel's symbols, or rules with its addresses.")
        }
        guard programs.count <= Self.programLimit else {
            throw GuestObserverError(
                .invalidRequest, place: "guest-profile",
                reason: "\(programs.count) programs are more than \(Self.programLimit)",
                nextStep: "Give the symbols of fewer.")
        }
        return ["profile \(profile)", "symbols \(path)", "stack-size \(rules.stackSize)"]
            + Self.joined(ranges).map { "follow \($0.0) \($0.1)" } + kernel.configuration
            + (try programs.flatMap { try $0.configuration() })
            + (contextLimit == 1 << 22 ? [] : ["context-limit \(max(64, min(contextLimit, 1 << 22)))"])
    }

    /// The most programs whose code is recognised.
    static let programLimit = 64

    /// The plugin's symbol file: a line "address kind name" for each function, in ascending order; the kernel's,
    /// then behind a line "image" those of each program.
    var symbolLines: [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(symbols.symbols.count * 40)
        for symbol in symbols.symbols {
            lines +=
                "\(String(symbol.address, radix: 16)) \(rules.kind(of: symbol.name)) \(symbol.name)\n".utf8
        }
        for program in programs {
            lines += "image\n".utf8
            for symbol in program.symbols.symbols {
                let kind = symbol.address == program.entry ? "b" : "f"
                lines += "\(String(symbol.address, radix: 16)) \(kind) \(symbol.name)\n".utf8
            }
        }
        return lines
    }

    /// At most 16 ranges, which is what the plugin takes: the closest ones become one.
    private static func joined(_ ranges: [(UInt64, UInt64)]) -> [(UInt64, UInt64)] {
        var ranges = ranges.sorted { $0.0 < $1.0 }
        while ranges.count > 16 {
            let gaps = zip(ranges, ranges.dropFirst()).map { $1.0 > $0.1 ? $1.0 - $0.1 : 0 }
            guard let index = gaps.indices.min(by: { gaps[$0] < gaps[$1] }) else { break }
            ranges[index].1 = max(ranges[index].1, ranges[index + 1].1)
            ranges.remove(at: index + 1)
        }
        return ranges
    }
}

/// What became of a boot's profile.
public struct GuestProfileSummary: Sendable, Hashable {
    /// Distinct calling contexts.
    public var contexts: UInt64
    /// Calls from contexts that found no room: their weight is under `[other contexts]`.
    public var contextsWithoutRoom: UInt64
    /// Calls deeper than the 512 frames that are kept: their weight is under `[deeper calls]`.
    public var callsTooDeep: UInt64
    /// How many of the symbols given ever ran. A few only: they are another kernel's.
    public var symbolsEntered: UInt64
    /// A bit for each of the programs given, the first one lowest: whether code of it ran.
    public var programsSeen: UInt64
    /// Direct calls in the kernel's code that ran.
    public var callsSeen: UInt64
    /// How many of those lead to one of the symbols given: nearly all, unless they are another kernel's.
    public var callsNamed: UInt64

    /// Why these symbols cannot be the kernel's, in one clause: then no name in the profile is right. Nil where
    /// nothing speaks against them.
    ///
    /// - Parameter symbols: how many of the kernel's symbols were given.
    public func contradiction(symbols: Int) -> String? {
        guard symbols > 0 else { return nil }
        let cause = "they are of another kernel, or it runs elsewhere than it was linked"
        if symbolsEntered == 0 { return "none of the \(symbols) symbols ever ran: \(cause)" }
        guard callsSeen >= Self.fewestCalls, callsNamed * 2 < callsSeen else { return nil }
        return
            "\(callsSeen - callsNamed) of \(callsSeen) calls in the kernel lead to none of the symbols: \(cause)"
    }

    /// Fewer calls are no sign of anything.
    static let fewestCalls = 32

    /// One line for each thing that a reader has to know before trusting the profile.
    ///
    /// - Parameters:
    ///   - symbols: how many of the kernel's symbols were given.
    ///   - programs: the names of the programs that were given.
    public func warnings(symbols: Int, programs: [String] = []) -> [String] {
        var warnings = contradiction(symbols: symbols).map { [$0] } ?? []
        for (index, name) in programs.enumerated() where index < 64 && programsSeen >> UInt64(index) & 1 == 0
        {
            warnings.append(
                "no code of \(name) ever ran where its symbols say: it is another build, or it is loaded elsewhere "
                    + "(FILE@OFFSET)")
        }
        if contextsWithoutRoom > 0 {
            warnings.append(
                "\(contextsWithoutRoom) calls found no room among \(contexts) contexts and share [other contexts]"
            )
        }
        if callsTooDeep > 0 {
            warnings.append("\(callsTooDeep) calls lie deeper than 512 frames and share [deeper calls]")
        }
        return warnings
    }
}
