import BootModel
import BootStore
import Foundation

/// The reports that are written together into one folder.
public struct ReportSet: Sendable {
    /// Who writes them, in order.
    public var reporters: [any Reporter]

    /// A set of reports.
    public init(_ reporters: [any Reporter]) {
        self.reporters = reporters
    }

    /// `comparison.json`; `junit.xml`, `junit-ant.xml` and `junit-suite.xml`; `summary.md`; `report.html` with
    /// its style sheet.
    public static let standard = ReportSet([
        JSONReporter(), JUnitReporter(dialect: .rich), JUnitReporter(dialect: .ant),
        JUnitReporter(dialect: .suite), MarkdownReporter(), HTMLReporter(), StyleSheet(),
    ])

    /// Writes the reports on one comparison into `folder`, which is made where it is missing.
    /// - Returns: the paths of the files, in order.
    /// - Throws: as for several comparisons.
    @discardableResult
    public func write(_ comparison: Comparison, into folder: String) throws -> [String] {
        try write([comparison], into: folder)
    }

    /// Writes the reports on all comparisons, merged, into `folder`, which is made where it is missing.
    ///
    /// All reports are made before the first is written, and each file is replaced as a whole, so that a
    /// reader never sees half of one.
    /// - Returns: the paths of the files, in order.
    /// - Throws: `StoreError` where a file or the folder cannot be written, or what a reporter throws.
    @discardableResult
    public func write(_ comparisons: [Comparison], into folder: String) throws -> [String] {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw StoreError(
                .notWritable, path: folder, reason: "cannot be made a folder",
                nextStep: "Name a folder that you may write to.")
        }
        // What cannot be listed cannot be pointed to either; writing will say why.
        let present = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let neighbours = Set(present + reporters.map(\.fileName))
        let reports = try reporters.map { reporter in
            (
                path: folder + "/" + reporter.fileName,
                bytes: try reporter.report(on: comparisons, beside: neighbours)
            )
        }
        for report in reports { try AtomicFile.write(report.bytes, to: report.path) }
        return reports.map(\.path)
    }

    /// Writes the reports of a whole test run into `folder`: one set over all comparisons that were written
    /// into the folders right below it, in the order of the folders' names.
    ///
    /// Test processes that run side by side may each call this after each of their scenarios: the last one to
    /// do so sees them all. What earlier runs left below `folder` is taken for part of the run.
    /// - Returns: the paths of the files, in order; none where no comparison lies below `folder`.
    /// - Throws: `StoreError` where a comparison cannot be read, else as `write(_:into:)`.
    @discardableResult
    public func merge(below folder: String) throws -> [String] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        // Names are compared by scalars: another locale gives no other order.
        let names = entries.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
        let comparisons = try names.flatMap { name in
            do {
                return try JSONReporter.comparisons(inFolder: "\(folder)/\(name)")
            } catch let error as StoreError where error.code == .missing {
                return []
            }
        }
        return comparisons.isEmpty ? [] : try write(comparisons, into: folder)
    }
}
