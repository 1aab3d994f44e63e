/// A program that runs in the guest's user mode, by its ELF file: its symbols name the code, and the code itself
/// tells where it runs, so that programs at the same addresses are kept apart.
public struct GuestProgram: Sendable, Hashable {
    /// A stretch of its code in the file.
    struct Code: Sendable, Hashable {
        /// The addresses at which the guest runs it.
        var addresses: ClosedRange<UInt64>
        /// Where in the file its bytes begin.
        var fileOffset: UInt64
    }

    /// The file's absolute path.
    public let path: String
    /// What its root in the stacks is called: the file's name.
    public let name: String
    /// Its functions, where the guest runs them.
    public let symbols: GuestSymbols
    /// Where it begins to run.
    let entry: UInt64
    let code: [Code]

    init(path: String, symbols: GuestSymbols, entry: UInt64, code: [Code]) {
        self.path = path
        name = GuestSymbols.cleaned(String(path.split(separator: "/").last ?? "program"))
        self.entry = entry
        self.code = code
        let hasEntry = symbols.symbols.contains { $0.address == entry }
        self.symbols =
            hasEntry
            ? symbols
            : symbols.merging(
                GuestSymbols(symbols: [.init(address: entry, name: "_start", isGlobal: true)]))
    }

    /// The plugin's settings, a line for each.
    /// - Throws: `GuestObserverError` of code `invalidRequest` for a path that fits no line.
    func configuration() throws -> [String] {
        let path = try GuestObservation.line(path)
        return ["image \(name)"]
            + code.prefix(8).map {
                "code \($0.addresses.lowerBound) \($0.addresses.upperBound) \($0.fileOffset) \(path)"
            }
    }
}
