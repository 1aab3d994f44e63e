import ArgumentParser
import BootModel
import BootProfiles
import BootReports
import BootStore
import FlameGraphs

/// `bootmark diff`: a picture of what changed, and a table.
struct Difference: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Draw a differential flame graph, before to after, and list what changed most.",
        discussion: """
            BEFORE and AFTER are files of stacks, run folders, baselines, or folders with a file for each boot. \
            With several boots on each side, only changes that the boots' own spread does not explain are \
            coloured, and marked in the table. Differential folded stacks are both sides in one file. \
            Recordings of different kernels take their symbols apart: fold each with its own --vmlinux.

              bootmark diff before after -o difference.svg --movers movers.md
              bootmark diff before.data after.data --inline -o difference.svg
              bootmark diff ab/before ab/after --paired -o difference.svg
              bootmark diff before after --view
            """)

    @Argument(help: ArgumentHelp("What is the reference.", valueName: "BEFORE"))
    var before: String

    @Argument(help: ArgumentHelp("What is looked at.", valueName: "AFTER"))
    var after: String?

    @OptionGroup(title: "Naming") var folding: FoldingFlags
    @OptionGroup(title: "Symbols of perf.data") var symbols: SymbolFlags
    @OptionGroup(title: "Selecting") var selection: SelectionOptions
    @OptionGroup(title: "Drawing") var picture: PictureOptions

    @Flag(help: "Draw the guest's stacks of run folders, in place of the host's.")
    var guest = false

    @Flag(help: "Test the boots of two run folders in pairs, by number, as bootmark ab takes them.")
    var paired = false

    @Option(
        help: ArgumentHelp(
            "Write all functions that changed: JSON for .json, Markdown for .md, else text.",
            valueName: "FILE"))
    var movers: String?

    @Option(help: ArgumentHelp("How many functions the table on standard output has.", valueName: "COUNT"))
    var top = 10

    func validate() throws {
        guard (0...10_000).contains(top) else { throw ValidationError("--top takes 0 to 10000 functions.") }
    }

    func run() async throws {
        try await Failures.reported {
            var graph = try difference()
            graph.beforeLabel = after == nil ? "\(before), before" : before
            graph.afterLabel = after ?? "\(before), after"
            if let output = picture.output { try AtomicFile.write(try graph.svg(), to: output) }
            let table = MoverTable(of: graph)
            if let movers { try AtomicFile.write(Self.encoded(table, for: movers), to: movers) }
            if picture.view {
                let tree = try Explorer(graph, size: Explorer.Size(rows: 24, columns: 80))
                try TerminalWalk.run { size in
                    var explorer = tree
                    explorer.size = size
                    return explorer
                }
            } else if top > 0 {
                Standard.output(table.text(count: top, width: Standard.width))
            }
        }
    }

    private func difference() throws -> DifferentialFlameGraph {
        if paired { return try pairedDifference() }
        let sides = try after.map { (before: try profiles(before), after: try profiles($0)) } ?? bothSides()
        return DifferentialFlameGraph(
            before: sides.before, after: sides.after, options: picture.options)
    }

    private func pairedDifference() throws -> DifferentialFlameGraph {
        guard let after else { throw ValidationError("--paired takes two run folders, BEFORE and AFTER.") }
        for path in [before, after] where !ProfileInputs.isFolder(path) {
            throw ValidationError("--paired takes run folders, whose boots have numbers; \(path) is a file.")
        }
        let sides = try [before, after].map {
            try StoredSide($0, side: .before, phase: selection.phase).profiles
        }
        let origin: FunctionChange.Origin =
            guest || sides.contains { $0.host.isEmpty }
            ? (sides.contains { $0.guest.isEmpty } ? .guestSamples : .guest) : .host
        let pairs = try ProfiledSide.pairs(origin, before: sides[0], after: sides[1]).map {
            ProfilePair(before: try selection.shaped($0.before), after: try selection.shaped($0.after))
        }
        guard pairs.count > 1 else {
            throw ValidationError(
                "--paired takes two recorded boots or more that both runs have under the same number; "
                    + "here are \(pairs.count).")
        }
        return DifferentialFlameGraph(pairs: pairs, options: picture.options)
    }

    private static func encoded(_ table: MoverTable, for file: String) -> [UInt8] {
        if file.hasSuffix(".json") { return table.json() }
        if file.hasSuffix(".md") { return Array(table.markdown(count: .max).utf8) }
        return Array((table.text(count: .max) + "\n").utf8)
    }

    private var options: FoldingOptions {
        var options = folding.options
        symbols.apply(to: &options)
        selection.apply(to: &options)
        return options
    }

    /// Both sides of a file that has two weights for each stack.
    private func bothSides() throws -> (before: [Profile], after: [Profile]) {
        guard !ProfileInputs.isFolder(before) else {
            throw ValidationError("Compared with what? Name AFTER too.")
        }
        try selection.checkHasNoPhase(before)
        let pair = try ProfileInput.open(.file(before), options: options).readPair()
        return ([try selection.shaped(pair.before)], [try selection.shaped(pair.after)])
    }

    private func recording(_ path: String) throws -> Profile {
        try selection.checkHasNoPhase(path)
        var profile = try selection.restricted(
            try ProfileInput.open(.file(path), options: options).read())
        try ProfileInput.check(profile, of: [.file(path)], options)
        ProfileInputs.markGuest(&profile, path)
        return try selection.shaped(profile.withoutSamples())
    }

    /// The profiles of one side, one for each boot.
    private func profiles(_ path: String) throws -> [Profile] {
        guard ProfileInputs.isFolder(path) else { return [try recording(path)] }
        if let recordings = try ProfileInputs.recordings(in: path) { return try recordings.map(recording) }
        let side = try StoredSide(path, side: .before, phase: selection.phase).profiles
        let ofGuest = side.guest.isEmpty ? side.guestSamples : side.guest
        let profiles = guest || side.host.isEmpty ? ofGuest : side.host
        guard !profiles.isEmpty else {
            throw selection.phase.map { SelectionOptions.noPhase($0, in: path) } ?? ProfileInputs.empty(path)
        }
        return try profiles.map(selection.shaped)
    }
}
