import BootModel

/// A run that was accepted as the reference of its scenario.
public struct Baseline: Sendable, Hashable {
    /// More than the stacks that a baseline ever holds, unpacked.
    static let largestStacks = 128 << 20

    /// The folder that it lies in.
    public let path: String
    /// The run, pruned to what comparing needs.
    public let run: Run

    /// The baseline in the folder `path`.
    /// - Throws: `StoreError`, with the codes of `RunFolder.load()`.
    public init(at path: String) throws { self.init(path: path, run: try Run(storedAt: path + "/run.json")) }

    init(path: String, run: Run) {
        self.path = path
        self.run = run
    }

    /// The runs that were accepted and are still kept, with the files that they lie in, oldest first; the last is
    /// `run`.
    /// - Throws: `StoreError`, with the codes of `RunFolder.load()`.
    public func accepted() throws -> [(run: Run, file: String)] {
        let earlier = try AcceptedRuns(of: path).earlier.map { ($0, try run(in: $0)) }
        return earlier.map { (run: $0.1, file: $0.0) } + [(run: run, file: path)]
    }

    /// The run that is the fixed reference, with its file; nil where none was fixed.
    /// - Throws: `StoreError`, with the codes of `RunFolder.load()`.
    public func fixed() throws -> (run: Run, file: String)? {
        try AcceptedRuns(of: path).fixed.map { (run: try run(in: $0), file: $0) }
    }

    private func run(in file: String) throws -> Run {
        let found = try Run(storedAt: file)
        guard found.scenario == run.scenario else {
            throw StoreError(
                .malformed, path: file, place: "scenario",
                reason: "is a run of another scenario, \(found.scenario)", nextStep: "Remove the file.")
        }
        return found
    }

    /// The folded stacks of one origin, of the whole boots or of one phase; nil where the run had none.
    /// - Throws: `StoreError` with the codes `unreadable`, `cutShort`, `malformed` or `tooLarge`.
    public func folded(_ origin: FunctionChange.Origin, phase: String? = nil) throws -> [UInt8]? {
        let file = "\(path)/\(RunFolder.foldedName(origin, phase: phase)).gz"
        let packed: [UInt8]
        do {
            packed = try BoundedFile.read(file, limit: Self.largestStacks)
        } catch let error as StoreError where error.code == .missing {
            return nil
        }
        return try Gzip.decompress(packed, limit: Self.largestStacks, path: file)
    }
}

extension Run {
    /// The run without what comparing does not need: the numbers of boots that are never judged, and what
    /// the guests wrote, beyond one short line.
    func pruned(notes added: [String]) -> Run {
        var run = self
        run.notes += added
        for place in run.boots.indices {
            run.boots[place].outcome.detail = String(run.boots[place].outcome.detail.prefix(200))
            // A control's numbers are the floor of every later comparison.
            if run.boots[place].purpose == .control {
                run.boots[place].milestones = []
            } else if run.boots[place].purpose != .timed {
                run.boots[place].samples = [:]
                run.boots[place].unavailable = [:]
                run.boots[place].milestones = []
                run.boots[place].notes = []
            }
        }
        return run
    }
}
