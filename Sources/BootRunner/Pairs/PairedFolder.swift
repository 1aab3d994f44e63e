import BootModel
import BootStatistics
import BootStore
import Foundation

/// Two runs whose boots are taken in pairs, on disk: `before` and `after`, which are run folders like any
/// other, and `pairs.json`, the plan that joins them.
public struct PairedFolder: Sendable {
    /// The folder, as the user named it.
    public let path: String
    /// The reference's run.
    public let before: RunFolder
    /// The run that is judged.
    public let after: RunFolder

    /// More than the pairs.json of a thousand pairs.
    private static let largestFile = 4 << 20

    private init(path: String, open: (String) throws -> RunFolder) throws {
        self.path = path
        before = try open(path + "/before")
        after = try open(path + "/after")
    }

    /// A new folder at `path`, which may exist but must hold no runs yet.
    /// - Throws: `StoreError` with the codes `exists`, `notWritable` or `diskFull`.
    public static func create(at path: String) throws -> PairedFolder {
        try PairedFolder(path: path, open: RunFolder.create(at:))
    }

    /// The folder of pairs that were begun, to go on with them.
    /// - Throws: `StoreError` with the codes `missing`, `unreadable` or `locked`.
    public static func resume(at path: String) throws -> PairedFolder {
        try PairedFolder(path: path, open: RunFolder.resume(at:))
    }

    /// One side's folder.
    public subscript(side: BootFailure.Side) -> RunFolder { side == .before ? before : after }

    /// Where the plan is written.
    public var file: String { path + "/pairs.json" }

    /// Writes the plan and both runs.
    /// - Throws: `StoreError`.
    public func save(_ run: PairedRun) throws {
        try AtomicFile.write(CanonicalJSON.encode(run.plan, for: file), to: file)
        try before.save(run.before)
        try after.save(run.after)
    }

    /// Reads the plan and both runs, and makes sure that they belong together.
    /// - Throws: `StoreError`.
    public func load() throws -> PairedRun {
        let bytes = try BoundedFile.read(file, limit: Self.largestFile)
        struct Head: Decodable { var schema: Int }
        let schema = try CanonicalJSON.decode(Head.self, from: bytes, path: file).schema
        guard schema == PairedPlan.currentSchema else {
            throw StoreError(
                schema > PairedPlan.currentSchema ? .newerSchema : .malformed, path: file, place: "schema",
                reason: "has format \(schema); this Bootmark reads format \(PairedPlan.currentSchema)",
                nextStep: "Use the Bootmark that wrote it, or take the pairs again.")
        }
        let plan = try CanonicalJSON.decode(PairedPlan.self, from: bytes, path: file)
        let run = PairedRun(plan: plan, before: try before.load(), after: try after.load())
        let indices = plan.pairs.map(\.index)
        guard plan.pairs.count <= PairedPlan.mostPairs * 3,
            zip(indices, indices.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            throw StoreError(
                .malformed, path: file, place: "pairs", reason: "has too many pairs, or pairs out of order",
                nextStep: "Restore the file, or take the pairs again.")
        }
        for (side, one) in [(before, run.before), (after, run.after)]
        where !Set(one.plan.boots.map(\.index) + one.boots.map(\.index)).isSubset(of: indices) {
            throw StoreError(
                .malformed, path: side.file, place: "boots",
                reason: "has boots that are in no pair of \(file)",
                nextStep: "Restore both files, or take the pairs again.")
        }
        return run
    }
}
