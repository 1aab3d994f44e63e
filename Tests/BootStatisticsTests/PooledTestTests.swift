import BootStatistics
import XCTest

final class PooledTestTests: XCTestCase {
    func testItAgreesWithSciPyOnSamplesOfTwoSizes() throws {
        // scipy.stats.ttest_ind([5.1, 4.9, 5.4, 5.0], [5.9, 6.3, 5.6]): t = -3.9235, p = 0.011142
        let one = [5.1, 4.9, 5.4, 5.0]
        let other = [5.9, 6.3, 5.6]
        let test = try XCTUnwrap(PooledTest(one.count, other.count))
        let deviation = test.deviation(spread(one), spread(other))
        XCTAssertEqual(
            test.pValue(mean(one) - mean(other), deviation: deviation), 0.011142420785, accuracy: 1e-9)
        XCTAssertEqual(test.freedom, 5)
    }

    func testASingleNumberIsTestedAsANewcomer() throws {
        let others = [3.1, 2.9, 3.05, 3.2]
        let newcomer = try NewcomerTest(3.6, among: others)
        let test = try XCTUnwrap(PooledTest(1, 4))
        let deviation = test.deviation(0, spread(others))
        XCTAssertEqual(
            test.pValue(3.6 - mean(others), deviation: deviation), 2 * newcomer.pValue(above: 0),
            accuracy: 1e-12)
        XCTAssertEqual(
            test.margin(level: 0.02) * deviation, newcomer.margin(confidence: 0.99), accuracy: 1e-9)
    }

    func testTheMarginIsPassedWithTheProbabilityOfItsLevel() throws {
        for (before, after) in [(2, 1), (1, 3), (5, 1), (4, 4), (33, 1)] {
            let test = try XCTUnwrap(PooledTest(before, after))
            for level in [0.01, 0.05, 1e-6] {
                let margin = test.margin(level: level)
                XCTAssertEqual(test.pValue(margin * 7, deviation: 7) / level, 1, accuracy: 1e-6)
            }
        }
    }

    func testWhereNothingVariesAnyDifferenceIsReal() throws {
        let test = try XCTUnwrap(PooledTest(5, 1))
        XCTAssertEqual(test.pValue(0, deviation: 0), 1)
        XCTAssertEqual(test.pValue(1e-9, deviation: 0), 0)
    }

    func testTwoSingleNumbersTellNothing() {
        XCTAssertNil(PooledTest(1, 1))
        XCTAssertNil(PooledTest(0, 5))
    }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    private func spread(_ values: [Double]) -> Double {
        let mean = mean(values)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(values.count - 1)).squareRoot()
    }
}
