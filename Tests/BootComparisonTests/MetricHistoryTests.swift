import BootComparison
import BootModel
import BootStatistics
import XCTest

final class MetricHistoryTests: XCTestCase {
    private func history(_ values: [Double], metric: Metric = .bootTime) -> MetricHistory {
        let entries = values.enumerated().map { place, value in
            HistoryEntry(
                scenario: "tiny", host: Runs.host, takenAt: Double(place), commit: "c\(place)",
                medians: [metric.id: value])
        }
        return MetricHistory(metric, scenario: "tiny", host: Runs.host, among: entries.reversed())
    }

    private func noise(_ count: Int) -> [Double] {
        var generator = RepeatableGenerator(seed: 97)
        return (0..<count).map { _ in 1 + 0.005 * generator.normal() }
    }

    func testAStepNamesTheCommitsBetweenWhichItCame() throws {
        let values = noise(40).enumerated().map { 3e9 * $0.element * ($0.offset < 25 ? 1 : 1.04) }
        let steps = try history(values).steps()
        XCTAssertEqual(steps.map(\.last.commit), ["c24"])
        XCTAssertEqual(steps.map(\.first.commit), ["c25"])
        XCTAssertEqual(try XCTUnwrap(steps[0].change), 0.04, accuracy: 0.005)
        XCTAssertLessThanOrEqual(steps[0].pValue, 0.001)
    }

    func testASingleSpikeIsNoStep() throws {
        var values = noise(40)
        values[12] = 3
        XCTAssertEqual(try history(values).steps(), [])
    }

    func testTheToleranceFollowsPastSteps() throws {
        // Steps of 1 % up and down: the quartiles agree, and the rule leaves just them.
        let values = (0..<20).map { $0.isMultiple(of: 2) ? 100 : 101.0 }
        let tolerance = try XCTUnwrap(history(values).suggestedTolerance)
        XCTAssertEqual(tolerance, 0.01, accuracy: 0.000_5)
        XCTAssertNil(history([1, 2, 3]).suggestedTolerance)
        XCTAssertNil(history([Double](repeating: 0, count: 20)).suggestedTolerance)
    }

    func testSmallStepsAddUpAgainstAFixedReferenceAlone() throws {
        var value = 100.0
        let creeping = history(
            (0..<30).map { _ in
                value *= 1.005
                return value
            })
        XCTAssertEqual(try XCTUnwrap(creeping.worsening(since: .last)), 0.005, accuracy: 1e-9)
        XCTAssertLessThan(try XCTUnwrap(creeping.worsening(since: .medianOfLast(5))), 0.03)
        XCTAssertGreaterThan(try XCTUnwrap(creeping.worsening(since: .fixed(at: 0))), 0.1)
    }

    func testWorseFollowsTheMetricsDirection() throws {
        let throughput = Metric(name: "throughput", unit: .count, polarity: .higherIsBetter)
        XCTAssertEqual(
            try XCTUnwrap(history([100, 90], metric: throughput).worsening(since: .last)), 0.1, accuracy: 1e-9
        )
    }

    func testTooShortHistoriesHaveNoAnswer() throws {
        XCTAssertNil(history([]).worsening(since: .last))
        XCTAssertNil(history([1]).worsening(since: .medianOfLast(3)))
        XCTAssertNil(history([1, 2, 3]).worsening(since: .fixed(at: 0)))
        XCTAssertNil(history([1, 2, 3]).worsening(since: .fixed(at: 7)))
        XCTAssertNil(history([1, 2, 3]).worsening(since: .medianOfLast(-1)))
        XCTAssertNil(history([0, 5]).worsening(since: .last))
        XCTAssertEqual(try history([]).steps(), [])
    }

    func testOtherHostsScenariosAndDamagedValuesStayOutside() {
        var other = Runs.host
        other.kernel = "6.12"
        let entries = [
            HistoryEntry(
                scenario: "tiny", host: Runs.host, takenAt: 2, commit: nil, medians: ["boot-time": 5]),
            HistoryEntry(scenario: "tiny", host: other, takenAt: 1, commit: nil, medians: ["boot-time": 6]),
            HistoryEntry(
                scenario: "big", host: Runs.host, takenAt: 1, commit: nil, medians: ["boot-time": 7]),
            HistoryEntry(
                scenario: "tiny", host: Runs.host, takenAt: 1, commit: nil, medians: ["boot-time": -1]),
            HistoryEntry(
                scenario: "tiny", host: Runs.host, takenAt: .nan, commit: nil, medians: ["boot-time": 8]),
            HistoryEntry(scenario: "tiny", host: Runs.host, takenAt: 1, commit: nil, medians: [:]),
        ]
        let history = MetricHistory(.bootTime, scenario: "tiny", host: Runs.host, among: entries)
        XCTAssertEqual(history.values, [5])
    }

    func testARunIsRememberedByItsMedians() {
        var side = Runs.run([(.bootTime, [3, 1, 2]), (.cycles, [.nan])])
        side.run.boots[0].startedAt = .nan
        let entry = HistoryEntry(side.run, commit: "abc")
        XCTAssertEqual(entry.medians, ["boot-time": 2])
        XCTAssertEqual(entry.takenAt, 0)
        XCTAssertEqual(entry.host, Runs.host)
    }
}
