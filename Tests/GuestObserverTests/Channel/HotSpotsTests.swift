import XCTest

@testable import GuestObserver

final class HotSpotsTests: XCTestCase {
    func testTheHeaviestComeFirstAndWhatFoundNoRoomIsKept() throws {
        let text = "10 2 3 0 0\nff00 1 100 5 1\n20 3 2 0 0\nothers 7 1\n"
        let spots = try HotSpots(Array(text.utf8), place: "x")
        XCTAssertEqual(spots.spots.map(\.address), [0xff00, 0x10, 0x20])
        XCTAssertEqual(spots.spots.map(\.weight), [105, 6, 6])
        XCTAssertEqual(spots.spots.map(\.isDevice), [true, false, false])
        XCTAssertEqual(spots.others, 8)
        XCTAssertEqual(spots.total, 125)
    }

    func testATableThatIsCutOrIsNoneIsRefusedWithItsLine() async {
        for (text, words) in [
            ("", "its end is missing"), ("10 2 3 0 0\n", "its end is missing"),
            ("10 2 3\nothers 0 0\n", "line 1"),
            ("others 0 0\n10 2 3 0 0\n", "line 2"), ("zz 1 1 1 1\n", "line 1"),
            ("10 2 3 -1 0\nothers 0 0\n", "line 1"),
        ] {
            await assertThrows(.channelCorrupt, mentioning: words) {
                _ = try HotSpots(Array(text.utf8), place: "x")
            }
        }
    }
}
