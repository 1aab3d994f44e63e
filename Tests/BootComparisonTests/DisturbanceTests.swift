import BootComparison
import BootModel
import XCTest

final class DisturbanceTests: XCTestCase {
    func testAHostThatWasBusierOnOneSideMakesTimesInvalid() {
        let comparison = compare(side(others: 0.02), side(others: 0.4))
        XCTAssertEqual(comparison.verdict, .invalidEnvironment)
        XCTAssertEqual(comparison.verdict.exitCode, 4)
        XCTAssertTrue(comparison.reason.contains("what else ran"), comparison.reason)
        XCTAssertTrue(comparison.reason.contains("bootmark doctor"), comparison.reason)
    }

    func testAHostThatWasTheSameIsJudged() {
        XCTAssertEqual(compare(side(others: 0.3), side(others: 0.35)).verdict, .regression)
    }

    func testRunsWithoutConditionsAreJudgedAsBefore() {
        XCTAssertEqual(compare(side(others: nil), side(others: nil)).verdict, .regression)
        XCTAssertEqual(compare(side(others: nil), side(others: 0.9)).verdict, .regression)
    }

    func testCountsOfTheGuestDoNotDependOnTheHost() {
        let before = side(metric: .guestInstructions, others: 0.02)
        let after = side(metric: .guestInstructions, others: 0.9)
        XCTAssertEqual(compare(before, after, metric: .guestInstructions).verdict, .regression)
        let exact = Metric.hostInstructions.exactly
        XCTAssertEqual(
            compare(side(metric: exact, others: 0), side(metric: exact, others: 0.9), metric: exact).verdict,
            .regression)
    }

    func testAHostThatChangedDuringARunMakesItInvalid() {
        var after = side(others: 0.1)
        for place in after.run.boots.indices.suffix(5) { after.run.boots[place].conditions?.stolen = 0.3 }
        for place in after.run.boots.indices.prefix(5) { after.run.boots[place].conditions?.stolen = 0 }
        var before = side(others: 0.1)
        for place in before.run.boots.indices {
            before.run.boots[place].conditions?.stolen = place % 2 == 0 ? 0.1 : 0.2
        }
        let comparison = compare(before, after)
        XCTAssertEqual(comparison.verdict, .invalidEnvironment)
        XCTAssertTrue(comparison.reason.contains("during the run after"), comparison.reason)
    }

    func testOneBootInAStormSpoilsNothing() {
        var after = side(others: 0.1)
        after.run.boots[4].conditions?.others = 1
        XCTAssertEqual(compare(side(others: 0.1), after).verdict, .regression)
    }

    private func compare(
        _ before: ComparedRun, _ after: ComparedRun, metric: Metric = .bootTime
    ) -> Comparison {
        var after = after
        // Half as much again, so that there is something to find.
        for place in after.run.boots.indices {
            after.run.boots[place].samples[metric.id]? *= 1.5
        }
        return UnpairedComparator().compare(before: before, after: after, reproduction: [])
    }

    private func side(metric: Metric = .bootTime, others: Double?) -> ComparedRun {
        let values =
            metric.determinism == .exact ? Array(repeating: 1e6, count: 10) : Runs.values(1e6)
        var side = Runs.run([(metric, values)], budgets: [Budget(metric: metric, tolerance: 0.05)])
        for place in side.run.boots.indices {
            side.run.boots[place].conditions = others.map { Conditions(others: $0) }
        }
        return side
    }
}
