import BootComparison
import BootModel
import XCTest

/// What controls decide.
final class FloorTests: XCTestCase {
    private let metric = Metric.guestInstructions.exactly

    /// A run of two boots that agree, with controls that hold these counts.
    private func run(_ value: Double, controls: [Double], failed: Int = 0, budget: Double? = nil)
        -> ComparedRun
    {
        let budgets = budget.map { [Budget(metric: metric, tolerance: $0)] } ?? []
        var side = Runs.run([(metric, [value, value])], budgets: budgets)
        for (place, count) in controls.enumerated() {
            side.run.boots.append(
                Boot(
                    index: 3 + place, purpose: .control, startedAt: 1_700_000_200, outcome: .init(.booted),
                    samples: [metric.id: count]))
        }
        for place in 0..<failed {
            side.run.boots.append(
                Boot(
                    index: 50 + place, purpose: .control, startedAt: 1_700_000_300, outcome: .init(.panicked))
            )
        }
        side.run.plan.boots = side.run.boots.map { .init(index: $0.index, purpose: $0.purpose) }
        return side
    }

    private func result(_ before: ComparedRun, _ after: ComparedRun) -> MetricComparison? {
        UnpairedComparator().compare(before: before, after: after, reproduction: []).results.first
    }

    func testWhatLayoutAloneMovesIsNoRegressionAndWhatIsMoreIsOne() {
        let before = run(1_000_000, controls: [1_000_010, 999_990])
        let within = result(before, run(1_000_040, controls: []))
        XCTAssertEqual(within?.floor, 40)
        XCTAssertEqual(within?.verdict, .pass)
        XCTAssertTrue(
            within?.reason.contains("no more than layout alone can (40") ?? false, within?.reason ?? "")
        let beyond = result(before, run(1_000_041, controls: []))
        XCTAssertEqual(beyond?.verdict, .regression, "no share has to be guessed where controls tell")
        XCTAssertTrue(beyond?.reason.contains("layout alone can move it (40)") ?? false, beyond?.reason ?? "")
        XCTAssertEqual(result(before, run(999_900, controls: []))?.verdict, .improvement)
    }

    func testTheSideWhoseControlsMoveMoreTells() {
        let before = run(1_000_000, controls: [1_000_001])
        XCTAssertEqual(result(before, run(1_000_050, controls: [1_000_080]))?.floor, 60)
    }

    func testABudgetStillHoldsBesideTheFloor() {
        let before = run(1_000_000, controls: [1_000_010], budget: 0.01)
        XCTAssertEqual(result(before, run(1_009_000, controls: [], budget: 0.01))?.verdict, .pass)
        XCTAssertEqual(result(before, run(1_011_000, controls: [], budget: 0.01))?.verdict, .regression)
    }

    func testWithoutControlsTheOwnToleranceDecides() {
        let result = result(run(1_000_000, controls: []), run(1_004_000, controls: []))
        XCTAssertNil(result?.floor)
        XCTAssertEqual(result?.verdict, .pass)
    }

    func testControlsAreNeverJudgedAndTheirFailureIsNone() {
        let before = run(1_000_000, controls: [2_000_000])
        let after = run(1_000_000, controls: [], failed: 1)
        let comparison = UnpairedComparator().compare(before: before, after: after, reproduction: [])
        XCTAssertEqual(comparison.verdict, .pass)
        XCTAssertEqual(comparison.results.first?.before, [1_000_000, 1_000_000])
        XCTAssertEqual(comparison.failures, [])
        XCTAssertTrue(comparison.notes.contains { $0.contains("control boot 50 did not reach its end") })
    }

    func testTimesHaveNoFloor() {
        var before = run(1_000_000, controls: [1_000_010])
        var after = run(1_000_000, controls: [])
        before.run.metrics.append(.bootTime)
        after.run.metrics.append(.bootTime)
        for index in before.run.boots.indices {
            before.run.boots[index].samples["boot-time"] = Double(index + 1) * 1e9
        }
        for index in after.run.boots.indices { after.run.boots[index].samples["boot-time"] = 1e9 }
        let comparison = UnpairedComparator().compare(before: before, after: after, reproduction: [])
        let time = comparison.results.first { $0.metric == .bootTime }
        XCTAssertNotNil(time)
        XCTAssertNil(time?.floor)
    }
}
