import XCTest

@testable import FlameGraphs

final class RankTestTests: XCTestCase {
    func testTheProbabilityIsThatOfCountingAllAssignments() {
        var generator = SystemRandomNumberGenerator()
        for (before, after) in [(2, 3), (3, 3), (4, 5), (5, 2)] {
            for _ in 0..<20 {
                let shares = (0..<(before + after)).map { _ in
                    Double(Int.random(in: 0...4, using: &generator))
                }
                var test = RankTest(before: before, after: after)
                XCTAssertEqual(test.probability(shares), counted(shares, before), accuracy: 1e-12)
            }
        }
    }

    func testTheSmallestProbabilityIsThatOfFullSeparation() {
        var test = RankTest(before: 5, after: 5)
        XCTAssertEqual(test.probability([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 2.0 / 252, accuracy: 1e-12)
        XCTAssertEqual(test.smallest, 2.0 / 252, accuracy: 1e-12)
        XCTAssertEqual(test.probability([Double](repeating: 1, count: 10)), 1, accuracy: 1e-12)
    }

    func testTheApproximationForManyBootsIsCloseToCounting() {
        // scipy.stats.mannwhitneyu(range(25), [x + 8.5 for x in range(25)], method="asymptotic") gives 0.00069...
        var test = RankTest(before: 25, after: 25)
        let shares = (0..<25).map(Double.init) + (0..<25).map { Double($0) + 8.5 }
        XCTAssertEqual(test.probability(shares), 0.0007, accuracy: 0.0006)
    }

    func testPairsAreTestedBySignedRank() throws {
        // scipy.stats.wilcoxon(d, method="exact") of d = [-1, 2, 3, 4, 5, 6, 7, 8]: W+ = 35 of 36, p = 2 * 2 / 256.
        let before = (0..<8).map { Double($0 * $0 + 1) / 1000 }
        let differences = [-1.0, 2, 3, 4, 5, 6, 7, 8].map { $0 / 10_000 }
        let shares = before + zip(before, differences).map { $0 + $1 }
        let pairs = DiscoveryRates([shares], before: 8, after: 8, isPaired: true)
        XCTAssertEqual(try XCTUnwrap(pairs.rates).first ?? 1, 4.0 / 256, accuracy: 1e-12)
        XCTAssertEqual(pairs.smallest, 2.0 / 256, accuracy: 1e-15)
        // The boots' spread hides it from a test that does not know the pairs.
        let apart = DiscoveryRates([shares], before: 8, after: 8)
        XCTAssertGreaterThan(try XCTUnwrap(apart.rates).first ?? 0, 0.5)
    }

    func testAdjustingIsThatOfBenjaminiAndHochberg() {
        // R: p.adjust(c(0.01, 0.04, 0.03, 0.2), "BH")
        let adjusted = RankTest.adjusted([0.01, 0.04, 0.03, 0.2])
        for (value, expected) in zip(adjusted, [0.04, 0.16 / 3, 0.16 / 3, 0.2]) {
            XCTAssertEqual(value, expected, accuracy: 1e-12)
        }
    }

    /// The two-sided probability by listing every choice of `before` boots.
    private func counted(_ shares: [Double], _ before: Int) -> Double {
        func rank(_ value: Double) -> Double {
            Double(shares.count { $0 < value }) + (Double(shares.count { $0 == value }) + 1) / 2
        }
        let ranks = shares.map(rank)
        let middle = Double(before * (shares.count + 1)) / 2
        let observed = abs(ranks[..<before].reduce(0, +) - middle)
        var all = 0.0
        var far = 0.0
        for choice in 0..<(1 << shares.count) where choice.nonzeroBitCount == before {
            let sum = ranks.indices.reduce(0) { choice >> $1 & 1 == 1 ? $0 + ranks[$1] : $0 }
            all += 1
            if abs(sum - middle) >= observed - 1e-9 { far += 1 }
        }
        return far / all
    }
}
