import BootModel
import XCTest

@testable import BootReports

final class TerminalReporterTests: XCTestCase {
    private func report(_ comparison: Comparison, width: Int = 120, isColoured: Bool = false) throws -> String
    {
        let reporter = TerminalReporter(width: width, isColoured: isColoured)
        return String(decoding: try reporter.report(on: [comparison]), as: UTF8.self)
    }

    func testTheTableLinesUp() throws {
        let expected = """
            tiny (i386 pc, 1 CPU, 32 MiB): PASS
              No metric got worse by more than allowed.

              metric              before   after  change  interval         allowed           n  verdict
              boot-time           1.23 s  1.23 s   0.0 %  -2.0 % to +2.0 %  at most +3.0 %  5, 5  pass

            """
        var comparison = Samples.pass
        comparison.results.removeLast(3)
        comparison.reproduction = []
        let lines = try report(comparison).split(separator: "\n", omittingEmptySubsequences: false)
        XCTAssertEqual(
            lines.prefix(3), expected.split(separator: "\n", omittingEmptySubsequences: false).prefix(3))
        XCTAssertEqual(
            lines[3...4].map { $0.split(separator: " ").joined(separator: " ") },
            [
                "metric before after change interval allowed n verdict",
                "boot-time 1.23 s 1.23 s 0.0 % -2.0 % to +2.0 % at most +3.0 % 5, 5 pass",
            ])
        let verdictColumn = try XCTUnwrap(lines[3].range(of: "verdict")).lowerBound
        let passColumn = try XCTUnwrap(lines[4].range(of: "pass")).lowerBound
        XCTAssertEqual(
            lines[3].distance(from: lines[3].startIndex, to: verdictColumn),
            lines[4].distance(from: lines[4].startIndex, to: passColumn))
    }

    func testNarrowTablesLeaveColumnsOutAndFit() throws {
        for width in [40, 60, 80, 100, 120, 200] {
            var comparison = Samples.failedBoot
            comparison.reproduction = []
            for line in try report(comparison, width: width).split(separator: "\n")
            where line.contains("boot-time") {
                XCTAssertLessThanOrEqual(TerminalText.width(line), max(width, 60), String(line))
            }
        }
        XCTAssertTrue(try report(Samples.pass, width: 120).contains("at most"))
        XCTAssertFalse(try report(Samples.pass, width: 80).contains("at most"))
        XCTAssertTrue(try report(Samples.pass, width: 80).contains("boot-time@kernel"))
    }

    func testNothingThatAGuestWroteActsOnATerminalOrABuildServer() throws {
        for comparison in [Samples.failedBoot, Samples.regression] {
            let text = try report(comparison)
            XCTAssertTrue(text.unicodeScalars.allSatisfy { $0.isPrintable })
            XCTAssertFalse(text.contains("##"))
            for line in text.split(separator: "\n") {
                XCTAssertFalse(line.drop { $0 == " " }.hasPrefix("::"), String(line))
            }
        }
    }

    func testColoursAreThereOnlyWhenAskedFor() throws {
        XCTAssertFalse(try report(Samples.regression).contains("\u{1B}"))
        XCTAssertTrue(
            try report(Samples.regression, isColoured: true).contains("\u{1B}[1;31mREGRESSION\u{1B}[0m"))
    }

    func testTheConsoleOfAFailedBootStandsBehindABar() throws {
        let text = try report(Samples.failedBoot)
        XCTAssertTrue(text.contains("    | ::error::no\n"), text)
        XCTAssertTrue(text.contains("    | # #teamcity[testFailed"), text)
        XCTAssertTrue(text.contains("all of it: Runs/tiny/boots/003/console.log"), text)
    }

    func testWideCharactersTakeTwoColumnsAndAccentsNone() {
        XCTAssertEqual(TerminalText.width("漢字e\u{301}"), 5)
        XCTAssertEqual(TerminalText.fitted("漢字漢字", to: 6), "漢... ")
        XCTAssertEqual(TerminalText.fitted("abc", to: 5, rightAligned: true), "  abc")
    }

    func testANumberIsNotPartedFromItsUnitAtTheEndOfALine() {
        XCTAssertEqual(
            TerminalText.wrapped("it took 2.36 G (+59.6 %), or", to: 12),
            ["it took", "2.36 G", "(+59.6 %),", "or"])
        XCTAssertEqual(TerminalText.wrapped("after 5 secure boots", to: 7), ["after 5", "secure", "boots"])
    }
}
