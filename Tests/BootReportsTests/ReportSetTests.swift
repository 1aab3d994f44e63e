import BootModel
import BootStore
import Foundation
import LibXML
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

    func testTheComparisonsBelowAFolderMergeIntoOneSet() throws {
        XCTAssertEqual(try ReportSet.standard.merge(below: folder), [])
        try ReportSet.standard.write(Samples.regression, into: folder + "/b")
        try ReportSet.standard.write(Samples.pass, into: folder + "/a")
        try FileManager.default.createDirectory(atPath: folder + "/empty", withIntermediateDirectories: true)
        for _ in 1...2 {
            XCTAssertEqual(try ReportSet.standard.merge(below: folder).count, 7)
            XCTAssertEqual(
                try JSONReporter.comparisons(inFolder: folder), [Samples.pass, Samples.regression])
        }
        let suites = try XMLReader().read(
            Array(Data(contentsOf: URL(fileURLWithPath: folder + "/junit.xml"))))
        XCTAssertEqual(suites.children(named: "testsuite").count, 2)
    }

    func testABrokenComparisonBelowAFolderIsNamed() throws {
        try ReportSet.standard.write(Samples.pass, into: folder + "/a")
        try Data("{".utf8).write(to: URL(fileURLWithPath: folder + "/a/comparison.json"))
        XCTAssertThrowsError(try ReportSet.standard.merge(below: folder)) {
            XCTAssertEqual(($0 as? StoreError)?.path, folder + "/a/comparison.json")
        }
    }

    func testAFolderWithoutAComparisonSaysSo() throws {
        XCTAssertThrowsError(try JSONReporter.comparisons(inFolder: folder)) {
            XCTAssertEqual(($0 as? StoreError)?.code, .missing)
        }
    }
}
