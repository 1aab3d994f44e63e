import BootModel
import XCTest

@testable import BootProfiles

final class FunctionDifferencesTests: XCTestCase {
    private func profile(_ text: String) throws -> Profile {
        try FoldedReader().read(.bytes(Array(text.utf8), name: "test"))
    }

    func testWhatGrewMostComesFirstWithItsCallersBehind() throws {
        let before = try profile("main;work 50\nmain;rest 50\n")
        let after = try profile("main;work 150\nmain;rest 50\nmain;fresh 0.1\n")
        let top = FunctionDifferences.top(before: [before], after: [after], count: 2)
        XCTAssertEqual(Set(top.map(\.name)), ["work", "rest"])
        XCTAssertEqual(top[0].selfBefore, 0.5, accuracy: 1e-12)
        XCTAssertEqual(top[0].origin, .host)
        XCTAssertNil(top[0].basis)
    }

    func testAGuestsChangeIsMeasuredByTheBootBeforeAndNotByItsOwnTotal() throws {
        let before = try profile("main;work 50\nmain;rest 50\n")
        let after = try profile("main;work 150\nmain;rest 50\n")
        let top = FunctionDifferences.top(before: [before], after: [after], origin: .guest)
        XCTAssertEqual(top.map(\.name), ["work", "main"])
        XCTAssertEqual(top[0].basis, 100)
        XCTAssertEqual(top[0].selfAfter - top[0].selfBefore, 1, accuracy: 1e-12)
        XCTAssertEqual(top[1].totalAfter, 2, accuracy: 1e-12)
    }

    func testLongerRecordingsOfTheSameShowNoChange() throws {
        let before = try profile("main;a 1\nmain;b 3\n")
        let after = try profile("main;a 10\nmain;b 30\n")
        XCTAssertEqual(FunctionDifferences.top(before: [before], after: [after]), [])
    }

    func testBootsAreAveragedWhateverTheirLength() throws {
        let before = [try profile("a 1\nb 1\n"), try profile("a 300\nb 100\n")]
        let all = FunctionDifferences.all(before: before, after: before)
        XCTAssertEqual(all.first { $0.name == "a" }?.selfBefore ?? 0, 0.625, accuracy: 1e-12)
    }

    func testASideWithoutWeightGivesNothing() throws {
        XCTAssertEqual(FunctionDifferences.top(before: [Profile()], after: [try profile("a 1\n")]), [])
        XCTAssertEqual(FunctionDifferences.top(before: [], after: []), [])
    }
}
