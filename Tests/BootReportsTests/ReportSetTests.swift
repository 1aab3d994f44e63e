import BootModel
import BootStore
import Foundation
import XCTest

@testable import BootReports

final class ReportSetTests: XCTestCase {
    private var folder = ""

    override func setUpWithError() throws {
        folder = NSTemporaryDirectory() + "/bootmark-reports-\(UUID().uuidString)"
    }

    override func tearDownWithError() throws {
        chmod(folder, 0o755)
        try? FileManager.default.removeItem(atPath: folder)
    }

    func testTheStandardSetWritesEveryFileThatIsPromised() throws {
        let paths = try ReportSet.standard.write(Samples.regression, into: folder + "/deep/er")
        let names = [
            "comparison.json", "junit.xml", "junit-ant.xml", "junit-suite.xml", "summary.md", "report.html",
            "report.css",
        ]
        XCTAssertEqual(paths, names.map { "\(folder)/deep/er/\($0)" })
        XCTAssertEqual(
            try FileManager.default.contentsOfDirectory(atPath: folder + "/deep/er").sorted(), names.sorted())
    }

    func testWritingTwiceGivesTheSameBytes() throws {
        func contents() throws -> [Data] {
            try ReportSet.standard.write(Samples.all.map(\.value), into: folder).map {
                try Data(contentsOf: URL(fileURLWithPath: $0))
            }
        }
        XCTAssertEqual(try contents(), try contents())
    }

    func testTheComparisonsOfAFolderReadBackEqual() throws {
        try ReportSet.standard.write(Samples.failedBoot, into: folder)
        XCTAssertEqual(try JSONReporter.comparisons(inFolder: folder), [Samples.failedBoot])
    }

    func testThePageShowsThePicturesOfItsFolder() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("<svg/>".utf8).write(to: URL(fileURLWithPath: folder + "/diff-host.svg"))
        try ReportSet.standard.write(Samples.regression, into: folder)
        let page = try String(contentsOfFile: folder + "/report.html", encoding: .utf8)
        XCTAssertTrue(page.contains("<img src=\"diff-host.svg\""))
        XCTAssertTrue(page.contains("<a href=\"comparison.json\">"))
    }

    func testAFileInThePlaceOfTheFolderIsOneClearError() throws {
        try Data().write(to: URL(fileURLWithPath: folder))
        XCTAssertThrowsError(try ReportSet.standard.write(Samples.pass, into: folder)) {
            XCTAssertEqual(($0 as? StoreError)?.code, .notWritable)
        }
    }

    func testAReportThatCannotBeMadeLeavesTheOldOnes() throws {
        try ReportSet.standard.write(Samples.pass, into: folder)
        var impossible = Samples.regression
        impossible.results[0].tolerance = .nan
        XCTAssertThrowsError(try ReportSet.standard.write(impossible, into: folder))
        XCTAssertEqual(try JSONReporter.comparisons(inFolder: folder), [Samples.pass])
    }

    func testAFolderWithoutAComparisonSaysSo() throws {
        XCTAssertThrowsError(try JSONReporter.comparisons(inFolder: folder)) {
            XCTAssertEqual(($0 as? StoreError)?.code, .missing)
        }
    }
}
