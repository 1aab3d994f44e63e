import GuestObserver
import XCTest

@testable import BootRunner

final class CountedMomentsTests: XCTestCase {
    private func collected(_ moments: (String, UInt64)...) -> Collected {
        CountedMoments.collected(
            moments.map { ($0.0, GuestCounters.Reading(instructions: $0.1, blocks: $0.1 / 5)) },
            withBlocks: true)
    }

    func testABootWithoutPhasesHasItsTotalsAlone() {
        XCTAssertEqual(
            collected(("booted", 500)).samples, ["guest-instructions": 500, "guest-blocks": 100])
        XCTAssertTrue(CountedMoments.collected([], withBlocks: true).samples.isEmpty)
    }

    func testPhasesCountInTheGuestsOrderWhateverTheRunnersWas() {
        let phases = ["power-on": 100.0, "a": 200, "b": 50]
        for result in [
            collected(("a", 100), ("b", 300), ("booted", 350)),
            collected(("b", 300), ("a", 100), ("booted", 350)),
        ] {
            for (phase, count) in phases {
                XCTAssertEqual(result.samples["guest-instructions@\(phase)"], count, phase)
                XCTAssertEqual(result.samples["guest-blocks@\(phase)"], count / 5, phase)
            }
            XCTAssertEqual(result.samples["guest-instructions"], 350)
            XCTAssertTrue(result.unavailable.isEmpty)
        }
    }

    func testAPhaseBehindTheEndHasNoCount() {
        let result = collected(("a", 100), ("b", 351), ("booted", 350))
        XCTAssertEqual(result.samples["guest-instructions@a"], 250)
        XCTAssertNil(result.samples["guest-instructions@b"])
        XCTAssertEqual(
            result.unavailable, ["guest-instructions@b": "the phase began behind the boot's end"])
    }
}
