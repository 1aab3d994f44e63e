import BootModel
import BootStore

/// The comparison itself, for machines: everything that the other reports are made of.
///
/// Canonical: sorted keys, one value a line, doubles that read back as the same doubles. One comparison is an
/// object; none or several are an array.
public struct JSONReporter: Reporter {
    private static let largestFile = 256 << 20

    /// A reporter with nothing to set.
    public init() {}

    /// `comparison.json`.
    public var fileName: String { "comparison.json" }

    /// The report as UTF-8, with a line feed at its end.
    /// - Throws: `StoreError` with `malformed` where a number is not finite.
    public func report(on comparisons: [Comparison], beside neighbours: Set<String>) throws -> [UInt8] {
        if comparisons.count == 1 { return try CanonicalJSON.encode(comparisons[0], for: fileName) }
        return try CanonicalJSON.encode(comparisons, for: fileName)
    }

    /// The comparisons that a report holds: equal to those that it was made of.
    /// - Parameter path: the file's name, for errors.
    /// - Throws: `StoreError` with `cutShort`, `malformed` or `newerSchema`.
    public static func comparisons(in bytes: [UInt8], path: String = "comparison.json") throws -> [Comparison]
    {
        let isArray = bytes.first { !" \n\r\t".utf8.contains($0) } == UInt8(ascii: "[")
        // The version comes first: a newer format may lack what this one needs.
        let schemas =
            try isArray
            ? CanonicalJSON.decode([Schema].self, from: bytes, path: path)
            : [CanonicalJSON.decode(Schema.self, from: bytes, path: path)]
        if let newer = schemas.map(\.schema).first(where: { $0 > Comparison.currentSchema }) {
            throw StoreError(
                .newerSchema, path: path,
                reason: "was written by a newer Bootmark (schema \(newer), and this one reads up to "
                    + "\(Comparison.currentSchema))",
                nextStep: "Update Bootmark, or compare the runs again.")
        }
        return try isArray
            ? CanonicalJSON.decode([Comparison].self, from: bytes, path: path)
            : [CanonicalJSON.decode(Comparison.self, from: bytes, path: path)]
    }

    /// The comparisons that were reported on in `folder`.
    /// - Throws: `StoreError` with `missing`, `unreadable`, `tooLarge`, `cutShort`, `malformed` or
    ///   `newerSchema`.
    public static func comparisons(inFolder folder: String) throws -> [Comparison] {
        let path = folder + "/" + JSONReporter().fileName
        return try comparisons(in: BoundedFile.read(path, limit: largestFile), path: path)
    }

    private struct Schema: Decodable {
        var schema: Int
    }
}
