import BootStatistics
import XCTest

final class SignedRankTests: XCTestCase {
    private func p(_ differences: [Double], center: Double = 0) throws -> [Double] {
        try [.less, .greater, .twoSided].map {
            try SignedRank.test(differences, center: center, alternative: $0).pValue
        }
    }

    private func assertClose(_ values: [Double], _ expected: [Double], line: UInt = #line) {
        for (value, wanted) in zip(values, expected) {
            XCTAssertEqual(value, wanted, accuracy: 1e-12, line: line)
        }
    }

    func testSignedRankAgreesWithSciPyWithoutTies() throws {
        let differences = [0.3, -0.1, 0.7, 1.1, -0.5, 2.0, 1.3, 0.9]
        assertClose(try p(differences), [0.98046875, 0.02734375, 0.0546875])
        XCTAssertEqual(try SignedRank.test(differences, alternative: .less).statistic, 32)
    }

    func testSignedRankAgreesWithSciPyOnTies() throws {
        assertClose(try p([1, -1, 2, 2, -3, 4, 0, 5, 0, 6]), [0.953125, 0.0625, 0.125])
    }

    func testManyDifferencesAgreeWithSciPysNormalApproximation() throws {
        let differences = (0..<250).map { Double($0 * 37 % 401 - 190) / 10 }
        XCTAssertEqual(try SignedRank.test(differences, alternative: .less).method, .normal)
        assertClose(try p(differences), [0.9114438129578987, 0.08869730433017481, 0.17739460866034962])
    }

    func testTheCenterMovesTheDifferences() throws {
        let differences: [Double] = [4, 2, 7, 1, 9, 3]
        assertClose(try p(differences, center: 2), try p(differences.map { $0 - 2 }))
    }

    func testDifferencesThatAreAllZeroSayNothing() throws {
        XCTAssertEqual(try p([0, 0, 0]), [1, 1, 1])
        XCTAssertEqual(try p([3, 3], center: 3), [1, 1, 1])
    }

    func testTheSmallestPValueIsOneOfAllSigns() throws {
        let differences = (1...12).map(Double.init)
        let result = try SignedRank.test(differences, alternative: .greater)
        XCTAssertEqual(result.pValue, 1 / 4_096)
        XCTAssertEqual(SignedRank.smallestPValue(12), 1 / 4_096)
    }

    func testTurningTheSignsSwapsTheSides() throws {
        var generator = RepeatableGenerator(seed: 5)
        for _ in 0..<40 {
            let differences = (0..<(1 + generator.uniform(below: 15))).map { _ in
                Double(generator.uniform(below: 11) - 4)
            }
            let plain = try p(differences)
            assertClose(try p(differences.map { -3 * $0 }), [plain[1], plain[0], plain[2]])
            assertClose(try p(differences.reversed()), plain)
        }
    }

    func testTheTestHoldsItsLevelOnSymmetricNoise() throws {
        // Exact: the chance of p <= 0.05 is 5 % at most, so 200 tries hardly give more than 22.
        var generator = RepeatableGenerator(seed: 17)
        var alarms = 0
        for _ in 0..<200 {
            let noise = (0..<20).map { _ in generator.normal() }
            if try SignedRank.test(noise, alternative: .greater).pValue <= 0.05 { alarms += 1 }
        }
        XCTAssertLessThanOrEqual(alarms, 22)
        XCTAssertGreaterThan(alarms, 0)
    }

    func testUnusableValuesAreRefused() {
        XCTAssertThrowsError(try SignedRank.test([], alternative: .less)) {
            XCTAssertEqual($0 as? StatisticsError, .empty)
        }
        XCTAssertThrowsError(try SignedRank.test([.nan], alternative: .less))
        XCTAssertThrowsError(try SignedRank.test([1], center: .infinity, alternative: .less))
    }
}
