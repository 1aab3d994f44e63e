import BootModel
import GuestObserver

/// The names of the guest's functions, from the files that were given and from the kernel that is booted.
struct GuestSymbolFiles {
    private let named: [SymbolFile]
    private let kernel: String?

    /// The files of a plan, and the kernel that it boots. A name may end in `@OFFSET`, in hexadecimal: what is added to its addresses.
    /// - Throws: `RunnerError` of code `.usage` for an offset that is none.
    init(_ plan: Plan, kernel: String?) throws {
        named = try plan.symbols.map { text in
            guard let at = text.lastIndex(of: "@") else { return SymbolFile(path: text) }
            let digits = text[text.index(after: at)...]
            guard let offset = UInt64(digits.hasPrefix("0x") ? digits.dropFirst(2) : digits, radix: 16) else {
                throw RunnerError(
                    .usage, "--symbols \(text): '\(digits)' is no offset.",
                    next: "Write FILE@OFFSET with the offset in hexadecimal, or FILE alone.")
            }
            return SymbolFile(path: String(text[..<at]), offset: offset)
        }
        self.kernel = kernel
    }

    /// Reads all that there are.
    /// - Throws: `RunnerError` for a file that was named and cannot be used.
    func read() throws -> GuestSymbols {
        do {
            let given = try named.map { try $0.read() }
            guard given.isEmpty, let kernel else {
                return given.reduce(GuestSymbols(symbols: [])) { $0.merging($1) }
            }
            // The kernel was not named as a file of symbols: that it has none is no fault.
            return (try? SymbolFile(path: kernel).read()) ?? GuestSymbols(symbols: [])
        } catch let error as GuestObserverError {
            throw RunnerError(error)
        }
    }

    /// Reads them before any boot is taken.
    /// - Throws: `RunnerError` where there is no name at all.
    func check() throws {
        guard try read().symbols.isEmpty else { return }
        throw RunnerError(
            .input, "The guest's functions have no names: neither --symbols nor the kernel gives any.",
            next:
                "Give a file with its symbols (vmlinux, System.map): --symbols FILE; or leave guest-profile out of --collect."
        )
    }
}
