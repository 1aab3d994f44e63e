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
        // A deviation of 10 in 3 layouts: t(2 degrees, 0.0005 a side) is 31.599, times sqrt(1 + 1/3).
        let before = run(1_000_000, controls: [1_000_010, 999_990])
        let within = result(before, run(1_000_364, controls: []))
        XCTAssertEqual(within?.floor ?? 0, 364.87, accuracy: 0.01)
        XCTAssertEqual(within?.controls, 2)
        XCTAssertEqual(within?.verdict, .pass)
        XCTAssertTrue(
            within?.reason.contains("no more than layout alone can (365, by 2 controls)") ?? false,
            within?.reason ?? "")
        let beyond = result(before, run(1_000_365, controls: []))
        XCTAssertEqual(beyond?.verdict, .regression, "no share has to be guessed where controls tell")
        XCTAssertTrue(
            beyond?.reason.contains("layout alone can move it (365, by 2 controls)") ?? false,
            beyond?.reason ?? "")
        XCTAssertEqual(result(before, run(999_600, controls: []))?.verdict, .improvement)
    }

    func testTheFewerControlsThereAreTheFurtherAChangeHasToGo() {
        // Always a deviation of 100 about the boot's own count.
        var floors: [Double] = []
        for (pairs, margin) in [(1, 36.49), (2, 9.432), (4, 5.314), (16, 3.678)] {
            let controls = (0..<pairs).flatMap { _ in [1_000_100.0, 999_900.0] }
            let floor = result(run(1_000_000, controls: controls), run(1_000_001, controls: []))?.floor
            XCTAssertEqual((floor ?? 0) / 100, margin, accuracy: 0.01, "\(2 * pairs) controls")
            floors.append(floor ?? 0)
        }
        XCTAssertEqual(floors, floors.sorted(by: >))
    }

    func testALevelOfNothingStillHasAFloor() {
        let comparator = UnpairedComparator(settings: .init(alpha: 0))
        let before = run(1_000_000, controls: [1_000_010, 999_990])
        let comparison = comparator.compare(
            before: before, after: run(1_000_400, controls: []), reproduction: [])
        // t(2 degrees, 0.0000005 a side) is 1,000.
        XCTAssertEqual(comparison.results.first?.floor ?? 0, 10 * 1_000 * 1.1547, accuracy: 1)
        XCTAssertEqual(comparison.verdict, .pass)
    }

    func testFewControlsThatAgreeProveNothing() {
        let few = result(run(1_000_000, controls: [1_000_000, 1_000_000]), run(1_000_010, controls: []))
        XCTAssertNil(few?.floor)
        XCTAssertEqual(few?.verdict, .pass, "within the 0.5 % of a comparison without controls")
        let enough = result(
            run(1_000_000, controls: Array(repeating: 1_000_000, count: 8)),
            run(1_000_010, controls: []))
        XCTAssertEqual(enough?.floor, 0)
        XCTAssertEqual(enough?.verdict, .regression)
    }

    func testABootThatLiesAsideOfItsLayoutsHasThatMuchMoreToPass() {
        // 1,000,000 and thrice 1,000,100: a mean 75 away, a deviation of 50.
        let before = run(1_000_000, controls: [1_000_100, 1_000_100, 1_000_100])
        let floor = result(before, run(1_000_001, controls: []))?.floor
        XCTAssertEqual(floor ?? 0, 75 + 50 * 12.924 * 1.118, accuracy: 0.1)
    }

    func testControlsOfBothSidesTellTogether() {
        // Two and two layouts with deviations of 10 * sqrt(2) and 0: t(2 degrees) is 31.599, times 10; each boot's offset.
        let before = run(1_000_000, controls: [1_000_020])
        let result = result(before, run(1_000_050, controls: [1_000_050]))
        XCTAssertEqual(result?.floor ?? 0, 31.599 * 10.041 + 10, accuracy: 0.1)
        XCTAssertEqual(result?.controls, 2)
    }

    func testOneControlCannotHideWhatWouldBeTooMuchWithoutIt() {
        // A floor of 550 times what the one control moves: 55 % here.
        let before = run(1_000_000, controls: [1_001_000])
        let small = result(before, run(1_004_000, controls: []))
        XCTAssertEqual(small?.verdict, .pass, "as it would without a control")
        XCTAssertTrue(
            small?.reason.contains("Take 8 controls to see smaller changes.") ?? false, small?.reason ?? "")
        let large = result(before, run(1_006_000, controls: []))
        XCTAssertEqual(large?.verdict, .inconclusive, "more than 0.5 %, and no more than layout may do")
        XCTAssertTrue(
            large?.reason.contains("Take more controls: boot --exact --controls 8.") ?? false,
            large?.reason ?? "")
        XCTAssertEqual(result(before, run(1_600_000, controls: []))?.verdict, .regression)
        XCTAssertEqual(result(before, run(994_000, controls: []))?.verdict, .pass, "no slowdown is hidden")
        let strict = run(1_000_000, controls: [1_001_000], budget: 0.001)
        XCTAssertEqual(
            result(strict, run(1_002_000, controls: [], budget: 0.001))?.verdict, .inconclusive,
            "a budget of one's own is not passed for want of controls")
    }

    func testExactGatesShareOneLevelOfFalseAlarms() {
        let blocks = Metric.guestBlocks.exactly
        let budgets = [Budget(metric: metric, tolerance: 0.0001), Budget(metric: blocks, tolerance: 0.0001)]
        func side(_ value: Double, controls: [Double]) -> ComparedRun {
            var side = run(value, controls: controls)
            side.run.metrics.append(blocks)
            side.run.plan.budgets = budgets
            for place in side.run.boots.indices {
                side.run.boots[place].samples[blocks.id] = side.run.boots[place].samples[metric.id]
            }
            return side
        }
        let floor = result(
            side(1_000_000, controls: [1_000_010, 999_990]), side(1_000_001, controls: []))?.floor
        // t(2 degrees, 0.00025 a side) is 44.705.
        XCTAssertEqual(floor ?? 0, 10 * 44.705 * 1.1547, accuracy: 0.01)
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
