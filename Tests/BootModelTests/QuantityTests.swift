import BootModel
import XCTest

final class QuantityTests: XCTestCase {
    func testValuesAreWrittenInTheirUnitWithThreeOrFourDigits() {
        let cases: [(Double, Metric.Unit, String)] = [
            (3_010_000_000, .nanoseconds, "3.01 s"), (0, .nanoseconds, "0 ns"),
            (850, .nanoseconds, "850 ns"), (1_500, .nanoseconds, "1.50 µs"),
            (999_600_000, .nanoseconds, "1.00 s"), (120_000_000_000, .nanoseconds, "120 s"),
            (4_000_000_000_000, .nanoseconds, "4,000 s"), (-3_010_000_000, .nanoseconds, "-3.01 s"),
            (0.5, .nanoseconds, "0.50 ns"),
            (21_330_000_000, .count, "21.33 G"), (8_192, .count, "8,192"), (12.5, .count, "12.50"),
            (99_999, .count, "99,999"), (100_000, .count, "100 k"), (1_304_221, .count, "1.30 M"),
            (145 * 1_048_576, .bytes, "145 MiB"), (512, .bytes, "512 B"), (1_536, .bytes, "1.50 KiB"),
            (1_073_741_823, .bytes, "1.00 GiB"),
            (.nan, .count, "unknown"), (.infinity, .bytes, "unknown"), (-.infinity, .nanoseconds, "unknown"),
        ]
        for (value, unit, text) in cases { XCTAssertEqual(Quantity.text(value, unit: unit), text) }
    }

    func testAnExactCountKeepsEveryDigit() {
        XCTAssertEqual(Quantity.exactText(21_330_118_204), "21,330,118,204")
        XCTAssertEqual(Quantity.exactText(-1_000), "-1,000")
        XCTAssertEqual(Quantity.exactText(-0.2), "0")
        XCTAssertEqual(Quantity.exactText(7), "7")
        XCTAssertEqual(Quantity.exactText(.nan), "unknown")
    }

    func testAPercentageHasASignAndIsNeverNegativeZero() {
        let cases: [(Double, String)] = [
            (0.042, "+4.2 %"), (-0.042, "-4.2 %"), (0, "0.0 %"), (-0.0, "0.0 %"), (-0.000_000_1, "0.0 %"),
            (0.000_13, "+0.013 %"), (0.005, "+0.50 %"), (-0.000_5, "-0.050 %"), (0.009_996, "+1.0 %"),
            (0.000_001_9, "+0.0002 %"), (12.5, "+1,250.0 %"), (.nan, "unknown"), (.infinity, "unknown"),
            (1e300, "over +10^12 %"),
        ]
        for (share, text) in cases { XCTAssertEqual(Quantity.percent(share), text) }
    }

    func testAnAllowedShareHasNoPlusSign() {
        XCTAssertEqual(Quantity.share(0.03), "3.0 %")
        XCTAssertEqual(Quantity.share(0.005), "0.50 %")
    }

    func testTextsOfHugeNumbersDoNotCrash() {
        for exponent in stride(from: 1.0, through: 1e308, by: 1e307) {
            for unit in [Metric.Unit.nanoseconds, .bytes, .count] {
                XCTAssertFalse(Quantity.text(-exponent, unit: unit).isEmpty)
            }
            XCTAssertFalse(Quantity.exactText(exponent).isEmpty)
        }
    }
}
