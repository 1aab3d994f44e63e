import BootComparison
import BootModel
import Foundation
import XCTest

final class UnpairedComparatorTests: XCTestCase {
    private func compare(
        _ before: ComparedRun?, _ after: ComparedRun, _ settings: UnpairedComparator.Settings = .init()
    ) -> Comparison {
        UnpairedComparator(settings: settings).compare(
            before: before, after: after, reproduction: ["make", "demo"])
    }

    /// One metric with its verdict for values before and after.
    private struct Case {
        var name: String
        var metric: Metric
        var before: [Double]
        var after: [Double]
        var verdict: Verdict
        /// What the reason has to hold.
        var says: String
    }

    private let cases: [Case] = [
        Case(
            name: "clearly slower", metric: .hostInstructions, before: Runs.values(20e9),
            after: Runs.values(22e9), verdict: .regression, says: "20.00 G before, 22.00 G after (+10.0 %)"),
        Case(
            name: "clearly faster", metric: .hostInstructions, before: Runs.values(20e9),
            after: Runs.values(18e9), verdict: .improvement, says: "got better: 20.00 G before"),
        Case(
            name: "the same", metric: .hostInstructions, before: Runs.values(20e9),
            after: Runs.values(20.01e9), verdict: .pass, says: "stays within the 3.0 % allowed"),
        Case(
            name: "slower, within the tolerance", metric: .hostInstructions,
            before: Runs.values(20e9, noise: 0.002), after: Runs.values(20.3e9, noise: 0.002),
            verdict: .pass, says: "(+1.5 %)"),
        Case(
            name: "faster by less than is worth a word", metric: .hostInstructions,
            before: Runs.values(20e9, noise: 0.001), after: Runs.values(19.9e9, noise: 0.001),
            verdict: .pass, says: "(-0.50 %)"),
        Case(
            name: "too noisy", metric: .bootTime, before: Runs.values(3e9, noise: 0.3),
            after: Runs.values(3.1e9, noise: 0.3), verdict: .inconclusive,
            says: "These boots cannot tell"),
        Case(
            name: "too few", metric: .bootTime, before: Runs.values(3e9, count: 3),
            after: Runs.values(6e9, count: 3), verdict: .inconclusive,
            says: "take at least 5 boots on each side"),
        Case(
            name: "one boot", metric: .bootTime, before: [3e9], after: Runs.values(3e9),
            verdict: .inconclusive, says: "1 boot before, 10 after"),
        Case(
            name: "all equal", metric: .peakMemory, before: [1_048_576, 1_048_576, 1_048_576],
            after: [1_048_576, 1_048_576, 1_048_576], verdict: .pass, says: "1.00 MiB in every boot"),
        Case(
            name: "all equal, two boots before", metric: .pageFaults, before: [512, 512],
            after: [512, 512, 512], verdict: .inconclusive, says: "two boots cannot tell"),
        Case(
            name: "all equal, two boots after", metric: .pageFaults, before: [512, 512, 512],
            after: [512, 512], verdict: .inconclusive, says: "two boots cannot tell"),
        Case(
            name: "a regression by two boots", metric: .pageFaults, before: Runs.values(512, count: 100),
            after: [1024, 1025], verdict: .inconclusive, says: "two boots cannot tell"),
        Case(
            name: "a clock that stands still", metric: .bootTime, before: Array(repeating: 3e9, count: 20),
            after: Array(repeating: 3e9, count: 20), verdict: .inconclusive,
            says: "the same to the nanosecond in every boot before and after"),
        Case(
            name: "a clock that stands still elsewhere", metric: .bootTime,
            before: Array(repeating: 3e9, count: 20), after: Array(repeating: 3.01e9, count: 20),
            verdict: .inconclusive, says: "the same to the nanosecond in every boot before and after"),
        Case(
            name: "a clock that stands still after", metric: .bootTime, before: Runs.values(3e9, count: 20),
            after: Array(repeating: 3e9, count: 20), verdict: .inconclusive,
            says: "the same to the nanosecond in every boot after"),
        Case(
            name: "all zero", metric: .migrations, before: [0, 0, 0], after: [0, 0, 0], verdict: .pass,
            says: "0 in every boot"),
        Case(
            name: "from zero", metric: .migrations, before: Array(repeating: 0, count: 10),
            after: Array(repeating: 4, count: 10), verdict: .regression, says: "0 before, 4 after."),
        Case(
            name: "some zeros", metric: .contextSwitches, before: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
            after: [20, 21, 22, 23, 24, 25, 26, 27, 28, 29], verdict: .regression, says: "4.50 before"),
        Case(
            name: "exactly equal", metric: .guestInstructions.exactly, before: [1_000_000],
            after: [1_000_000], verdict: .pass, says: "exactly 1,000,000 before and after"),
        Case(
            name: "one more, exactly", metric: .guestInstructions.exactly, before: [1_000_000, 1_000_000],
            after: [1_000_001], verdict: .pass, says: "1,000,000 before, 1,000,001 after (+0.0001 %)"),
        Case(
            name: "exactly the tolerance", metric: .guestInstructions.exactly, before: [1_000],
            after: [1_005], verdict: .pass, says: "within the 0.50 % allowed"),
        Case(
            name: "exactly more", metric: .guestInstructions.exactly, before: [1_000_000],
            after: [1_010_000], verdict: .regression, says: "counted exactly, got worse"),
        Case(
            name: "exactly less", metric: .guestInstructions.exactly, before: [1_000_000],
            after: [900_000], verdict: .improvement, says: "(-10.0 %)"),
        Case(
            name: "exactly from zero", metric: .guestBlocks.exactly, before: [0], after: [7],
            verdict: .regression, says: "0 before, 7 after."),
        Case(
            name: "exact in name only", metric: .guestInstructions.exactly,
            before: Runs.values(1e6, noise: 0.000_1), after: Runs.values(1e6, noise: 0.000_1),
            verdict: .pass, says: "should be the same in every boot and is not"),
        Case(
            name: "exact in name only, one boot", metric: .guestInstructions.exactly, before: [1e6],
            after: [1e6, 1e6 + 1], verdict: .inconclusive, says: "one boot cannot tell"),
        Case(
            name: "more is better, and less came", metric: throughput, before: Runs.values(100),
            after: Runs.values(90), verdict: .regression, says: "(-10.0 %)"),
        Case(
            name: "more is better, and more came", metric: throughput, before: Runs.values(100),
            after: Runs.values(110), verdict: .improvement, says: "(+10.0 %)"),
        Case(
            name: "more is better, and the same came", metric: throughput, before: Runs.values(100),
            after: Runs.values(100), verdict: .pass, says: "at least -"),
        Case(
            name: "negative", metric: .bootTime, before: Runs.values(3e9), after: Runs.values(3e9) + [-5],
            verdict: .inconclusive, says: "boot 11 after: -5.0"),
        Case(
            name: "not a number", metric: .bootTime, before: [.nan] + Runs.values(3e9),
            after: Runs.values(3e9), verdict: .inconclusive, says: "boot 1 before: nan"),
        Case(
            name: "infinite, exactly", metric: .guestBlocks.exactly, before: [5], after: [.infinity],
            verdict: .inconclusive, says: "boot 1 after: inf"),
    ]

    private static let throughput = Metric(name: "throughput", unit: .count, polarity: .higherIsBetter)
    private var throughput: Metric { Self.throughput }

    func testEveryKindOfChangeHasItsVerdictAndItsReason() throws {
        for item in cases {
            let budget = Budget(
                metric: item.metric, tolerance: UnpairedComparator.Settings().tolerance(of: item.metric))
            let comparison = compare(
                Runs.run([(item.metric, item.before)]),
                Runs.run([(item.metric, item.after)], budgets: [budget]))
            XCTAssertEqual(comparison.verdict, item.verdict, item.name)
            let result = try XCTUnwrap(comparison.results.first)
            XCTAssertEqual(result.verdict, item.verdict, item.name)
            XCTAssertEqual(result.role, .gates, item.name)
            XCTAssert(result.reason.contains(item.says), "\(item.name): \(result.reason)")
            XCTAssertEqual(comparison.reason, result.reason, item.name)
            XCTAssertFalse(result.reason.lowercased().contains("-0.0 %"), item.name)
            XCTAssertEqual(comparison.reproduction, ["make", "demo"])
            // JSON has no NaN: a comparison that holds one could not be written.
            XCTAssertNoThrow(try JSONEncoder().encode(comparison), item.name)
        }
    }

    func testARegressionHasItsIntervalItsPValueAndWhatCouldHaveBeenFound() throws {
        let result = try XCTUnwrap(
            compare(
                Runs.run([(.hostInstructions, Runs.values(20e9))]),
                Runs.run([(.hostInstructions, Runs.values(22e9))])
            ).results.first)
        let change = try XCTUnwrap(result.change)
        let (low, high) = (try XCTUnwrap(change.low), try XCTUnwrap(change.high))
        XCTAssertEqual(change.estimate, 0.1, accuracy: 1e-9)
        XCTAssertEqual(change.confidence, 0.98)
        XCTAssert(0.08 < low && low < 0.1 && 0.1 < high && high < 0.12)
        XCTAssertLessThan(try XCTUnwrap(result.pWorse), 0.001)
        XCTAssertGreaterThan(try XCTUnwrap(result.pBetter), 0.9)
        let detectable = try XCTUnwrap(result.detectable)
        XCTAssertEqual(detectable, 1.03 * 1.1 / (1 + low) - 1, accuracy: 1e-9)
    }

    func testTheToleranceIsPartOfTheQuestion() {
        let before = Runs.run([(.hostInstructions, Runs.values(20e9))])
        let after = Runs.run([(.hostInstructions, Runs.values(21e9))])
        let verdicts = [0.0, 0.03, 0.10].map {
            compare(before, after, .init(tolerances: ["host-instructions": $0])).verdict
        }
        XCTAssertEqual(verdicts, [.regression, .regression, .pass])
    }

    func testAToleranceThatMakesNoSenseIsSaidToBeOne() {
        for tolerance in [-0.1, .nan, .infinity] {
            let before = Runs.run([(.bootTime, Runs.values(3e9))])
            let comparison = compare(before, before, .init(tolerances: ["boot-time": tolerance]))
            XCTAssertEqual(comparison.verdict, .inconclusive)
            XCTAssert(comparison.reason.contains("has to be 0 or more"), comparison.reason)
        }
    }

    func testScaleAndOrderOfTheBootsDoNotMatter() throws {
        let (before, after) = (Runs.values(20, noise: 0.02), Runs.values(20.9, noise: 0.02))
        let plain = compare(Runs.run([(.cycles, before)]), Runs.run([(.cycles, after)])).results[0]
        let scaled = compare(
            Runs.run([(.cycles, before.map { $0 * 1_048_576 }.reversed())]),
            Runs.run([(.cycles, after.map { $0 * 1_048_576 }.sorted())])
        ).results[0]
        XCTAssertEqual(plain.verdict, scaled.verdict)
        XCTAssertEqual(try XCTUnwrap(plain.pWorse), try XCTUnwrap(scaled.pWorse), accuracy: 1e-12)
        let shares = [plain, scaled].compactMap(\.change?.estimate)
        XCTAssertEqual(shares[0], shares[1], accuracy: 1e-9)
    }

    func testSeveralGatesPayForBeingSeveral() throws {
        let metrics: [Metric] = [.hostInstructions, .taskClock, .bootTime, .peakMemory]
        let budgets = metrics.map { Budget(metric: $0, tolerance: 0.03) }
        let before = Runs.run(metrics.map { ($0, Runs.values(1e9)) })
        let alone = compare(
            before, Runs.run([(.hostInstructions, Runs.values(1.1e9))], budgets: [budgets[0]]))
        let together = compare(
            before,
            Runs.run(
                metrics.map { ($0, Runs.values($0 == .hostInstructions ? 1.1e9 : 1e9)) }, budgets: budgets))
        XCTAssertEqual(
            try XCTUnwrap(together.results[0].pWorse), 4 * (try XCTUnwrap(alone.results[0].pWorse)),
            accuracy: 1e-12)
        XCTAssertEqual(together.verdict, .regression)
        XCTAssert(together.reason.hasPrefix("1 of 4 metrics that decide"), together.reason)
    }

    func testAMetricThatOnlyInformsNeverFailsTheBuild() {
        let before = Runs.run([(.guestInstructions, Runs.values(1e9)), (.bootTime, Runs.values(3e9))])
        let after = Runs.run(
            [(.guestInstructions, Runs.values(1e9)), (.bootTime, Runs.values(6e9))],
            budgets: [Budget(metric: .guestInstructions, tolerance: 0.03)])
        let comparison = compare(before, after)
        XCTAssertEqual(comparison.verdict, .pass)
        XCTAssertEqual(comparison.results.map(\.verdict), [.pass, .regression])
        XCTAssertEqual(comparison.results.map(\.role), [.gates, .informs])
    }

    func testTheGatesVerdictsRankInTheirOrder() {
        let gates: [(Metric, [Double], Verdict)] = [
            (.hostInstructions, Runs.values(2e9), .regression),
            (.bootTime, Runs.values(1e9, noise: 0.5), .inconclusive),
            (.taskClock, Runs.values(0.5e9), .improvement), (.cycles, Runs.values(1e9), .pass),
        ]
        for first in gates.indices {
            for second in gates.indices.dropFirst(first + 1) {
                let pair = [gates[first], gates[second]]
                let before = Runs.run(
                    pair.map { ($0.0, Runs.values(1e9, noise: $0.2 == .inconclusive ? 0.5 : 0.01)) })
                let after = Runs.run(
                    pair.map { ($0.0, $0.1) }, budgets: pair.map { Budget(metric: $0.0, tolerance: 0.03) })
                let comparison = compare(before, after)
                XCTAssertEqual(comparison.results.map(\.verdict), pair.map(\.2))
                XCTAssertEqual(comparison.verdict, gates[first].2)
            }
        }
    }
}
