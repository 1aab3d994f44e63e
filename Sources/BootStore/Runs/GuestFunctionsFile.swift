import BootModel

/// A guest's functions on disk, packed: `guest-functions.json.gz`.
public enum GuestFunctionsFile {
    /// The file's name in a run's folder and in a baseline's.
    public static let name = "guest-functions.json.gz"

    /// More than the unpacked functions of any guest.
    private static let largest = 256 << 20

    /// Writes the functions as they are.
    /// - Throws: `StoreError`.
    public static func write(_ graph: GuestCallGraph, to path: String) throws {
        try AtomicFile.write(try packed(graph, path), to: path)
    }

    /// Writes the functions without the lightest, so that the file has at most `limit` bytes.
    /// - Returns: what the heaviest function that was left out weighs at most, in instructions; 0 for none.
    /// - Throws: `StoreError`.
    static func write(_ graph: GuestCallGraph, to path: String, limit: Int) throws -> Double {
        var bytes = try packed(graph, path)
        var weight = 0.0
        while bytes.count > limit, weight < graph.total {
            weight = max(weight * 4, graph.total * 1e-7)
            bytes = try packed(graph.without(lighterThan: weight), path)
        }
        try AtomicFile.write(bytes, to: path)
        return weight
    }

    /// Reads the functions; nil where there is no such file.
    /// - Throws: `StoreError` with the codes `unreadable`, `tooLarge`, `cutShort` or `malformed`.
    public static func read(_ path: String) throws -> GuestCallGraph? {
        let bytes: [UInt8]
        do {
            bytes = try BoundedFile.read(path, limit: largest)
        } catch let error as StoreError where error.code == .missing {
            return nil
        }
        return try CanonicalJSON.decode(
            GuestCallGraph.self, from: Gzip.decompress(bytes, limit: largest, path: path), path: path)
    }

    private static func packed(_ graph: GuestCallGraph, _ path: String) throws -> [UInt8] {
        try Gzip.compress(CanonicalJSON.encode(graph, for: path), path: path)
    }
}

extension RunFolder {
    /// Where an exact run's functions lie.
    public var guestFunctions: String { "\(path)/\(GuestFunctionsFile.name)" }
}
