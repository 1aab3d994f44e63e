/// Where the guest's functions begin, and what they are called: from any number of files.
public struct GuestSymbols: Sendable, Hashable {
    /// A function.
    public struct Symbol: Sendable, Hashable {
        /// The virtual address of its first instruction.
        public var address: UInt64
        /// Its name, cleaned: without control characters, spaces and semicolons, at most 200 characters.
        public var name: String
        /// Whether other files can see it, which makes it the better name of two.
        public var isGlobal: Bool

        /// A function; its name is cleaned.
        public init(address: UInt64, name: String, isGlobal: Bool) {
            self.address = address
            self.name = GuestSymbols.cleaned(name)
            self.isGlobal = isGlobal
        }
    }

    /// The functions, by address; of several at one address the best name.
    public private(set) var symbols: [Symbol]
    /// Other names of their addresses.
    private var aliases: [Symbol] = []
    /// The code that they lie in, where a file tells; in ascending order.
    public private(set) var code: [ClosedRange<UInt64>]

    /// Symbols of one's own. Of several at one address the global one stays, then the shortest name.
    public init(symbols: [Symbol], code: [ClosedRange<UInt64>] = []) {
        self.symbols = []
        self.symbols.reserveCapacity(symbols.count)
        for symbol in symbols.sorted(by: Self.precedes) {
            guard symbol.address == self.symbols.last?.address else {
                self.symbols.append(symbol)
                continue
            }
            if symbol.name != self.symbols.last?.name { aliases.append(symbol) }
        }
        self.code = code.sorted { $0.lowerBound < $1.lowerBound }
    }

    /// Both files' symbols: a kernel and its modules, or its servers.
    public func merging(_ other: GuestSymbols) -> GuestSymbols {
        GuestSymbols(symbols: named + other.named, code: code + other.code)
    }

    /// All symbols `offset` bytes further up (modulo 2^64), for code that runs elsewhere than it was linked.
    public func moved(by offset: UInt64) -> GuestSymbols {
        GuestSymbols(
            symbols: named.map {
                Symbol(address: $0.address &+ offset, name: $0.name, isGlobal: $0.isGlobal)
            },
            code: code.compactMap { range in
                let first = range.lowerBound &+ offset
                let last = range.upperBound &+ offset
                return first <= last ? first...last : nil
            })
    }

    /// All names of all functions.
    private var named: [Symbol] { symbols + aliases }

    /// Where functions called `name` begin, in ascending order: several files may have one of their own.
    public func addresses(of name: String) -> [UInt64] {
        Set(named.lazy.filter { $0.name == name }.map(\.address)).sorted()
    }

    /// At most `count` names that look like `name`, the closest ones first.
    public func names(like name: String, count: Int = 3) -> [String] {
        let plain = { (name: String) in name.lowercased().filter { $0 != "_" } }
        let wanted = plain(name)
        guard wanted.count >= 3 else { return [] }
        let similar = Set(
            named.lazy.map(\.name).filter { candidate in
                let candidate = plain(candidate)
                return candidate.contains(wanted) || candidate.count > 3 && wanted.contains(candidate)
            })
        let distance = { (candidate: String) in abs(candidate.utf8.count - name.utf8.count) }
        return Array(similar.sorted { (distance($0), $0) < (distance($1), $1) }.prefix(count))
    }

    /// The address of the function called `name`; nil where there is none.
    public func address(of name: String) -> UInt64? { symbols.first { $0.name == name }?.address }

    /// The code to follow where no rule says: the files' own, or from the first symbol to behind the last.
    var span: [ClosedRange<UInt64>] {
        if !code.isEmpty { return code }
        guard let first = symbols.first?.address, let last = symbols.last?.address else { return [] }
        return [first...(last.addingReportingOverflow(0xffff).overflow ? .max : last + 0xffff)]
    }

    private static func precedes(_ left: Symbol, _ right: Symbol) -> Bool {
        if left.address != right.address { return left.address < right.address }
        if left.isGlobal != right.isGlobal { return left.isGlobal }
        if left.name.utf8.count != right.name.utf8.count {
            return left.name.utf8.count < right.name.utf8.count
        }
        return left.name < right.name
    }

    /// Names come from files that anyone may have made, and go into lines and terminals.
    static func cleaned(_ name: String) -> String {
        let isPlain = name.utf8.count <= 200 && name.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 59 }
        if isPlain { return name.isEmpty ? "_" : name }
        var result = String.UnicodeScalarView()
        for scalar in name.unicodeScalars.prefix(200) {
            let isSafe = scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            let isPrintable = scalar.value > 32 && scalar.value < 127 && scalar != ";"
            result.append(isSafe || isPrintable ? scalar : "_")
        }
        return result.isEmpty ? "_" : String(result)
    }
}
