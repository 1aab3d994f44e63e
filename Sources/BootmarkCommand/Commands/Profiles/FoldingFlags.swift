import ArgumentParser
import BootProfiles

/// How the samples of perf are folded: what frames and processes are called.
struct FoldingFlags: ParsableArguments {
    @Flag(help: "Put the process id behind the command's name.")
    var pid = false

    @Flag(help: "Put process and thread id behind the command's name.")
    var tid = false

    @Flag(help: "Mark kernel functions with _[k].")
    var kernel = false

    @Flag(help: "Mark generated code with _[j].")
    var jit = false

    @Flag(help: "Mark kernel functions and generated code both.")
    var all = false

    @Flag(help: "Show addresses where there is no symbol.")
    var addrs = false

    @Option(
        help: ArgumentHelp("The event whose samples are folded; without it, the first.", valueName: "NAME"))
    var event: String?

    @Flag(help: "Take what can be read of an input that is cut short.")
    var partial = false

    func validate() throws {
        guard !(pid && tid) else {
            throw ValidationError("--pid and --tid exclude each other; --tid shows both.")
        }
    }

    var options: FoldingOptions {
        var options = FoldingOptions()
        options.processName = tid ? .thread : pid ? .process : .command
        options.marksKernel = kernel || all
        options.marksGenerated = jit || all
        options.showsAddresses = addrs
        options.event = event
        options.partial = partial
        return options
    }
}
