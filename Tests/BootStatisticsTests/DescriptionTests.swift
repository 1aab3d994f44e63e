import BootStatistics
import Foundation
import XCTest

final class DescriptionTests: XCTestCase {
    private let values: [Double] = [3, 1, 4, 1, 5, 9, 2, 6]

    func testQuantilesAgreeWithNumPy() throws {
        let expected = [0: 1, 0.1: 1, 0.25: 1.75, 0.5: 3.5, 0.9: 6.9, 1: 9]
        for (share, wanted) in expected {
            XCTAssertEqual(try Description.quantile(values, share), wanted, accuracy: 1e-12)
        }
        XCTAssertEqual(try Description.median([7]), 7)
    }

    func testTheRobustSpreadAgreesWithSciPy() throws {
        XCTAssertEqual(try Description.robustSpread(values), 2.965204437011204, accuracy: 1e-12)
    }

    func testOneWildValueIsTheOnlyOutlier() throws {
        XCTAssertEqual(try Description.outliers([10, 11, 9, 10.5, 9.5, 10, 60, 10.2]), [6])
        XCTAssertEqual(try Description.outliers([10, 11, 9, 10.5, 9.5]), [])
    }

    func testAWildValueAmongEqualOnesIsAnOutlierToo() throws {
        let values = [Double](repeating: 5, count: 12) + [50]
        XCTAssertEqual(try Description.outliers(values), [12])
        XCTAssertEqual(try Description.modifiedZ([5, 5, 5]), [0, 0, 0])
    }

    func testBadInputIsRefused() {
        XCTAssertThrowsError(try Description.median([]))
        XCTAssertThrowsError(try Description.quantile([1], 1.5))
        XCTAssertThrowsError(try Description.quantile([1], .nan))
        XCTAssertThrowsError(try Description.robustSpread([1, .nan]))
    }

    func testTwoModesAreFoundWithTheirShare() throws {
        var generator = RepeatableGenerator(seed: 41)
        let values = (0..<40).map { (3 + ($0 % 7 == 3 ? 0.54 : 0)) * (1 + 0.02 * generator.normal()) }
        let modes = try XCTUnwrap(try TwoModes(in: values))
        XCTAssertEqual(modes.upperPlaces, [3, 10, 17, 24, 31, 38])
        XCTAssertEqual(modes.upperShare, 0.15)
        XCTAssertEqual(modes.upper / modes.lower, 1.18, accuracy: 0.02)
    }

    func testOneNoisyModeIsNotTwo() throws {
        var generator = RepeatableGenerator(seed: 43)
        var found = 0
        for _ in 0..<300 {
            let values = (0..<40).map { _ in exp(0.16 * generator.normal()) }
            if try TwoModes(in: values) != nil { found += 1 }
        }
        XCTAssertLessThanOrEqual(found, 3)
    }

    func testAnOutlierIsNoMode() throws {
        var generator = RepeatableGenerator(seed: 47)
        let values = (0..<30).map { ($0 == 9 ? 200 : 100) + generator.normal() }
        XCTAssertNil(try TwoModes(in: values))
    }

    func testValuesAtTwoPointsAreTwoModes() throws {
        let modes = try XCTUnwrap(try TwoModes(in: [5, 5, 5, 9, 5, 9, 9, 5]))
        XCTAssertEqual(modes.lower, 5, accuracy: 1e-9)
        XCTAssertEqual(modes.upper, 9, accuracy: 1e-9)
        XCTAssertEqual(modes.upperPlaces, [3, 5, 6])
        XCTAssertNil(try TwoModes(in: [5, 5, 5, 5, 5, 5]))
        XCTAssertNil(try TwoModes(in: [1, 2]))
    }
}
