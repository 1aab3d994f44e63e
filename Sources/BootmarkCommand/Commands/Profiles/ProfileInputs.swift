import ArgumentParser
import BootModel
import BootProfiles
import BootStore
import FlameGraphs
import Foundation

/// Profiles that are read and merged, which of their samples count, and how they are folded.
struct ProfileInputs: ParsableArguments {
    @Argument(help: ArgumentHelp("Files of stacks, or run folders; - is standard input.", valueName: "INPUT"))
    var inputs: [String]

    @OptionGroup(title: "Naming") var folding: FoldingFlags
    @OptionGroup(title: "Symbols of perf.data") var symbols: SymbolFlags
    @OptionGroup(title: "Selecting") var selection: SelectionOptions

    func validate() throws {
        guard !inputs.isEmpty else {
            throw ValidationError("Which profile? Name a file or a run folder; - is standard input.")
        }
    }

    /// All inputs in one profile; with `keepingSamples`, its single samples too.
    func merged(keepingSamples: Bool = false) throws -> Profile {
        let sources = try inputs.map(source)
        var profile = try ProfileInput.merged(sources, options: options(keepingSamples: keepingSamples)) {
            (profile) throws(ProfileError) in
            let part = try selection.restricted(profile)
            return keepingSamples ? part : part.withoutSamples()
        }
        if sources.allSatisfy({ Self.isOfGuest($0.name) }) { Self.markGuest(&profile, sources[0].name) }
        return try selection.shaped(profile)
    }

    /// All inputs in one profile, its frames functions or modules.
    func merged(by subject: HotspotTable.Subject) throws -> Profile {
        guard subject == .module else { return try merged() }
        var options = options()
        options.namesModules = true
        let sources = try inputs.map(source)
        var merged: Profile?
        for source in sources {
            let input = try ProfileInput.open(source, options: options)
            // Where samples know their command, it stands outermost and is no module.
            let profile = try selection.restricted(try input.read())
                .joiningNeighbours(withoutFirst: input.kind.facts.contains(.circumstances))
            if merged == nil { merged = profile } else { try merged?.merge(profile) }
        }
        let profile = merged ?? Profile()
        try ProfileInput.check(profile, of: sources, options)
        return profile
    }

    /// The samples of all inputs in the order of time.
    func timeline() throws -> Timeline {
        guard inputs.count == 1 else {
            throw ValidationError(
                "A chart in the order of time takes one input: recordings have clocks of their own.")
        }
        var options = options(keepingSamples: true)
        options.needsOrder = true
        return try Timeline(
            try ProfileInput.merged(
                try inputs.map(source), options: options, each: selection.restricted))
    }

    /// What the inputs are called together.
    var title: String { inputs.count == 1 ? inputs[0] : "\(inputs[0]) and \(inputs.count - 1) more" }

    private func options(keepingSamples: Bool = false) -> FoldingOptions {
        var options = folding.options
        symbols.apply(to: &options)
        selection.apply(to: &options)
        options.keepsSamples = options.keepsSamples || keepingSamples
        return options
    }

    private func source(_ path: String) throws -> ProfileSource {
        guard Self.isFolder(path) else {
            try selection.checkHasNoPhase(path)
            return .file(path)
        }
        return .file(try selection.stacks(in: path))
    }

    /// Says that the stacks of a file that runs call their guests' are instructions of a guest.
    static func markGuest(_ profile: inout Profile, _ path: String) {
        guard isOfGuest(path) else { return }
        profile.origin = .guest
        profile.unit = "instructions"
    }

    /// Whether a file is called as runs call their guests' stacks, which count instructions.
    private static func isOfGuest(_ path: String) -> Bool {
        let name = (path as NSString).lastPathComponent
        let file = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
        return file == RunFolder.foldedName(.guest, phase: nil)
            || RunFolder.phase(ofFoldedName: file).map { file == RunFolder.foldedName(.guest, phase: $0) }
                == true
    }

    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// The files in a folder that holds no run, by name; nil for a run or a baseline, and for an empty folder.
    static func recordings(in folder: String) throws -> [String]? {
        let manager = FileManager.default
        guard !manager.fileExists(atPath: "\(folder)/run.json") else { return nil }
        let files = try manager.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }.sorted()
            .map { "\(folder)/\($0)" }.filter { !isFolder($0) }
        return files.isEmpty ? nil : files
    }

    static func empty(_ path: String) -> StoreError {
        StoreError(
            .missing, path: path, reason: "holds no stacks",
            nextStep: "Record some boots: bootmark boot --collect perf-stat,perf-record … -o RUNDIR")
    }
}
