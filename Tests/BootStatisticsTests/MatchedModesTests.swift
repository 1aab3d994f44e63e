import BootStatistics
import Foundation
import XCTest

final class MatchedModesTests: XCTestCase {
    /// Pairs of logarithms with 3 % noise, of boots of which a quarter takes a way that is 18 % longer.
    private func pairs(
        _ count: Int, slowdown: Double, seed: UInt64, gap: Double = 0.18
    ) -> (before: [Double], after: [Double]) {
        var generator = RepeatableGenerator(seed: seed)
        func boot(_ slowdown: Double) -> Double {
            let away = generator.unit() < 0.25 ? log1p(gap) : 0
            return log1p(slowdown) + 0.03 * generator.normal() + away
        }
        let both = (0..<count).map { _ in (boot(0), boot(slowdown)) }
        return (both.map(\.0), both.map(\.1))
    }

    /// The property that makes the test exact.
    func testExchangingAPairChangesTheSignOfItsDifferenceAndNothingElse() throws {
        for (seed, shift) in [(1, 0.0), (2, 0.01), (3, 0.05)] {
            let (before, after) = pairs(40, slowdown: 0.02, seed: UInt64(seed))
            let matched = try XCTUnwrap(try MatchedModes(before, after, shift: shift))
            var (first, second) = (before, after)
            let exchanged = Set([0, 3, 4, 17, 39])
            // With the shift taken off, so that what is exchanged is what the test takes for alike.
            for place in exchanged {
                (first[place], second[place]) = (after[place] - shift, before[place] + shift)
            }
            let other = try XCTUnwrap(try MatchedModes(first, second, shift: shift))
            for (place, pair) in zip(matched.differences, other.differences).enumerated() {
                XCTAssertEqual(pair.0, exchanged.contains(place) ? -pair.1 : pair.1, accuracy: 1e-9)
            }
        }
    }

    func testTheWaysAreTakenOffAndTheChangeIsLeft() throws {
        let (before, after) = pairs(40, slowdown: 0.05, seed: 7)
        let matched = try XCTUnwrap(try MatchedModes(before, after, shift: 0))
        let plain = zip(before, after).map { $1 - $0 }
        XCTAssertEqual(
            try HodgesLehmannCenter(of: matched.differences).estimate, log1p(0.05), accuracy: 0.015)
        XCTAssertLessThan(
            try Description.robustSpread(matched.differences), 0.8 * (try Description.robustSpread(plain)))
        XCTAssertEqual(matched.modes.upper - matched.modes.lower, log1p(0.18), accuracy: 0.02)
    }

    func testScaleAndPlaceDoNotMatter() throws {
        let (before, after) = pairs(24, slowdown: 0.05, seed: 11)
        let matched = try XCTUnwrap(try MatchedModes(before, after, shift: 0.01)).differences
        let other = try XCTUnwrap(
            try MatchedModes(before.map { 8 * $0 + 100 }, after.map { 8 * $0 + 100 }, shift: 0.08)
        ).differences
        for (one, two) in zip(matched, other) { XCTAssertEqual(8 * one, two, accuracy: 1e-9) }
    }

    func testAClearSlowdownIsNoSecondWay() throws {
        var generator = RepeatableGenerator(seed: 3)
        let before = (0..<12).map { _ in 0.001 * generator.normal() }
        let after = (0..<12).map { _ in 0.06 + 0.001 * generator.normal() }
        XCTAssertNil(try MatchedModes(before, after, shift: 0.01))
        let evidence = try SequentialRule().evidence(before: before, after: after, tolerance: 0.01)
        XCTAssertEqual(evidence.pWorse, 1 / 4_096 / 0.15, accuracy: 1e-12)
    }

    func testOneWayIsLeftAlone() throws {
        var found = 0
        for seed in 0..<100 {
            let (before, after) = pairs(40, slowdown: 0.01, seed: UInt64(seed), gap: 0)
            if try MatchedModes(before, after, shift: 0) != nil { found += 1 }
        }
        XCTAssertLessThanOrEqual(found, 2)
        XCTAssertThrowsError(try MatchedModes([1], [1, 2], shift: 0))
        XCTAssertThrowsError(try MatchedModes([1, 2], [1, .nan], shift: 0))
    }

    /// Found in 41 % of the trials where the pairs are looked at only as they are.
    func testFivePercentAreFoundAmongBootsThatTakeTwoWays() throws {
        let rule = SequentialRule()
        var found = 0
        var alarms = 0
        for seed in 0..<200 {
            for (slowdown, isFound) in [(0.05, true), (0.01, false)] {
                let (before, after) = pairs(40, slowdown: slowdown, seed: UInt64(seed))
                let evidence = try rule.evidence(before: before, after: after, tolerance: log1p(0.01))
                guard evidence.pWorse <= rule.level else { continue }
                if isFound { found += 1 } else { alarms += 1 }
            }
        }
        XCTAssertGreaterThanOrEqual(found, 190)
        // 2 are nominal; more than 7 would come up in one of a thousand sets of seeds.
        XCTAssertLessThanOrEqual(alarms, 7)
    }

    func testAPassHasToHoldForAllBootsTogether() throws {
        // Each way is as fast as before, and every boot takes the longer one.
        var generator = RepeatableGenerator(seed: 5)
        let before = (0..<40).map { _ in 0.01 * generator.normal() }
        let after = (0..<40).map { _ in log1p(0.18) + 0.01 * generator.normal() }
        let rule = SequentialRule()
        let evidence = try rule.evidence(before: before, after: after, tolerance: 0.01, passBound: 0.03)
        XCTAssertEqual(rule.step(after: evidence), .worse)
        XCTAssertEqual(evidence.pWithin, 1)
    }
}
