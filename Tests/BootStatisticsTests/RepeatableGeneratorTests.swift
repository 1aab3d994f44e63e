import BootStatistics
import XCTest

final class RepeatableGeneratorTests: XCTestCase {
    func testTheNumbersAreThoseOfSplitMix64() {
        var generator = RepeatableGenerator(seed: 1_234_567)
        // The first outputs that the algorithm's reference implementation gives for this seed.
        XCTAssertEqual(generator.next(), 6_457_827_717_110_365_317)
        XCTAssertEqual(generator.next(), 3_203_168_211_198_807_973)
    }

    func testShufflingKeepsTheElementsAndRepeats() {
        var first = Array(0..<50)
        var second = first
        var one = RepeatableGenerator(seed: 9)
        var other = RepeatableGenerator(seed: 9)
        one.shuffle(&first)
        other.shuffle(&second)
        XCTAssertEqual(first, second)
        XCTAssertNotEqual(first, Array(0..<50))
        XCTAssertEqual(first.sorted(), Array(0..<50))
    }

    func testNumbersStayInTheirBounds() {
        var generator = RepeatableGenerator(seed: 10)
        var seen = Set<Int>()
        for _ in 0..<1_000 {
            seen.insert(generator.uniform(below: 7))
            XCTAssert((0..<1).contains(generator.unit()))
            XCTAssert(generator.normal().isFinite)
        }
        XCTAssertEqual(seen, Set(0..<7))
        XCTAssertEqual(generator.uniform(below: 0), 0)
    }

    func testTheNormalDistributionAgreesWithSciPy() {
        let tails: [Double: Double] = [
            0: 0.5, 1: 0.158655253931457, 3: 0.00134989803163009, 8: 6.22096057427178e-16,
        ]
        for (z, tail) in tails {
            XCTAssertEqual(NormalDistribution.upperTail(z), tail, accuracy: tail * 1e-10)
            XCTAssertEqual(NormalDistribution.lowerTail(-z), tail, accuracy: tail * 1e-10)
        }
        XCTAssertEqual(NormalDistribution.quantile(0.975), 1.959963984540054, accuracy: 1e-12)
        XCTAssertTrue(NormalDistribution.quantile(2).isNaN)
    }
}
