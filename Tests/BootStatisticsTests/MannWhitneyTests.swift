import BootStatistics
import Foundation
import XCTest

final class MannWhitneyTests: XCTestCase {
    private func p(_ first: [Double], _ second: [Double]) throws -> [Double] {
        try [.less, .greater, .twoSided].map {
            try MannWhitney.test(first, second, alternative: $0).pValue
        }
    }

    private func assertClose(
        _ values: [Double], _ expected: [Double], line: UInt = #line
    ) {
        XCTAssertEqual(values.count, expected.count, line: line)
        for (value, wanted) in zip(values, expected) {
            XCTAssertEqual(value, wanted, accuracy: 1e-12, line: line)
        }
    }

    func testExactPValuesAgreeWithSciPyWithoutTies() throws {
        let first = [1.1, 2.2, 3.3, 4.4, 5.5, 6.6]
        let second = [2.5, 3.5, 4.6, 7.7, 8.8]
        assertClose(try p(first, second), [0.16450216450216448, 0.8766233766233766, 0.32900432900432897])
        XCTAssertEqual(try MannWhitney.test(first, second, alternative: .less).statistic, 9)
    }

    func testExactPValuesAgreeWithSciPysPermutationTestOnTies() throws {
        let first: [Double] = [3, 1, 4, 1, 5, 9, 2]
        let second: [Double] = [6, 5, 3, 5, 8, 9]
        assertClose(try p(first, second), [0.045454545454545456, 0.9632867132867133, 0.09090909090909091])
        let swapped = try p(second, first)
        assertClose(swapped, [0.9632867132867133, 0.045454545454545456, 0.09090909090909091])
    }

    func testLargeSamplesAgreeWithSciPysNormalApproximation() throws {
        let first = (0..<60).map { Double($0 * 37 % 101) / 7 }
        let second = (0..<55).map { Double($0 * 53 % 97) / 6 + 1 }
        XCTAssertEqual(try MannWhitney.test(first, second, alternative: .less).method, .normal)
        assertClose(try p(first, second), [0.029215168437213907, 0.9711555375157263, 0.058430336874427814])
    }

    func testTheExactPValueOfSeparateSamplesIsOneArrangementOfAll() throws {
        let low = (0..<10).map(Double.init)
        let high = (0..<10).map { Double($0 + 100) }
        let result = try MannWhitney.test(high, low, alternative: .greater)
        XCTAssertEqual(result.pValue, 1 / 184_756, accuracy: 1e-18)
        XCTAssertEqual(result.pValue, MannWhitney.smallestPValue(10, 10), accuracy: 1e-15)
        XCTAssertEqual(result.statistic, 100)
    }

    func testExactAndNormalMeetAtTheLargestExactSize() throws {
        var generator = RepeatableGenerator(seed: 3)
        let first = (0..<50).map { _ in generator.normal() + 0.4 }
        let second = (0..<50).map { _ in generator.normal() }
        let exact = try MannWhitney.test(first, second, alternative: .greater)
        let normal = try MannWhitney.test(first, second + [second[0]], alternative: .greater)
        XCTAssertEqual(exact.method, .exact)
        XCTAssertEqual(normal.method, .normal)
        XCTAssertEqual(exact.pValue, normal.pValue, accuracy: 0.01)
    }

    func testEqualValuesOnBothSidesSayNothing() throws {
        assertClose(try p([5, 5, 5], [5, 5, 5, 5]), [1, 1, 1])
        let many = [Double](repeating: 5, count: 100)
        assertClose(try p(many, many), [1, 1, 1])
    }

    func testNeitherScaleNorOrderNorAMonotoneChangeOfValuesMatters() throws {
        var generator = RepeatableGenerator(seed: 11)
        for _ in 0..<40 {
            let sizes = (2 + generator.uniform(below: 8), 2 + generator.uniform(below: 8))
            let first = (0..<sizes.0).map { _ in Double(generator.uniform(below: 9)) }
            let second = (0..<sizes.1).map { _ in Double(generator.uniform(below: 9)) }
            let plain = try p(first, second)
            assertClose(try p(first.map { $0 * 1e9 }, second.map { $0 * 1e9 }), plain)
            assertClose(try p(first.map(exp), second.map(exp)), plain)
            assertClose(try p(first.reversed(), second.sorted()), plain)
            let turned = try p(first.map { -$0 }, second.map { -$0 })
            assertClose(turned, [plain[1], plain[0], plain[2]])
        }
    }

    func testUnusableValuesAreRefused() {
        let bad: [([Double], [Double], StatisticsError)] = [
            ([], [1], .empty), ([1], [], .empty), ([.infinity], [1], .unusable(.infinity)),
            ([1], [1e301], .unusable(1e301)),
        ]
        for (first, second, error) in bad {
            XCTAssertThrowsError(try MannWhitney.test(first, second, alternative: .less)) {
                XCTAssertEqual($0 as? StatisticsError, error)
            }
        }
        XCTAssertThrowsError(try MannWhitney.test([.nan], [1], alternative: .less))
    }
}
