import BootStatistics
import XCTest

final class HodgesLehmannTests: XCTestCase {
    private let first = [1.1, 2.2, 3.3, 4.4, 5.5, 6.6]
    private let second = [2.5, 3.5, 4.6, 7.7, 8.8]

    func testTheShiftIsTheMedianOfAllDifferences() throws {
        XCTAssertEqual(try HodgesLehmannShift(of: first, over: second).estimate, -1.35, accuracy: 1e-12)
        XCTAssertEqual(try HodgesLehmannShift(of: [7], over: [4]).estimate, 3)
    }

    func testTheCenterIsTheMedianOfTheWalshAverages() throws {
        let differences = [0.3, -0.1, 0.7, 1.1, -0.5, 2.0, 1.3, 0.9]
        XCTAssertEqual(try HodgesLehmannCenter(of: differences).estimate, 0.725, accuracy: 1e-12)
    }

    func testTheShiftIsFoundAmongListedDifferences() throws {
        var generator = RepeatableGenerator(seed: 23)
        for _ in 0..<30 {
            let first = (0..<(1 + generator.uniform(below: 12))).map { _ in generator.normal() }
            let second = (0..<(1 + generator.uniform(below: 12))).map { _ in generator.normal() * 3 }
            let listed = first.flatMap { value in second.map { value - $0 } }
            let shift = try HodgesLehmannShift(of: first, over: second)
            XCTAssertEqual(shift.estimate, try Description.median(listed), accuracy: 1e-12)
            let walsh = first.indices.flatMap { place in first[place...].map { ($0 + first[place]) / 2 } }
            let center = try HodgesLehmannCenter(of: first)
            XCTAssertEqual(center.estimate, try Description.median(walsh), accuracy: 1e-12)
        }
    }

    func testABoundIsWhereTheTestStopsRejecting() throws {
        var generator = RepeatableGenerator(seed: 29)
        for _ in 0..<20 {
            let first = (0..<9).map { _ in generator.normal() + 1 }
            let second = (0..<8).map { _ in generator.normal() }
            let shift = try HodgesLehmannShift(of: first, over: second)
            let low = try XCTUnwrap(shift.lowerBound(confidence: 0.95))
            let high = try XCTUnwrap(shift.upperBound(confidence: 0.95))
            XCTAssertLessThan(low, high)
            func p(_ moved: Double, _ alternative: Alternative) throws -> Double {
                try MannWhitney.test(first.map { $0 - moved }, second, alternative: alternative).pValue
            }
            XCTAssertLessThanOrEqual(try p(low - 1e-9, .greater), 0.05)
            XCTAssertGreaterThan(try p(low + 1e-9, .greater), 0.05)
            XCTAssertLessThanOrEqual(try p(high + 1e-9, .less), 0.05)
            XCTAssertGreaterThan(try p(high - 1e-9, .less), 0.05)
        }
    }

    func testABoundOfTheCenterIsWhereTheSignedRankTestStopsRejecting() throws {
        var generator = RepeatableGenerator(seed: 31)
        for _ in 0..<20 {
            let differences = (0..<12).map { _ in generator.normal() + 0.5 }
            let center = try HodgesLehmannCenter(of: differences)
            let low = try XCTUnwrap(center.lowerBound(confidence: 0.99))
            let high = try XCTUnwrap(center.upperBound(confidence: 0.99))
            func p(_ moved: Double, _ alternative: Alternative) throws -> Double {
                try SignedRank.test(differences, center: moved, alternative: alternative).pValue
            }
            XCTAssertLessThanOrEqual(try p(low - 1e-9, .greater), 0.01)
            XCTAssertGreaterThan(try p(low + 1e-9, .greater), 0.01)
            XCTAssertLessThanOrEqual(try p(high + 1e-9, .less), 0.01)
            XCTAssertGreaterThan(try p(high - 1e-9, .less), 0.01)
        }
    }

    func testBoundsOfLargeSamplesHoldTheMiddle() throws {
        var generator = RepeatableGenerator(seed: 37)
        let first = (0..<3_000).map { _ in generator.normal() + 0.2 }
        let second = (0..<2_000).map { _ in generator.normal() }
        let shift = try HodgesLehmannShift(of: first, over: second)
        let low = try XCTUnwrap(shift.lowerBound(confidence: 0.995))
        let high = try XCTUnwrap(shift.upperBound(confidence: 0.995))
        XCTAssert((low...high).contains(0.2))
        XCTAssertLessThan(high - low, 0.2)
        let center = try HodgesLehmannCenter(of: first)
        let bound = try XCTUnwrap(center.lowerBound(confidence: 0.995))
        XCTAssertEqual(bound, 0.2, accuracy: 0.1)
    }

    func testScaleAndOrderCarryOver() throws {
        let plain = try HodgesLehmannShift(of: first, over: second)
        let scaled = try HodgesLehmannShift(of: first.map { $0 * 1_024 }, over: second.map { $0 * 1_024 })
        XCTAssertEqual(scaled.estimate, plain.estimate * 1_024, accuracy: 1e-9)
        let turned = try HodgesLehmannShift(of: second.reversed(), over: first)
        XCTAssertEqual(turned.estimate, -plain.estimate, accuracy: 1e-12)
        let low = try XCTUnwrap(plain.lowerBound(confidence: 0.9))
        let high = try XCTUnwrap(turned.upperBound(confidence: 0.9))
        XCTAssertEqual(low, -high, accuracy: 1e-12)
    }

    func testTooFewValuesGiveNoBound() throws {
        let shift = try HodgesLehmannShift(of: [1, 2, 3], over: [4, 5, 6])
        XCTAssertNil(try shift.lowerBound(confidence: 0.99))
        // 1 of 20 arrangements is 5 %, exactly enough.
        XCTAssertEqual(try shift.lowerBound(confidence: 0.95), -5)
        XCTAssertNil(try HodgesLehmannCenter(of: [1, 2]).upperBound(confidence: 0.9))
    }

    func testAConfidenceThatIsNoneIsRefused() throws {
        let shift = try HodgesLehmannShift(of: [1, 2, 3], over: [4, 5, 6])
        for confidence in [0, 1, -0.5, 2, Double.nan] {
            XCTAssertThrowsError(try shift.lowerBound(confidence: confidence))
        }
        XCTAssertThrowsError(try HodgesLehmannShift(of: [], over: [1]))
        XCTAssertThrowsError(try HodgesLehmannCenter(of: [.nan]))
    }
}
