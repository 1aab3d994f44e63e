import BootStatistics
import XCTest

final class SequentialRuleTests: XCTestCase {
    private let rule = SequentialRule()

    private func effects(_ count: Int, around center: Double, seed: UInt64 = 83) -> [Double] {
        var generator = RepeatableGenerator(seed: seed)
        return (0..<count).map { _ in center + 0.01 * generator.normal() }
    }

    private func step(_ effects: [Double]) throws -> SequentialRule.Step {
        rule.step(after: try rule.evidence(effects, tolerance: 0.03))
    }

    func testAClearSlowdownStopsAtTheFirstLook() throws {
        XCTAssertEqual(try step(effects(12, around: 0.1)), .worse)
        XCTAssertEqual(try step(effects(12, around: -0.1)), .better)
        XCTAssertEqual(try step(effects(12, around: 0.001)), .within)
    }

    func testNothingIsSaidBeforeTheFirstLook() throws {
        let evidence = try rule.evidence(effects(11, around: 0.5), tolerance: 0.03)
        XCTAssertEqual(evidence.pairs, 0)
        XCTAssertEqual([evidence.pWorse, evidence.pWithin, evidence.pBetter], [1, 1, 1])
        XCTAssertEqual(rule.step(after: evidence), .proceed)
        XCTAssertEqual(rule.nextLook(after: 11), 12)
        XCTAssertEqual(rule.nextLook(after: 12), 24)
        XCTAssertNil(rule.nextLook(after: 40))
    }

    func testPairsBetweenLooksAreNotLookedAt() throws {
        let twelve = try rule.evidence(effects(12, around: 0.032), tolerance: 0.03)
        XCTAssertEqual(try rule.evidence(effects(23, around: 0.032), tolerance: 0.03), twelve)
        XCTAssertEqual(rule.step(after: twelve), .proceed)
    }

    func testTheEdgeOfTheToleranceStaysUndecided() throws {
        let alternating = (0..<40).map { 0.03 + ($0.isMultiple(of: 2) ? 0.01 : -0.01) * Double(1 + $0 / 2) }
        XCTAssertEqual(try step(alternating), .undecided)
    }

    func testAPassMayRuleOutMoreThanTheToleranceWithFewerPairs() throws {
        let seen = effects(12, around: 0.01)
        XCTAssertEqual(rule.step(after: try rule.evidence(seen, tolerance: 0.01)), .proceed)
        XCTAssertEqual(rule.step(after: try rule.evidence(seen, tolerance: 0.01, passBound: 0.03)), .within)
        XCTAssertThrowsError(try rule.evidence(seen, tolerance: 0.03, passBound: 0.01))
    }

    func testEachLookPaysItsWeight() throws {
        let evidence = try rule.evidence(Array(repeating: 0.1, count: 12), tolerance: 0.03)
        XCTAssertEqual(evidence.pWorse, 1 / 4_096 / 0.15, accuracy: 1e-12)
        XCTAssertEqual(evidence.pWithin, 1)
    }

    func testFalseAlarmsAtTheEdgeStayBelowTheLevel() throws {
        // At the edge 1 % is nominal; more than 12 in 400 would come up about once in a thousand seeds.
        var alarms = 0
        for seed in 0..<400 {
            let seen = effects(40, around: 0.03, seed: UInt64(seed))
            if try rule.evidence(seen, tolerance: 0.03).pWorse <= rule.level { alarms += 1 }
        }
        XCTAssertLessThanOrEqual(alarms, 12)
    }

    func testAnotherEndKeepsTheWholeWeight() {
        let limited = rule.ending(at: 20)
        XCTAssertEqual(limited.looks, [12, 20])
        XCTAssertEqual(limited.weights.reduce(0, +), 1, accuracy: 1e-12)
        XCTAssertEqual(rule.ending(at: 5).looks, [5])
        XCTAssertEqual(rule.ending(at: 100).looks, [12, 24, 100])
        XCTAssertEqual(rule.ending(at: 40).looks, rule.looks)
    }

    func testARuleThatContradictsItselfIsRefused() {
        let bad = [
            SequentialRule(looks: []), SequentialRule(looks: [12, 12, 40]), SequentialRule(looks: [0, 1, 2]),
            SequentialRule(weights: [0.5, 0.5]), SequentialRule(weights: [0.5, 0.5, 0.5]),
            SequentialRule(weights: [1, 0, 0]), SequentialRule(level: 0), SequentialRule(passLevel: .nan),
            SequentialRule().ending(at: -3),
        ]
        for rule in bad { XCTAssertThrowsError(try rule.evidence([0.1], tolerance: 0)) }
        XCTAssertThrowsError(try rule.evidence(effects(11, around: 0) + [.nan], tolerance: 0))
    }
}
