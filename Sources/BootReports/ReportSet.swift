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
}
