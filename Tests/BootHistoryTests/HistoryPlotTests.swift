import BootModel
import XCTest

@testable import BootHistory

final class HistoryPlotTests: XCTestCase {
    func testTheLineOfBlocksRisesWithTheValuesAndMarksTheChange() {
        let series = series([1, 2, 3, 8, 8, 8])
        let change = HistorySeries.Change(
            place: 3, pValue: 0.001, before: 2, after: 8, lastBefore: "c3", firstAfter: "c4")
        XCTAssertEqual(HistoryPlot(series, changes: [change]).sparkline(width: 40), "▁▂▃|███")
        XCTAssertEqual(HistoryPlot(series, changes: []).sparkline(width: 3), "▁▁▁")
    }

    func testEqualValuesAreAFlatLine() {
        XCTAssertEqual(HistoryPlot(series([5, 5, 5]), changes: []).sparkline(width: 10), "▁▁▁")
    }

    func testThePictureIsWellFormedWhateverTheNamesHold() throws {
        var hostile = series([1, 2, 3])
        hostile.scenario = "<script>&\"\u{1B}[31m\u{0}]]>"
        hostile.points[0].commit = "\"><b>\u{FFFF}"
        let svg = HistoryPlot(hostile, changes: []).svg()
        XCTAssertFalse(svg.contains("<script>"))
        XCTAssertFalse(svg.contains("<b>"))
        XCTAssertFalse(svg.unicodeScalars.contains { $0.value < 32 && $0 != "\n" || $0.value == 0xFFFF })
        XCTAssertEqual(svg.components(separatedBy: "<circle").count, 4)
        XCTAssertTrue(svg.hasSuffix("</svg>\n"))
    }

    func testAPictureOfOnePointAndOfManyIsDrawn() {
        XCTAssertTrue(HistoryPlot(series([0]), changes: []).svg().contains("<circle"))
        let many = HistoryPlot(series((0..<2_000).map(Double.init)), changes: []).svg()
        XCTAssertEqual(many.components(separatedBy: "<circle").count, HistoryPlot.mostPoints + 1)
    }

    private func series(_ values: [Double]) -> HistorySeries {
        HistorySeries(
            scenario: "tiny", metric: .bootTime, hostClass: "this one",
            points: values.enumerated().map { .sample(day: $0.offset + 1, median: $0.element) })
    }
}
