/// A compressed Linux kernel for x86 (a bzImage), with the table of its own symbols inside.
struct LinuxKernelImage: Sendable {
    /// Its path.
    var path: String

    func symbols() throws -> GuestSymbols {
        throw SymbolFile.unusable(path, "x", "y")
    }
}
