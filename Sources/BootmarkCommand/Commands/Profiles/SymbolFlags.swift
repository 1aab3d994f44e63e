import ArgumentParser
import BootProfiles
import Foundation

/// Where the symbols of recordings are looked for, and what of debug information is shown.
struct SymbolFlags: ParsableArguments {
    @Flag(help: "Show functions that were inlined, as far as debug information tells.")
    var inline = false

    @Flag(help: "Put file and line behind the function, as far as debug information tells.")
    var lines = false

    @Flag(help: "Leave the names of C++, Rust and Swift as compilers mangled them.")
    var rawNames = false

    @Option(help: ArgumentHelp("The folder below which the recorded files lie.", valueName: "FOLDER"))
    var symfs: String?

    @Option(help: ArgumentHelp("The recorded kernel with its symbols.", valueName: "FILE"))
    var vmlinux: String?

    @Option(help: ArgumentHelp("Its list of symbols: kallsyms or System.map.", valueName: "FILE"))
    var kallsyms: String?

    @Option(
        help: ArgumentHelp(
            "The list of a guest's kernel, or the kernel itself (perf kvm).", valueName: "FILE"))
    var guestKallsyms: String?

    func validate() throws {
        guard vmlinux == nil || kallsyms == nil else {
            throw ValidationError(
                "--vmlinux and --kallsyms exclude each other; both name the kernel's symbols.")
        }
        for path in [symfs, vmlinux, kallsyms, guestKallsyms].compactMap({ $0 })
        where !FileManager.default.isReadableFile(atPath: path) {
            throw ValidationError("\(path) cannot be read. Check the path.")
        }
    }

    func apply(to options: inout FoldingOptions) {
        options.showsInlined = inline
        options.showsLines = lines
        options.showsRawNames = rawNames
        options.symbolPlaces.root = symfs ?? ""
        options.symbolPlaces.kernelSymbols = vmlinux ?? kallsyms
        options.symbolPlaces.guestKernelSymbols = guestKallsyms
    }
}
