import BootModel
import XCTest

@testable import BootHistory

final class HistorySeriesTests: XCTestCase {
    func testAStepIsFoundWithTheCommitsAroundIt() throws {
        let values = noisy(20, 100) + noisy(20, 105)
        let changes = try series(values).changes()
        XCTAssertEqual(changes.map(\.place), [20])
        XCTAssertEqual(changes.first?.lastBefore, "c20")
        XCTAssertEqual(changes.first?.firstAfter, "c21")
        XCTAssertEqual(try XCTUnwrap(changes.first?.share), 0.05, accuracy: 0.01)
    }

    func testASingleSpikeIsNoChange() throws {
        var values = noisy(40, 100)
        values[17] = 180
        XCTAssertEqual(try series(values).changes(), [])
    }

    func testTheSuggestedToleranceLiesAboveTheStepsOfThePast() throws {
        // Steps of 1, 1, 1, 1, 3 percent: Q1 and Q3 are 1 %, so the tolerance is 1 %.
        let values = [100, 101, 100, 101, 100, 103].map(Double.init)
        let tolerance = try XCTUnwrap(try series(values).suggestedTolerance())
        XCTAssertEqual(tolerance, 0.01, accuracy: 0.0003)
        XCTAssertNil(try series(Array(values.prefix(5))).suggestedTolerance())
        XCTAssertNil(try series([0, 1, 1, 1, 1, 1]).suggestedTolerance())
    }

    func testManySmallStepsAddUpAgainstAFixedBaselineAndNotAgainstTheLast() throws {
        let drifting = series((0..<30).map { 100 * pow(1.004, Double($0)) })
        XCTAssertEqual(drifting.drift(against: .fixed(commit: nil), tolerance: 0.03)?.isAlarm, true)
        XCTAssertEqual(drifting.drift(against: .fixed(commit: "c1"), tolerance: 0.03)?.isAlarm, true)
        XCTAssertEqual(drifting.drift(against: .last, tolerance: 0.03)?.isAlarm, false)
    }

    func testOneSpikeAtTheEndAlarmsNobodyWhereTheMetricVaries() throws {
        let values = Array(repeating: 100.0, count: 10) + [150]
        XCTAssertEqual(series(values).drift(against: .medianOfLast(5), tolerance: 0.03)?.isAlarm, false)
        let exact = series(values, metric: .guestInstructions.exactly)
        XCTAssertEqual(exact.drift(against: .medianOfLast(5), tolerance: 0.03)?.isAlarm, true)
    }

    func testAnImprovementIsNoAlarmAndMoreIsBetterTurnsItRound() throws {
        let rising = (0..<12).map { 100.0 + Double($0) * 2 }
        XCTAssertEqual(series(rising.reversed()).drift(against: .last, tolerance: 0)?.isAlarm, false)
        let rate = Metric(name: "rate", unit: .count, polarity: .higherIsBetter)
        XCTAssertEqual(series(rising, metric: rate).drift(against: .last, tolerance: 0)?.isAlarm, false)
        XCTAssertEqual(
            series(rising.reversed(), metric: rate).drift(against: .last, tolerance: 0)?.isAlarm, true)
    }

    func testASeriesTooShortOrABaselineThatIsMissingHasNoDrift() throws {
        XCTAssertNil(series([100]).drift(against: .last, tolerance: 0))
        XCTAssertNil(series([100, 101, 102]).drift(against: .fixed(commit: "nobody"), tolerance: 0))
        XCTAssertNil(series([0, 0, 0, 1]).drift(against: .last, tolerance: 0))
    }

    func testPoliciesAreReadAsTheyAreWritten() {
        XCTAssertEqual(BaselinePolicy("fixed"), .fixed(commit: nil))
        XCTAssertEqual(BaselinePolicy("fixed:abc"), .fixed(commit: "abc"))
        XCTAssertEqual(BaselinePolicy("last"), .last)
        XCTAssertEqual(BaselinePolicy("median:5"), .medianOfLast(5))
        for text in ["", "fixed:", "median", "median:0", "median:x", "median:1001", "last:1", "first"] {
            XCTAssertNil(BaselinePolicy(text), text)
        }
    }

    func testAComparisonLeavesAPointForEachMetricWithValues() {
        let host = Fingerprint.Host(
            processor: "one", processors: 2, kernel: "6.1", governor: "none", hypervisor: "none")
        let side = Comparison.Side(
            location: "after", fingerprint: Fingerprint(host: host, qemu: "7.2", accelerator: "tcg"),
            startedAt: 5, boots: 3, duration: .zero)
        let results = [
            MetricComparison(
                metric: .bootTime, role: .gates, tolerance: 0, verdict: .regression, reason: "",
                before: [1], after: [3, 5, 4]),
            MetricComparison(
                metric: .cycles, role: .informs, tolerance: 0, verdict: .incomparable, reason: "",
                before: [1], after: []),
            MetricComparison(
                metric: .guestInstructions.exactly, role: .informs, tolerance: 0, verdict: .pass, reason: "",
                before: [7], after: [7]),
        ]
        let comparison = Comparison(
            scenario: "tiny", machine: "", verdict: .regression, reason: "", before: side, after: side,
            results: results)
        let entries = HistoryEntry.entries(of: comparison, commit: "abc")
        XCTAssertEqual(entries.map(\.metric.id), ["boot-time", "guest-instructions"])
        XCTAssertEqual(entries.map(\.median), [4, 7])
        XCTAssertEqual(entries.map(\.gates), [true, false])
        XCTAssertEqual(entries[1].hostClass, "QEMU 7.2 tcg", "an exact count does not depend on the host")
        XCTAssertTrue(entries[0].hostClass.contains("one, 2 processors"))
    }

    private func series(_ values: [Double], metric: Metric = .bootTime) -> HistorySeries {
        HistorySeries(
            scenario: "tiny", metric: metric, hostClass: "this one",
            points: values.enumerated().map {
                .sample(day: $0.offset + 1, median: $0.element, metric: metric)
            })
    }

    /// Values that alternate around a middle by up to half a percent.
    private func noisy(_ count: Int, _ middle: Double) -> [Double] {
        (0..<count).map { middle * (1 + 0.005 * sin(Double($0) * 2.4)) }
    }
}
