import BootComparison
import BootModel
import BootStatistics
import Foundation
import XCTest

final class PairedComparatorTests: XCTestCase {
    /// Two runs that were taken in pairs.
    private func pairs(
        _ metric: Metric, _ before: [Double], _ after: [Double], budget: Double? = nil,
        fingerprint: Fingerprint = Runs.fingerprint(), machine: String = "i386 pc"
    ) -> (ComparedRun, ComparedRun) {
        let budgets = budget.map { [Budget(metric: metric, tolerance: $0)] } ?? []
        var one = Runs.run([(metric, before)])
        var other = Runs.run([(metric, after)], budgets: budgets, machine: machine, fingerprint: fingerprint)
        for place in one.run.boots.indices { one.run.boots[place].startedAt = Double(10 * place) }
        for place in other.run.boots.indices {
            other.run.boots[place].startedAt = Double(10 * place) + (place.isMultiple(of: 2) ? 5 : -3)
        }
        return (one, other)
    }

    private func compare(
        _ sides: (ComparedRun, ComparedRun), _ settings: PairedComparator.Settings = .init()
    ) -> Comparison {
        PairedComparator(settings: settings).compare(before: sides.0, after: sides.1, reproduction: [])
    }

    /// Boots of a host that gets slower by a half while they are taken.
    private func drifting(
        _ count: Int, _ factor: Double, noise: Double = 0.01, seed: UInt64
    ) -> [Double] {
        var generator = RepeatableGenerator(seed: seed)
        return (0..<count).map {
            3e9 * factor * (1 + Double($0) / Double(2 * count)) * (1 + noise * generator.normal())
        }
    }

    func testEveryKindOfChangeHasItsVerdict() throws {
        let cases: [(String, Double, Int, Verdict)] = [
            ("slower", 1.05, 12, .regression), ("faster", 0.95, 12, .improvement),
            ("the same", 1.001, 12, .pass), ("a little slower", 1.005, 24, .pass),
            ("in between", 1.02, 6, .inconclusive), ("too few", 1.5, 11, .inconclusive),
        ]
        for (name, factor, count, verdict) in cases {
            let sides = pairs(
                .bootTime, drifting(count, 1, seed: 1), drifting(count, factor, seed: 2), budget: 0.01)
            let comparison = compare(sides)
            XCTAssertEqual(comparison.verdict, verdict, "\(name): \(comparison.reason)")
            XCTAssertNoThrow(try JSONEncoder().encode(comparison), name)
        }
    }

    func testPairsSeeThroughADriftThatBlindsTheUnpairedTest() {
        let sides = pairs(.bootTime, drifting(24, 1, seed: 3), drifting(24, 1.06, seed: 4))
        XCTAssertEqual(compare(sides).verdict, .regression)
        let unpaired = UnpairedComparator().compare(before: sides.0, after: sides.1, reproduction: [])
        XCTAssertEqual(unpaired.verdict, .inconclusive)
        XCTAssert(
            unpaired.notes.contains { $0.contains("the host was not steady. Pairs") }, "\(unpaired.notes)")
        XCTAssert(compare(sides).notes.contains { $0.contains("The pairs cancel that.") })
    }

    func testAMetricOfWhichMoreIsBetterIsTurned() {
        let throughput = Metric(name: "throughput", unit: .count, polarity: .higherIsBetter)
        XCTAssertEqual(
            compare(pairs(throughput, Runs.values(100, count: 12), Runs.values(90, count: 12))).verdict,
            .regression)
        XCTAssertEqual(
            compare(pairs(throughput, Runs.values(100, count: 12), Runs.values(110, count: 12))).verdict,
            .improvement)
    }

    func testAnExactMetricNeedsOnePair() {
        let metric = Metric.guestInstructions.exactly
        XCTAssertEqual(compare(pairs(metric, [1e6], [1e6])).verdict, .pass)
        XCTAssertEqual(compare(pairs(metric, [1e6], [1.1e6])).verdict, .regression)
    }

    func testValuesFromZeroOnAreARegression() {
        let zeros = [Double](repeating: 0, count: 12)
        let some = (1...12).map(Double.init)
        XCTAssertEqual(compare(pairs(.migrations, zeros, some, budget: 0.1)).verdict, .regression)
        XCTAssertEqual(compare(pairs(.migrations, zeros, zeros, budget: 0.1)).verdict, .pass)
    }

    func testRunsThatWereNotTakenInPairsAreIncomparable() {
        var sides = pairs(.bootTime, Runs.values(3e9, count: 12), Runs.values(3e9, count: 12))
        for place in sides.1.run.boots.indices { sides.1.run.boots[place].startedAt += 1_000 }
        let comparison = compare(sides)
        XCTAssertEqual(comparison.verdict, .incomparable)
        XCTAssert(comparison.reason.contains("not taken in pairs"), comparison.reason)
        sides.1.run.boots[3].startedAt = .nan
        XCTAssertEqual(compare(sides).verdict, .incomparable)
    }

    func testAnotherQEMUOrMachineIsWhatIsComparedAndAnotherHostIsNot() {
        let values = Runs.values(3e9, count: 12)
        let newer = Runs.fingerprint { $0.qemu = "9.0" }
        let comparison = compare(pairs(.bootTime, values, values, fingerprint: newer, machine: "q35"))
        XCTAssertEqual(comparison.verdict, .pass)
        XCTAssert(comparison.notes.contains { $0.contains("machine and QEMU version") })
        let elsewhere = Runs.fingerprint { $0.host.processor = "Other" }
        XCTAssertEqual(
            compare(pairs(.bootTime, values, values, fingerprint: elsewhere)).verdict, .incomparable)
    }

    func testAPairOfWhichOneBootFailedIsNotJudgedAndFails() {
        var sides = pairs(.bootTime, Runs.values(3e9, count: 13), Runs.values(3e9, count: 13))
        sides.1.run.boots[4].outcome = .init(.hung)
        let comparison = compare(sides)
        XCTAssertEqual(comparison.verdict, .failed)
        XCTAssertEqual(comparison.results[0].before.count, 12)
        XCTAssertNil(PairedComparator().progress(before: sides.0, after: sides.1).next)
    }

    func testTheVeryFirstBootThatFailsFailsOnEitherSide() {
        for side in [0, 1] {
            var runs = pairs(.bootTime, [3e9], [3e9])
            if side == 0 {
                runs.0.run.boots[0].outcome = .init(.panicked)
            } else {
                runs.1.run.boots[0].outcome = .init(.panicked)
            }
            XCTAssertEqual(compare(runs).verdict, .failed)
        }
    }

    func testProgressSaysWhenToLookAgainAndWhenToStop() {
        func next(_ factor: Double, _ count: Int, noise: Double = 0.01) -> Int? {
            let sides = pairs(
                .bootTime, drifting(count, 1, noise: noise, seed: 5),
                drifting(count, factor, noise: noise, seed: 6))
            return PairedComparator().progress(before: sides.0, after: sides.1).next
        }
        XCTAssertEqual(next(1, 0), 12)
        XCTAssertEqual(next(1.5, 5), 12)
        XCTAssertNil(next(1.5, 12))
        XCTAssertNil(next(1, 12))
        XCTAssertEqual(next(1.02, 12, noise: 0.05), 24)
        XCTAssertEqual(next(1.02, 13, noise: 0.05), 24)
        XCTAssertNil(next(1.02, 40, noise: 0.05))
    }

    func testTheIntervalHoldsTheChangeAndTheBoundOfAPassFollowsTheTolerance() throws {
        let sides = pairs(.bootTime, drifting(12, 1, seed: 7), drifting(12, 1.05, seed: 8))
        let change = try XCTUnwrap(compare(sides).results[0].change)
        let (low, high) = (try XCTUnwrap(change.low), try XCTUnwrap(change.high))
        XCTAssert(low < 0.05 && 0.05 < high && low > 0.02 && high < 0.08, "\(change)")
        let settings = PairedComparator.Settings()
        let bounds: [(Double, Double)] = [(0, 0), (0.001, 0.003), (0.01, 0.03), (0.03, 0.03), (0.1, 0.1)]
        for (tolerance, bound) in bounds {
            XCTAssertEqual(settings.passBound(tolerance: tolerance), bound, accuracy: 1e-12)
        }
    }

    func testASlowdownOfBothWaysThatBootsTakeIsFoundAndSaysSo() throws {
        var generator = RepeatableGenerator(seed: 23)
        let boots = { (factor: Double) in
            (0..<40).map { _ in
                3e9 * factor * (generator.unit() < 0.3 ? 1.18 : 1) * (1 + 0.02 * generator.normal())
            }
        }
        let result = compare(pairs(.bootTime, boots(1), boots(1.05), budget: 0.01)).results[0]
        XCTAssertEqual(result.verdict, .regression, result.reason)
        XCTAssert(result.reason.contains("take two ways"), result.reason)
        let change = try XCTUnwrap(result.change)
        XCTAssert(change.low ?? 0 > 0.01 && change.high ?? 1 < 0.09, "\(change)")
        XCTAssertLessThan(try XCTUnwrap(result.detectable), 0.05)
        let modes = try XCTUnwrap(result.spreads?.last?.modes)
        XCTAssertEqual(try XCTUnwrap(modes.gap), 0.18, accuracy: 0.03)
    }
}
