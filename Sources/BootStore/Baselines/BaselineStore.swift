import BootModel
import Foundation

/// The runs that were accepted as references, a folder for each scenario, made to live in version control.
public struct BaselineStore: Sendable, Hashable {
    /// The folder that holds the scenarios' folders: `Baselines`.
    public let root: String
    /// The most bytes that the compressed stacks of one origin may have, and those of all phases together; larger ones
    /// are pruned.
    public var stackLimit = 150_000

    /// The baselines under `root`, which need not be there yet.
    public init(root: String) { self.root = root }

    /// Which accepted run is the fixed reference.
    public enum Fixing: Sendable, Hashable {
        /// The one that it was; none where none was.
        case asBefore
        /// The one that it was; where none was, the baseline before this one, or this one where there is none.
        case first
        /// This one.
        case thisOne
    }

    /// What became of an accepted run.
    public struct Acceptance: Sendable, Hashable {
        /// The baseline's folder.
        public var path: String
        /// Whether another baseline was replaced.
        public var replaced: Bool
        /// What a person should know: stacks that were pruned, failed boots that were let through.
        public var notes: [String]
    }

    /// The folder of a scenario's baseline, whether or not it is there.
    /// - Throws: `StoreError` with the code `badName`.
    public func path(of scenario: String) throws -> String {
        if let problem = Scenario.problem(withName: scenario) {
            throw StoreError(
                .badName, path: root, reason: "cannot hold a baseline of that name: \(problem)",
                nextStep: "Give a name that fits with --as.")
        }
        return "\(root)/\(scenario)"
    }

    /// The baseline of a scenario; nil where none was ever accepted.
    /// - Throws: `StoreError`, with the codes of `RunFolder.load()` and `badName`.
    public func load(_ scenario: String) throws -> Baseline? {
        let folder = try path(of: scenario)
        // The first misses where an exchange was cut off on a file system that has none; see FolderSwap.
        guard let found = [folder, outgoing(scenario)].first(where: Self.isThere) else { return nil }
        let run = try Run(storedAt: found + "/run.json")
        guard run.scenario == scenario else {
            throw StoreError(
                .malformed, path: found + "/run.json", place: "scenario",
                reason: "is the baseline of another scenario, \(run.scenario)",
                nextStep: "Accept a run of \(scenario), or rename the folder.")
        }
        return Baseline(path: found, run: run)
    }

    /// The names of the scenarios that have a baseline, sorted.
    public func scenarios() -> [String] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return entries.filter { entry in
            Scenario.problem(withName: entry) == nil && Self.isThere("\(root)/\(entry)/run.json")
        }.sorted()
    }

    /// Makes a run the baseline of its scenario. A kill in between leaves the old baseline or the new one.
    /// - Parameters:
    ///   - name: the scenario that it becomes the baseline of; nil for its own.
    ///   - force: accept a run with failed boots, or one that was broken off, too.
    ///   - kept: how many accepted runs are kept, this one included; never fewer than are there.
    ///   - fixing: which run is the fixed reference from now on.
    /// - Throws: `StoreError` with the codes `refused`, `badName`, `locked`, `diskFull`, `notWritable`, and
    ///   those of `RunFolder.load()`.
    public func accept(
        _ folder: RunFolder, as name: String? = nil, force: Bool = false, keeping kept: Int = 1,
        fixing: Fixing = .asBefore
    ) throws -> Acceptance {
        var run = try folder.load()
        run.scenario = name ?? run.scenario
        let target = try path(of: run.scenario)
        var notes = try Self.objections(to: run, in: folder.path, force: force)
        try RunFolder.makeFolders(root)
        let lock = try FolderLock(root, isFolder: true, whatToDo: "Wait until it is done, then try again.")
        defer { withExtendedLifetime(lock) {} }
        try recover(target, from: outgoing(run.scenario))
        let replaced = Self.isThere(target)
        let incoming = "\(root)/.incoming-\(run.scenario)"
        try FolderSwap.remove(incoming)
        do {
            try RunFolder.makeFolders(incoming)
            for origin in [FunctionChange.Origin.host, .guest, .guestSamples] {
                notes += try store(
                    RunFolder.foldedName(origin, phase: nil), of: folder, in: incoming, stackLimit)
            }
            let phases = try Self.phaseFiles(of: folder)
            for name in phases {
                notes += try store(name, of: folder, in: incoming, stackLimit / phases.count)
            }
            notes += try storeFunctions(of: folder, in: incoming)
            let file = incoming + "/run.json"
            let bytes = try CanonicalJSON.encode(run.pruned(notes: notes), for: file)
            try AtomicFile.write(bytes, to: file)
            try AcceptedRuns(of: target).write(bytes, into: incoming, keeping: kept, fixing: fixing)
            try FolderSwap.put(incoming, inPlaceOf: target, outgoing: outgoing(run.scenario))
        } catch {
            try? FolderSwap.remove(incoming)
            throw error
        }
        return Acceptance(path: target, replaced: replaced, notes: notes)
    }

    /// What speaks against the run as a reference.
    private static func objections(to run: Run, in path: String, force: Bool) throws -> [String] {
        func refusal(_ reason: String, _ nextStep: String) -> StoreError {
            StoreError(.refused, path: path, reason: reason, nextStep: nextStep)
        }
        guard run.boots.contains(where: { $0.purpose == .timed && $0.outcome.isBooted }) else {
            throw refusal(
                "is no baseline: no timed boot reached its end",
                "Take the run again, with more time for a boot.")
        }
        var objections: [String] = []
        if let first = run.failures.first {
            objections.append(
                "\(run.failures.count) of its \(run.boots.count) boots failed (boot \(first.index): "
                    + "\(first.outcome.kind.rawValue))")
        }
        if !run.isComplete {
            objections.append("only \(run.boots.count) of its \(run.plan.boots.count) boots were taken")
        }
        if !force, !objections.isEmpty {
            throw refusal(
                "is a poor baseline: " + objections.joined(separator: ", and "),
                "Go on with the run by --resume or take it again; --force accepts it as it is.")
        }
        return objections.map { "Accepted by force: \($0)." }
    }

    /// More phases than these keep no stacks of their own.
    private static let mostPhaseFiles = 32

    /// The names of the run's files that hold stacks of one phase, sorted; none where there are too many.
    private static func phaseFiles(of folder: RunFolder) throws -> [String] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let names = entries.filter { RunFolder.phase(ofFoldedName: $0) != nil }.sorted()
        return names.count <= mostPhaseFiles ? names : []
    }

    /// Stores the stacks of the run's file `name`, where it has that; gives what a person should know.
    private func store(_ name: String, of run: RunFolder, in folder: String, _ limit: Int) throws -> [String]
    {
        let source = "\(run.path)/\(name)"
        guard Self.isThere(source) else { return [] }
        let target = "\(folder)/\(name).gz"
        let text = try BoundedFile.read(source, limit: Baseline.largestStacks)
        let pruning = try FoldedPruning(text, limit: limit, path: source) {
            try Gzip.compress($0, path: target).count
        }
        try AtomicFile.write(Gzip.compress(pruning.stacks, path: target), to: target)
        guard pruning.share > 0 else { return [] }
        let percent = (pruning.share * 1000).rounded() / 10
        return [
            "The baseline's stacks (\(name)) were pruned to \(limit) bytes: the lightest, "
                + "\(percent) % of the weight, became \(FoldedPruning.bucket)."
        ]
    }

    /// Stores what the guest's functions executed and how far controls move them, where an exact run has that.
    private func storeFunctions(of folder: RunFolder, in target: String) throws -> [String] {
        guard let graph = try GuestFunctionsFile.read(folder.guestFunctions) else { return [] }
        let file = "\(target)/\(GuestFunctionsFile.name)"
        let weight = try GuestFunctionsFile.write(graph, to: file, limit: stackLimit)
        guard weight > 0 else { return [] }
        return [
            "The baseline's guest functions were kept to \(stackLimit) bytes: those of less than "
                + "\(Quantity.exactText(weight)) instructions were left out."
        ]
    }

    /// Brings back what an exchange that was cut off has put aside.
    private func recover(_ target: String, from outgoing: String) throws {
        guard !Self.isThere(target), Self.isThere(outgoing) else { return }
        guard rename(outgoing, target) == 0 else { throw StoreError.system(errno, writing: target) }
    }

    private func outgoing(_ scenario: String) -> String { "\(root)/.outgoing-\(scenario)" }

    private static func isThere(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }
}
