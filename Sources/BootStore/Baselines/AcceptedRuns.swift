import BootModel
import Foundation

/// The runs that a baseline's folder keeps beside its own: `earlier/0001.json` and on, oldest first, and `fixed.json`.
struct AcceptedRuns {
    /// The files of those that were accepted before, oldest first.
    let earlier: [String]
    /// The file of the fixed reference; nil where none was fixed.
    let fixed: String?
    private let folder: String

    /// What the folder of a baseline keeps; nothing where there is none.
    init(of folder: String) throws {
        self.folder = folder
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/earlier")) ?? []
        earlier = names.filter { Self.number($0) != nil }.sorted().map { "\(folder)/earlier/\($0)" }
        let file = folder + "/fixed.json"
        fixed = FileManager.default.fileExists(atPath: file) ? file : nil
    }

    /// Writes what a new baseline keeps into its folder: `run` is its own.
    func write(
        _ run: [UInt8], into incoming: String, keeping kept: Int, fixing: BaselineStore.Fixing
    ) throws {
        let old = folder + "/run.json"
        let hasOld = FileManager.default.fileExists(atPath: old)
        let next = (earlier.last.flatMap { Self.number(($0 as NSString).lastPathComponent) } ?? 0) + 1
        let all =
            earlier.map { ($0, ($0 as NSString).lastPathComponent) }
            + (hasOld ? [(old, Self.name(next))] : [])
        let count = max(kept - 1, earlier.count)
        if count > 0, !all.isEmpty { try RunFolder.makeFolders(incoming + "/earlier") }
        for (file, name) in all.suffix(count) {
            try AtomicFile.write(
                BoundedFile.read(file, limit: Run.largestFile), to: "\(incoming)/earlier/\(name)")
        }
        switch fixing {
        case .thisOne: try AtomicFile.write(run, to: incoming + "/fixed.json")
        case .asBefore, .first:
            let source = fixed ?? (fixing == .first && hasOld ? old : nil)
            if let source {
                try AtomicFile.write(
                    BoundedFile.read(source, limit: Run.largestFile), to: incoming + "/fixed.json")
            } else if fixing == .first {
                try AtomicFile.write(run, to: incoming + "/fixed.json")
            }
        }
    }

    private static func name(_ number: Int) -> String {
        String(repeating: "0", count: max(0, 4 - "\(number)".count)) + "\(number).json"
    }

    private static func number(_ name: String) -> Int? {
        guard name.hasSuffix(".json"), name.count >= 9 else { return nil }
        return Int(name.dropLast(5))
    }
}
