import Foundation
import XCTest

@testable import BootReports

final class TextTests: XCTestCase {
    func testFixedDecimalsHaveNoExponentNoGroupingAndNoNegativeZero() {
        XCTAssertEqual(FixedDecimal.text(1234.5678, places: 3), "1234.568")
        XCTAssertEqual(FixedDecimal.text(0.0004, places: 3), "0.000")
        XCTAssertEqual(FixedDecimal.text(-0.0004, places: 3), "0.000")
        XCTAssertEqual(FixedDecimal.text(-1.5, places: 1), "-1.5")
        XCTAssertEqual(FixedDecimal.text(-0.05, places: 2), "-0.05")
        XCTAssertEqual(FixedDecimal.text(7, places: 0), "7")
        XCTAssertEqual(FixedDecimal.text(.nan, places: 3), "0.000")
        XCTAssertEqual(FixedDecimal.text(.infinity, places: 3), "1000000000000000.000")
        XCTAssertEqual(FixedDecimal.seconds(nanoseconds: 1_234_567_890), "1.235")
        XCTAssertEqual(FixedDecimal.seconds(nanoseconds: -1), "0.000")
    }

    func testFixedDecimalsAgreeWithPrintfOverManyMagnitudes() {
        var random = RepeatableRandom(state: 3)
        for _ in 0..<2000 {
            let value =
                (Double.random(in: 0...1, using: &random) * pow(10, Double.random(in: -3...9, using: &random)))
            let theirs = String(format: "%.3f", value)
            let ours = FixedDecimal.text(value, places: 3)
            // printf rounds the exact binary value, we the scaled one: they may differ in the last place.
            XCTAssertEqual(Double(ours) ?? .nan, Double(theirs) ?? .nan, accuracy: 0.001 + value * 1e-15)
            XCTAssertNotNil(ours.wholeMatch(of: /[0-9]+\.[0-9]{3}/), ours)
        }
    }

    func testTimestampsAgreeWithFoundationOverTheCenturies() {
        let style = Date.ISO8601FormatStyle().year().month().day().time(includingFractionalSeconds: false)
        var random = RepeatableRandom(state: 5)
        for _ in 0..<2000 {
            let seconds = Double(Int64.random(in: 0...253_402_300_799, using: &random))
            XCTAssertEqual(
                Timestamp.text(secondsSince1970: seconds),
                Date(timeIntervalSince1970: seconds).formatted(style))
        }
        XCTAssertEqual(Timestamp.text(secondsSince1970: 951_782_400), "2000-02-29T00:00:00")
    }

    func testTimestampsOutOfRangeAreClamped() {
        XCTAssertEqual(Timestamp.text(secondsSince1970: .nan), "1970-01-01T00:00:00")
        XCTAssertEqual(Timestamp.text(secondsSince1970: -5), "1970-01-01T00:00:00")
        XCTAssertEqual(Timestamp.text(secondsSince1970: .infinity), "9999-12-31T23:59:59")
    }

    func testAShellReadsTheArgumentsBackAsTheyWere() throws {
        let arguments = [
            "plain", "", "it's", "a b", "$HOME `id` \\", "tab\tnew\nline", "\u{1B}[31m7", "é漢\u{202E}", "'",
            "'\u{301}", "*?[",
            "\\'\u{7}", "-append", "console=ttyS0",
        ]
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", "printf '%s\\0' " + ShellCommand.line(arguments)]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try XCTUnwrap(pipe.fileHandleForReading.readToEnd())
        process.waitUntilExit()
        XCTAssertEqual(
            output.split(separator: 0, omittingEmptySubsequences: false).dropLast().map(Array.init),
            arguments.map { Array($0.utf8) })
    }

    func testACommandThatCouldActOnATerminalIsEscaped() {
        XCTAssertEqual(ShellCommand.line(["\u{1B}[31m7"]), "$'\\033[31m7'")
    }

    func testReplacingComparesBytesAndNotCharacters() {
        XCTAssertEqual("a<\u{301}b".replacing("<", by: "&lt;"), "a&lt;\u{301}b")
        XCTAssertEqual("xx".replacing("x", by: "xx"), "xxxx")
        XCTAssertEqual("".replacing("x", by: "y"), "")
        XCTAssertEqual(
            HTML.text("<\u{301}a href=\"'&'\">"), "&lt;\u{301}a href=&quot;&#39;&amp;&#39;&quot;&gt;")
    }
}
