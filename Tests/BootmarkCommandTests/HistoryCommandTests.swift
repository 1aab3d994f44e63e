import BootHistory
import BootModel
import BootTestSupport
import XCTest

final class HistoryCommandTests: CommandTestCase {
    func testComparisonsAreRememberedOnceAndShown() async throws {
        let taken = try await bootmark(try tiny(["--collect", "guest-instructions", "--exact"]))
        XCTAssertEqual(taken.status, 0, taken.error)
        let compare = [
            "compare", runFolder, runFolder, "--history", history, "--commit", "abc123",
        ]
        let first = try await bootmark(compare)
        XCTAssertEqual(first.status, 0, first.error)
        XCTAssertTrue(first.error.contains("were added"), first.error)
        let second = try await bootmark(compare)
        XCTAssertTrue(second.error.contains("already"), second.error)
        let shown = try await bootmark(["history", history, "--svg", folder + "/plots"])
        XCTAssertEqual(shown.status, 0, shown.error)
        XCTAssertTrue(shown.output.contains("guest-instructions"), shown.output)
        XCTAssertTrue(shown.output.contains("abc123"), shown.output)
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder + "/plots").count, 1)
    }

    func testManySmallStepsAlarmAgainstAFixedBaselineAlone() async throws {
        try fill((0..<20).map { 100 * pow(1.005, Double($0)) })
        let fixed = try await bootmark([
            "history", history, "--against", "fixed", "--tolerance", "boot-time=3",
        ])
        XCTAssertEqual(fixed.status, 1, fixed.error)
        XCTAssertTrue(fixed.output.contains("DRIFTED"), fixed.output)
        let last = try await bootmark(["history", history, "--against", "last", "--tolerance", "boot-time=3"])
        XCTAssertEqual(last.status, 0, last.error)
    }

    func testAStepNamesTheCommitsAroundIt() async throws {
        try fill((0..<40).map { ($0 < 20 ? 100 : 106) + Double($0 % 3) * 0.1 })
        let shown = try await bootmark(["history", history])
        XCTAssertTrue(shown.output.contains("between c20 and c21"), shown.output)
        let json = try await bootmark(["history", history, "--json"])
        XCTAssertTrue(json.output.contains("\"firstAfter\" : \"c21\""), json.output)
    }

    func testABadHistoryIsOneClearFault() async throws {
        assertFault(try await bootmark(["history", folder + "/none"]), 66, says: "does not exist")
        try File.write(Array(String(repeating: "junk ", count: 400).utf8), to: history)
        assertFault(try await bootmark(["history", history]), 66, says: history)
        let usage = try await bootmark(["history", history, "--against", "first"])
        XCTAssertEqual(usage.status, 64, usage.error)
        try FileManager.default.removeItem(atPath: history)
        try fill([1, 2])
        assertFault(try await bootmark(["history", history, "--metric", "no"]), 66, says: "no such series")
    }

    private var history: String { folder + "/history.sqlite" }

    private func fill(_ medians: [Double]) throws {
        try HistoryFile(history).append(
            medians.enumerated().map { place, median in
                HistoryEntry(
                    scenario: "tiny", metric: .bootTime, hostClass: "here", recordedAt: Double(place),
                    commit: "c\(place + 1)", median: median, spread: 1, boots: 10, verdict: .pass, gates: true
                )
            })
    }
}
