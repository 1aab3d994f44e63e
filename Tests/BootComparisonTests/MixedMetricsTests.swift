import BootComparison
import BootModel
import XCTest

/// One verdict over an exact and a statistical metric of one scenario.
final class MixedMetricsTests: XCTestCase {
    private let exact: [Verdict: Double] = [
        .pass: 1_000_000, .regression: 1_010_000, .improvement: 990_000, .inconclusive: .infinity,
    ]
    private let statistical: [Verdict: [Double]] = [
        .pass: Runs.values(3e9), .regression: Runs.values(3.6e9), .improvement: Runs.values(2.4e9),
        .inconclusive: Runs.values(3.1e9, noise: 0.3), .invalidEnvironment: Runs.values(3.6e9),
    ]

    /// What an exact and a statistical metric say, and what both say together.
    private let table: [(exact: Verdict, statistical: Verdict, both: Verdict)] = [
        (.pass, .pass, .pass),
        (.pass, .improvement, .improvement),
        (.pass, .inconclusive, .inconclusive),
        (.pass, .regression, .regression),
        (.pass, .invalidEnvironment, .invalidEnvironment),
        (.improvement, .pass, .improvement),
        (.improvement, .improvement, .improvement),
        (.improvement, .inconclusive, .inconclusive),
        (.improvement, .regression, .regression),
        (.improvement, .invalidEnvironment, .invalidEnvironment),
        (.regression, .pass, .regression),
        (.regression, .improvement, .regression),
        (.regression, .inconclusive, .regression),
        (.regression, .regression, .regression),
        (.regression, .invalidEnvironment, .regression),
        (.inconclusive, .pass, .inconclusive),
        (.inconclusive, .improvement, .inconclusive),
        (.inconclusive, .inconclusive, .inconclusive),
        (.inconclusive, .regression, .regression),
        (.inconclusive, .invalidEnvironment, .invalidEnvironment),
    ]

    func testEveryMixHasTheVerdictOfTheStatedRule() throws {
        for row in table {
            let comparison = try compare(row.exact, row.statistical)
            let place = "exact \(row.exact), statistical \(row.statistical)"
            XCTAssertEqual(comparison.results.map(\.verdict), [row.exact, row.statistical], place)
            XCTAssertEqual(comparison.results.map(\.role), [.gates, .gates], place)
            XCTAssertEqual(comparison.verdict, row.both, place)
            XCTAssertTrue(
                comparison.reason.contains("of 2 metrics that decide"), "\(place): \(comparison.reason)")
        }
    }

    func testAFailedBootOutweighsWhateverBothSay() throws {
        for row in table {
            let comparison = try compare(
                row.exact, row.statistical, failing: [BootOutcome(.panicked, detail: "no root")])
            XCTAssertEqual(comparison.verdict, .failed, "exact \(row.exact), statistical \(row.statistical)")
            XCTAssertTrue(comparison.reason.contains("no root"), comparison.reason)
        }
    }

    func testAnExactMetricMakesNotUpForAStatisticalOneWithoutValues() throws {
        for verdict in [Verdict.pass, .improvement] {
            let comparison = try compare(verdict, nil)
            XCTAssertEqual(comparison.verdict, .inconclusive, "exact \(verdict)")
        }
        XCTAssertEqual(try compare(.regression, nil).verdict, .regression)
    }

    /// Both metrics with a budget, and values after that bring the wanted verdict of each; nil for none at all.
    private func compare(_ first: Verdict, _ second: Verdict?, failing: [BootOutcome] = []) throws
        -> Comparison
    {
        let metric = Metric.guestInstructions.exactly
        let budgets = [Budget(metric: metric, tolerance: 0.005), Budget(metric: .bootTime, tolerance: 0.03)]
        let count = try XCTUnwrap(exact[first])
        let noise: Double? = second == .inconclusive ? 0.3 : nil
        var before = Runs.run(
            [
                (metric, Array(repeating: 1e6, count: 10)),
                (.bootTime, Runs.values(3e9, noise: noise ?? 0.01)),
            ],
            budgets: budgets)
        var samples = [(metric, Array(repeating: count, count: 10))]
        if let second { samples.append((.bootTime, try XCTUnwrap(statistical[second]))) }
        var after = Runs.run(samples, budgets: budgets, failing: failing)
        // What else ran on the host: the same on both sides, or far more after.
        for place in before.run.boots.indices {
            before.run.boots[place].conditions = Conditions(others: 0.02)
        }
        for place in after.run.boots.indices {
            after.run.boots[place].conditions = Conditions(others: second == .invalidEnvironment ? 0.6 : 0.02)
        }
        return UnpairedComparator().compare(before: before, after: after, reproduction: [])
    }
}
