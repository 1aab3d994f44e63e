import BootStatistics
import XCTest

final class PValuesTests: XCTestCase {
    private let family = [0.01, 0.04, 0.03, 0.005, 0.2]

    func testBenjaminiHochbergAgreesWithSciPy() throws {
        let corrected = try PValues.benjaminiHochberg(family)
        for (value, wanted) in zip(corrected, [0.025, 0.05, 0.05, 0.025, 0.2]) {
            XCTAssertEqual(value, wanted, accuracy: 1e-12)
        }
    }

    func testHolmMultipliesBySmallerFamiliesAndNeverFalls() throws {
        let corrected = try PValues.holm(family)
        for (value, wanted) in zip(corrected, [0.04, 0.09, 0.09, 0.025, 0.2]) {
            XCTAssertEqual(value, wanted, accuracy: 1e-12)
        }
    }

    func testCorrectionsNeverLowerAndNeverPassOne() throws {
        var generator = RepeatableGenerator(seed: 53)
        for _ in 0..<50 {
            let family = (0..<(1 + generator.uniform(below: 12))).map { _ in generator.unit() }
            let holm = try PValues.holm(family)
            let rate = try PValues.benjaminiHochberg(family)
            for place in family.indices {
                XCTAssertGreaterThanOrEqual(rate[place], family[place])
                XCTAssertGreaterThanOrEqual(holm[place], rate[place])
                XCTAssertLessThanOrEqual(holm[place], 1)
            }
        }
        XCTAssertEqual(try PValues.holm([0.3]), [0.3])
        XCTAssertEqual(try PValues.holm([]), [])
    }

    func testWhatIsNoProbabilityIsRefused() {
        for bad in [-0.1, 1.1, Double.nan] {
            XCTAssertThrowsError(try PValues.holm([0.5, bad]))
            XCTAssertThrowsError(try PValues.benjaminiHochberg([bad]))
        }
    }
}
