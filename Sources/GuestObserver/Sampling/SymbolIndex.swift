/// Finds the function that an address lies in, and what its platform's rules say of it.
public final class SymbolIndex {
    /// A function's place in the index.
    typealias Function = Int

    /// No function is longer than that: what lies further behind a symbol is code without one.
    private static let farthest: UInt64 = 1 << 18

    /// The platform's rules.
    let rules: PlatformRules
    private let symbols: [GuestSymbols.Symbol]
    private let code: [ClosedRange<UInt64>]
    private var kinds: [Character?]

    /// An index of symbols.
    public init(_ symbols: GuestSymbols, rules: PlatformRules? = nil) {
        self.rules = rules ?? .suggested(for: symbols)
        self.symbols = symbols.symbols
        code = symbols.code
        kinds = Array(repeating: nil, count: symbols.symbols.count)
    }

    /// Whether there is no name at all.
    public var isEmpty: Bool { symbols.isEmpty }
    /// How many names there are.
    var count: Int { symbols.count }
    /// Whether addresses have 64 bits.
    var isWide: Bool { (symbols.last?.address ?? 0) > 0xffff_ffff }

    /// The function at an address; nil for code without one.
    func function(at address: UInt64) -> Function? {
        let place = Self.behind(address, in: symbols.count) { symbols[$0].address } - 1
        guard place >= 0, address - symbols[place].address < Self.farthest else { return nil }
        // A file that tells where its code ends knows better than the distance.
        if let section = section(of: symbols[place].address), !section.contains(address) { return nil }
        return place
    }

    /// The function that an address lies in, and how far behind its beginning: `memcpy+0x1c`; nil where none is known.
    public func place(of address: UInt64) -> String? {
        guard let function = function(at: address) else { return nil }
        let offset = address - start(function)
        return offset == 0 ? name(function) : "\(name(function))+0x\(String(offset, radix: 16))"
    }

    func start(_ function: Function) -> UInt64 { symbols[function].address }

    /// The first address behind a function.
    func end(_ function: Function) -> UInt64 {
        let next = function + 1 < symbols.count ? symbols[function + 1].address : .max
        return min(next, symbols[function].address &+ Self.farthest)
    }

    /// Its name, without the mark of a part that was moved away: `f` for `f.cold`.
    func name(_ function: Function) -> String {
        let name = symbols[function].name
        guard let mark = name.firstRange(of: ".cold"), mark.lowerBound != name.startIndex else { return name }
        return String(name[..<mark.lowerBound])
    }

    /// What the rules call it: a letter of the plugin's symbol file.
    func kind(_ function: Function) -> Character {
        if let known = kinds[function] { return known }
        let kind = rules.kind(of: symbols[function].name)
        kinds[function] = kind
        return kind
    }

    /// The function that a label inside one belongs to.
    func owner(_ function: Function) -> Function {
        var place = function
        while place > 0, kind(place) == "c", function - place < 16 { place -= 1 }
        return kind(place) == "c" ? function : place
    }

    private func section(of address: UInt64) -> ClosedRange<UInt64>? {
        let place = Self.behind(address, in: code.count) { code[$0].lowerBound } - 1
        return place >= 0 && code[place].contains(address) ? code[place] : nil
    }

    /// The place of the first of `count` ascending values that is greater than `value`.
    private static func behind(_ value: UInt64, in count: Int, _ at: (Int) -> UInt64) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if at(middle) <= value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
