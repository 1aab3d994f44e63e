import XCTest

@testable import FlameGraphs

final class FiguresTests: XCTestCase {
    func testNumbersAreNeverMinusZeroNorNaN() {
        XCTAssertEqual(Figures.fixed(-0.0001, 2), "0.00")
        XCTAssertEqual(Figures.signed(-0.0001, 2), "0.00")
        XCTAssertEqual(Figures.signed(0.0001, 2), "0.00")
        XCTAssertEqual(Figures.signed(0.5, 1), "+0.5")
        XCTAssertEqual(Figures.signed(-1.25, 2), "-1.25")
        XCTAssertEqual(Figures.fixed(.nan, 2), "0")
        XCTAssertEqual(Figures.fixed(.infinity, 2), "0")
    }

    func testThousandsAreParted() {
        XCTAssertEqual(Figures.count(0), "0")
        XCTAssertEqual(Figures.count(999), "999")
        XCTAssertEqual(Figures.count(1_234_567), "1,234,567")
        XCTAssertEqual(Figures.count(1234.5), "1,234.50")
    }

    func testNanosecondsOfPerfsClocksAreShownAsTime() {
        XCTAssertEqual(Figures.amount(1_830_830_829, "cpu-clock"), "1.83 s of cpu-clock")
        XCTAssertEqual(Figures.amount(2_004_008, "cpu-clock:u"), "2.00 ms of cpu-clock:u")
        XCTAssertEqual(Figures.amount(1200, "samples"), "1,200 samples")
    }

    func testCoordinatesCarryNoTrailingZeros() {
        var markup = Markup()
        for value in [0, 1, 0.5, -0.25, 10, 0.001, 123.456] {
            markup.number(value, 2)
            markup.raw(" ")
        }
        XCTAssertEqual(String(decoding: markup.bytes, as: UTF8.self), "0 1 0.5 -0.25 10 0 123.46 ")
    }

    func testLabelsFitTheirFrames() {
        XCTAssertEqual(Label.fitting("function", width: 80, perCharacter: 10), "function")
        XCTAssertEqual(Label.fitting("function", width: 70, perCharacter: 10), "funct..")
        XCTAssertNil(Label.fitting("function", width: 20, perCharacter: 10))
        XCTAssertEqual(Label.fitting("日本語日本語", width: 70, perCharacter: 10), "日本..")
    }
}
