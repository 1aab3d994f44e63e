import BootComparison
import BootModel
import XCTest

final class ObservationsTests: XCTestCase {
    private func notes(_ after: [Double]) -> [String] {
        UnpairedComparator().compare(
            before: Runs.run([(.bootTime, Runs.values(3e9, count: 40))]),
            after: Runs.run([(.bootTime, after)]), reproduction: []
        ).notes
    }

    func testTwoModesAreNamedWithTheirDistanceAndTheirBoots() {
        var values = Runs.values(3e9, count: 40)
        for place in [2, 9, 15, 22, 30, 37] { values[place] *= 1.18 }
        let said = notes(values).filter { $0.contains("two modes") }
        XCTAssertEqual(said.count, 1)
        XCTAssert(said[0].contains("in 6 of 40 boots (3, 10, 16, 23, 31 and 38)"), said[0])
        XCTAssert(said[0].contains("18."), said[0])
    }

    func testAWildBootIsNamedAndKept() {
        var values = Runs.values(3e9, count: 40)
        values[7] = 9e9
        XCTAssert(
            notes(values).contains { $0.contains("boot 8 (9.00 s) stood apart") }, "\(notes(values))")
    }

    func testSteadyBootsNeedNoRemark() {
        let said = notes(Runs.values(3e9, count: 40))
        XCTAssertFalse(said.contains { $0.contains("apart") || $0.contains("steady") }, "\(said)")
    }

    func testAHostThatGetsSlowerIsNamed() {
        let values = (0..<40).map { 3e9 + 1e7 * Double($0) }
        XCTAssert(notes(values).contains { $0.contains("(bootmark ab) would cancel that") })
    }

    func testModesFarBelowTheToleranceNeedNoRemark() {
        var values = Runs.values(3e9, noise: 0.000_01, count: 40)
        for place in [2, 9, 15, 22, 30, 37] { values[place] *= 1.0005 }
        XCTAssertFalse(notes(values).contains { $0.contains("two modes") })
    }

    func testEveryVerdictSaysItsNoiseAndWhatCouldHaveBeenFound() {
        for (factor, verdict) in [(1.0, Verdict.pass), (0.9, .improvement), (1.2, .regression)] {
            let comparison = UnpairedComparator().compare(
                before: Runs.run([(.bootTime, Runs.values(3e9, count: 20))]),
                after: Runs.run([(.bootTime, Runs.values(3e9 * factor, count: 20))]), reproduction: [])
            XCTAssertEqual(comparison.verdict, verdict)
            XCTAssert(comparison.reason.contains("20 boots before, 20 after, noise 0."), comparison.reason)
            XCTAssert(comparison.reason.contains("They would have shown a change of"), comparison.reason)
        }
        let few = UnpairedComparator().compare(
            before: Runs.run([(.bootTime, Runs.values(3e9, count: 3))]),
            after: Runs.run([(.bootTime, Runs.values(3e9, count: 3))]), reproduction: [])
        XCTAssertEqual(few.verdict, .pass)
        XCTAssert(few.reason.contains("So few can never show a regression: take at least 5"), few.reason)
    }
}
