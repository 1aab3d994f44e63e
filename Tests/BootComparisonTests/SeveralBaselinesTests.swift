import BootComparison
import BootModel
import BootStatistics
import XCTest

final class SeveralBaselinesTests: XCTestCase {
    /// A run of a sitting in which the host was so much slower than usual.
    private func run(_ mood: Double, kernel: String = "6.1.0") -> ComparedRun {
        Runs.run(
            [(.bootTime, Runs.values(3e9 * mood, noise: 0.005))],
            fingerprint: Runs.fingerprint { $0.host.kernel = kernel })
    }

    private func compare(_ baselines: [ComparedRun], _ after: ComparedRun) -> Comparison {
        UnpairedComparator().compare(baselines: baselines, after: after, reproduction: [])
    }

    func testOneSlowSittingIsNoRegressionWhereSittingsDiffer() {
        let moods = [run(1.04), run(0.97), run(1.02), run(0.96), run(0.99)]
        XCTAssertEqual(compare([moods[4]], run(1.05)).verdict, .regression)
        let pooled = compare(moods, run(1.05))
        XCTAssertEqual(pooled.verdict, .inconclusive)
        XCTAssert(pooled.reason.contains("More accepted runs"), pooled.reason)
        XCTAssertEqual(pooled.results[0].before.count, 50)
    }

    func testARegressionBeyondWhatSittingsDifferIsFound() throws {
        let moods = [run(1.01), run(1), run(0.99), run(1.005), run(0.995)]
        let comparison = compare(moods, run(1.15))
        XCTAssertEqual(comparison.verdict, .regression)
        let change = try XCTUnwrap(comparison.results[0].change)
        XCTAssertEqual(change.estimate, 0.15, accuracy: 0.01)
        XCTAssert(try XCTUnwrap(change.low) > 0.03, "\(change)")
        XCTAssertEqual(compare(moods, run(1)).verdict, .pass)
        XCTAssertEqual(compare(moods, run(0.8)).verdict, .improvement)
    }

    func testRunsOfAnotherHostDoNotCount() {
        let others = [run(1.04, kernel: "5.0"), run(0.97, kernel: "5.0"), run(1.02), run(1)]
        let comparison = compare(others, run(1.05))
        // Two are too few to tell how sittings differ, so the newest alone is the reference.
        XCTAssertEqual(comparison.results[0].before.count, 10)
        XCTAssertEqual(comparison.verdict, .regression)
        XCTAssertEqual(compare([run(1), run(1), run(1, kernel: "5.0")], run(1)).verdict, .incomparable)
    }

    func testNoBaselineAtAllIsIncomparable() {
        XCTAssertEqual(compare([], run(1)).verdict, .incomparable)
    }
}
