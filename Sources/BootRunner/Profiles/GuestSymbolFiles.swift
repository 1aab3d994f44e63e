import BootModel
import GuestObserver

/// The names of the guest's functions, from the files that were given and from the kernel that is booted.
struct GuestSymbolFiles {
    private let named: [SymbolFile]
    private let kernel: String?
    private let rules: String?
    private let shownKernel: String

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
        rules = plan.rules
        // That of a CD lies in a folder of this moment.
        shownKernel = (try? QEMUCommandLine(plan.command))?.values("kernel").last ?? "the kernel on the CD"
    }

    /// The files that name functions, for messages.
    var shownFiles: String {
        (named.map(\.path) + (kernel == nil ? [] : [shownKernel])).joined(separator: ", ")
    }

    /// Reads all that there are.
    /// - Throws: `RunnerError` for a file that was named and cannot be used, or is another kernel's.
    func read() throws -> GuestProfileRequest {
        do {
            let chosen = try rules.map(PlatformRules.named)
            let files = try named.map { (file: $0, symbols: try $0.read()) }
            // The kernel was not named as a file of symbols: that it has none is no fault.
            let own = kernel.flatMap { try? SymbolFile(path: $0).read() }
            let likely = chosen ?? .suggested(for: own ?? files.map(\.symbols).merged)
            var kernels: [GuestSymbols] = []
            var programs: [GuestProgram] = []
            for (file, symbols) in files {
                if isApart(symbols, from: own, under: likely), let program = try file.program() {
                    programs.append(program)
                } else {
                    try check(file, symbols, own: own)
                    kernels.append(symbols)
                }
            }
            // A kernel that runs elsewhere than it was linked has its own names in the wrong places.
            if let own, !kernels.contains(where: { $0.names(own) }) { kernels.append(own) }
            var names = kernels.merged
            if names.symbols.isEmpty, let kernel, let code = SymbolFile(path: kernel).strippedCode() {
                names = code
            }
            let isNameless = names.symbols.isEmpty && names.code.isEmpty
            let preset = isNameless ? kernel.flatMap(PlatformRules.forLinux) : nil
            if let chosen { try check(chosen, names) }
            return GuestProfileRequest(
                symbols: names, programs: programs, rules: chosen ?? preset,
                kernel: kernel.map(KernelImage.init(path:)) ?? KernelImage())
        } catch let error as GuestObserverError {
            throw RunnerError(error)
        }
    }

    /// The data of the files that name some: ELF files with a symbol table.
    func data() -> DataSymbols {
        DataSymbols(named + (kernel.map { [SymbolFile(path: $0)] } ?? []))
    }

    /// Whether symbols are those of a program rather than of the kernel or a part of it.
    private func isApart(_ symbols: GuestSymbols, from own: GuestSymbols?, under rules: PlatformRules) -> Bool
    {
        if !rules.followed.isEmpty { return !rules.follows(symbols) }
        guard let own, !own.code.isEmpty, !symbols.code.isEmpty else { return false }
        return !symbols.code.contains { mine in own.code.contains { $0.overlaps(mine) } }
    }

    private func check(_ file: SymbolFile, _ symbols: GuestSymbols, own: GuestSymbols?) throws {
        guard let kernel, let reason = file.contradiction(symbols, to: kernel, own: own) else { return }
        throw RunnerError(
            .input, "\(file.path) does not name the functions of \(shownKernel): \(reason).",
            next: own == nil
                ? "Give the symbols of the kernel that is booted."
                : "Give the symbols of the kernel that is booted, or none: it names its functions itself.")
    }

    /// Rules with addresses of their own are for the kernel that lies there.
    private func check(_ rules: PlatformRules, _ symbols: GuestSymbols) throws {
        guard !rules.followed.isEmpty, !symbols.symbols.isEmpty || !symbols.code.isEmpty,
            !rules.follows(symbols)
        else { return }
        throw RunnerError(
            .input,
            "The rules \(self.rules ?? rules.name) are for another kernel: none of this one's code lies at the addresses that they follow.",
            next: "Give the rules for the kernel that is booted, or none: its symbols suggest the preset.")
    }

    /// Reads them before any boot is taken, and gives what a reader should know.
    /// - Throws: `RunnerError` where there is no name at all, nor anything that says which code is the kernel's.
    func check() throws -> [String] {
        let request = try read()
        guard request.symbols.symbols.isEmpty else { return idlePatterns(request) }
        guard !request.symbols.code.isEmpty || !request.rules.followed.isEmpty else {
            throw RunnerError(
                .input, "The guest's functions have no names: neither --symbols nor the kernel gives any.",
                next:
                    "Give a file with its symbols (vmlinux, System.map): --symbols FILE; or leave guest-profile out of --collect."
            )
        }
        return [
            "the kernel is stripped, so the guest's functions are shown by address; --symbols FILE names them"
        ]
    }

    /// A preset serves many releases; of rules of one's own every pattern should fit something.
    private func idlePatterns(_ request: GuestProfileRequest) -> [String] {
        guard let rules, request.rules.name != rules else { return [] }
        let idle = request.rules.idle(among: request.symbols)
        let shown = idle.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
        return idle.isEmpty ? [] : ["of the rules \(rules), these patterns fit no function: \(shown)"]
    }
}

extension [GuestSymbols] {
    fileprivate var merged: GuestSymbols { reduce(GuestSymbols(symbols: [])) { $0.merging($1) } }
}
