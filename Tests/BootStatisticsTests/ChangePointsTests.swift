import BootStatistics
import XCTest

final class ChangePointsTests: XCTestCase {
    private func noise(_ count: Int, seed: UInt64) -> [Double] {
        var generator = RepeatableGenerator(seed: seed)
        return (0..<count).map { _ in 100 + generator.normal() }
    }

    func testStepsAreFoundWhereTheyAre() throws {
        var values = noise(60, seed: 61)
        for place in 20..<60 { values[place] += 5 }
        for place in 45..<60 { values[place] += 6 }
        let changes = try ChangePoints().find(in: values)
        XCTAssertEqual(changes.map(\.place), [20, 45])
        for change in changes { XCTAssertLessThanOrEqual(change.pValue, 0.001) }
        XCTAssertEqual(changes[0].before, 100, accuracy: 1)
        XCTAssertEqual(changes[0].after, 105, accuracy: 1)
        XCTAssertEqual(changes[1].after, 111, accuracy: 1)
    }

    func testASingleSpikeIsNoChange() throws {
        for seed in 1...5 {
            var values = noise(40, seed: UInt64(seed))
            values[17] += 60
            XCTAssertEqual(try ChangePoints().find(in: values), [])
        }
    }

    func testNoiseHasNoChange() throws {
        for seed in 1...10 { XCTAssertEqual(try ChangePoints().find(in: noise(50, seed: UInt64(seed))), []) }
    }

    func testTheSameSequenceGivesTheSameChanges() throws {
        let values = noise(20, seed: 71) + noise(20, seed: 73).map { $0 + 3 }
        XCTAssertEqual(try ChangePoints().find(in: values), try ChangePoints().find(in: values))
        let scaled = try ChangePoints().find(in: values.map { $0 * 1e9 })
        XCTAssertEqual(scaled.map(\.place), try ChangePoints().find(in: values).map(\.place))
    }

    func testShortAndConstantSequencesHaveNoChange() throws {
        XCTAssertEqual(try ChangePoints().find(in: []), [])
        XCTAssertEqual(try ChangePoints().find(in: [1, 1, 9, 9, 9]), [])
        XCTAssertEqual(try ChangePoints().find(in: [Double](repeating: 7, count: 50)), [])
    }

    func testBadParametersAndValuesAreRefused() {
        let values = noise(20, seed: 79)
        XCTAssertThrowsError(try ChangePoints(shortestSegment: 1).find(in: values))
        XCTAssertThrowsError(try ChangePoints(permutations: 99).find(in: values))
        XCTAssertThrowsError(try ChangePoints(permutations: Int.max).find(in: values))
        XCTAssertThrowsError(try ChangePoints(level: .nan).find(in: values))
        XCTAssertThrowsError(try ChangePoints().find(in: values + [.nan]))
        let long = [Double](repeating: 1, count: ChangePoints.longestSequence + 1)
        XCTAssertThrowsError(try ChangePoints().find(in: long))
    }
}
