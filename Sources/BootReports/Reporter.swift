import BootModel

/// Writes what comparisons found in one format.
///
/// A reporter is a function of its input: the same comparisons give the same bytes, on any host and in any
/// locale.
public protocol Reporter: Sendable {
    /// The name of the file that the report is kept in.
    var fileName: String { get }

    /// The report on `comparisons`, one or the many of a test run, in their order.
    /// - Parameter neighbours: the names of the files that lie, or will lie, in the report's folder: what it
    ///   may point to.
    /// - Throws: an error only where the format cannot hold what is to be said, which is a fault of Bootmark's
    ///   own.
    func report(on comparisons: [Comparison], beside neighbours: Set<String>) throws -> [UInt8]
}

extension Reporter {
    /// The report on `comparisons`, which points to no file.
    /// - Throws: as `report(on:beside:)`.
    public func report(on comparisons: [Comparison]) throws -> [UInt8] {
        try report(on: comparisons, beside: [])
    }
}
