import ArgumentParser
import BootModel
import BootProfiles
import BootReports
import BootStore
import FlameGraphs
import Foundation

/// `bootmark fold`: stacks, a line each.
struct Fold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fold profiles into stacks, one a line with its weight.",
        discussion: """
            Reads perf.data, what perf script prints, folded stacks, speedscope and pprof, by content. Several \
            inputs are merged. The \
            annotations mean what stackcollapse-perf.pl's mean.

              perf script -i perf.data | bootmark fold - -o boot.folded
            """)

    @OptionGroup var inputs: ProfileInputs

    @Option(
        name: .customShort("o"),
        help: ArgumentHelp("The file to write; standard output without it.", valueName: "OUT.folded"))
    var output: String?

    func run() async throws {
        try await Failures.reported {
            let folded = FoldedWriter().bytes(try inputs.merged())
            if let output { try AtomicFile.write(folded, to: output) } else { Standard.output(bytes: folded) }
        }
    }
}

/// `bootmark flamegraph`: a picture of where the time goes.
struct Graph: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flamegraph",
        abstract: "Draw a flame graph of one profile, or of many merged.",
        discussion: """
            An input is a file of stacks, or a run folder.

              bootmark flamegraph run -o boot.svg
            """)

    @OptionGroup var inputs: ProfileInputs
    @OptionGroup var picture: PictureOptions

    func run() async throws {
        try await Failures.reported {
            try AtomicFile.write(
                FlameGraph(try inputs.merged(), options: picture.options).svg(), to: picture.output)
        }
    }
}

/// `bootmark diff`: a picture of what changed.
struct Difference: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Draw a differential flame graph, before to after.",
        discussion: """
            BEFORE and AFTER are files of stacks, run folders, or baselines. With run folders that hold several \
            recorded boots, only changes that the boots' own spread does not explain are coloured.

              bootmark diff before after -o difference.svg
            """)

    @Argument(help: ArgumentHelp("What is the reference.", valueName: "BEFORE"))
    var before: String

    @Argument(help: ArgumentHelp("What is looked at.", valueName: "AFTER"))
    var after: String

    @OptionGroup var picture: PictureOptions

    @Flag(help: "Draw the guest's stacks of run folders, in place of the host's.")
    var guest = false

    func run() async throws {
        try await Failures.reported {
            let (old, new) = (try profiles(before), try profiles(after))
            var graph = DifferentialFlameGraph(before: old, after: new, options: picture.options)
            graph.beforeLabel = before
            graph.afterLabel = after
            try AtomicFile.write(try graph.svg(), to: picture.output)
        }
    }

    private func profiles(_ path: String) throws -> [Profile] {
        guard ProfileInputs.isFolder(path) else { return [try ProfileInput.open(.file(path)).read()] }
        let side = try StoredSide(path, side: .before).profiles
        let profiles = guest ? side.guest : side.host
        guard !profiles.isEmpty else { throw ProfileInputs.empty(path) }
        return profiles
    }
}

/// Profiles that are read and merged, and how perf's samples are folded.
struct ProfileInputs: ParsableArguments {
    @Argument(help: ArgumentHelp("Files of stacks, or run folders; - is standard input.", valueName: "INPUT"))
    var inputs: [String]

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
        guard !inputs.isEmpty else {
            throw ValidationError("Which profile? Name a file or a run folder; - is standard input.")
        }
        guard !(pid && tid) else {
            throw ValidationError("--pid and --tid exclude each other; --tid shows both.")
        }
    }

    /// All inputs in one profile.
    func merged() throws -> Profile {
        try ProfileInput.merged(try inputs.map(Self.source), options: options)
    }

    private var options: FoldingOptions {
        var options = FoldingOptions()
        options.processName = tid ? .thread : pid ? .process : .command
        options.marksKernel = kernel || all
        options.marksGenerated = jit || all
        options.showsAddresses = addrs
        options.event = event
        options.partial = partial
        return options
    }

    private static func source(_ path: String) throws -> ProfileSource {
        guard isFolder(path) else { return .file(path) }
        for name in ["host.folded", "host.folded.gz", "guest.folded", "guest.folded.gz"] {
            let file = "\(path)/\(name)"
            if FileManager.default.fileExists(atPath: file) { return .file(file) }
        }
        throw empty(path)
    }

    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    static func empty(_ path: String) -> StoreError {
        StoreError(
            .missing, path: path, reason: "holds no stacks",
            nextStep: "Record some boots: bootmark boot --collect perf-stat,perf-record … -o RUNDIR")
    }
}

/// How a picture is drawn, and where it goes.
struct PictureOptions: ParsableArguments {
    @Option(name: .customShort("o"), help: ArgumentHelp("The picture to write.", valueName: "OUT.svg"))
    var output: String

    @Option(help: "Its title.")
    var title: String?

    @Flag(help: "Let stacks hang from the top (an icicle graph).")
    var icicle = false

    @Option(help: ArgumentHelp("Its width in pixels, 400 to 10000.", valueName: "PIXELS"))
    var width = 1200

    func validate() throws {
        guard (400...10_000).contains(width) else {
            throw ValidationError("--width takes 400 to 10000 pixels.")
        }
    }

    var options: FlameGraphOptions {
        var options = FlameGraphOptions()
        options.title = title
        options.isIcicle = icicle
        options.width = width
        return options
    }
}
