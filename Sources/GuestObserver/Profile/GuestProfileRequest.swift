/// The guest's call stacks, weighted by instructions: what is needed to follow and to name them.
public struct GuestProfileRequest: Sendable, Hashable {
    /// The names. Without any, functions are shown by address.
    public var symbols: GuestSymbols
    /// The kernel's rules.
    public var rules: PlatformRules

    /// Asks for call stacks; without `rules` the symbols suggest the preset.
    public init(symbols: GuestSymbols, rules: PlatformRules? = nil) {
        self.symbols = symbols
        self.rules = rules ?? .suggested(for: symbols)
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
        return ["profile \(profile)", "symbols \(path)", "stack-size \(rules.stackSize)"]
            + Self.joined(ranges).map { "follow \($0.0) \($0.1)" }
    }

    /// The plugin's symbol file: a line "address kind name" for each function, in ascending order.
    var symbolLines: [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(symbols.symbols.count * 40)
        for symbol in symbols.symbols {
            lines +=
                "\(String(symbol.address, radix: 16)) \(rules.kind(of: symbol.name)) \(symbol.name)\n".utf8
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
    /// Calls deeper than the 512 frames that are kept: their weight is in the deepest that is.
    public var callsTooDeep: UInt64
    /// How many of the symbols given ever ran. A few only: they are another kernel's.
    public var symbolsEntered: UInt64

    /// One line for each thing that a reader has to know before trusting the profile.
    public func warnings(symbols: Int) -> [String] {
        var warnings: [String] = []
        if symbols > 0 && symbolsEntered == 0 {
            warnings.append(
                "none of the \(symbols) symbols ever ran: they are of another kernel, or it runs elsewhere "
                    + "than it was linked (nokaslr)")
        }
        if contextsWithoutRoom > 0 {
            warnings.append("\(contextsWithoutRoom) calls found no room and share [other contexts]")
        }
        if callsTooDeep > 0 {
            warnings.append("\(callsTooDeep) calls lie deeper than 512 frames and count for the deepest")
        }
        return warnings
    }
}
