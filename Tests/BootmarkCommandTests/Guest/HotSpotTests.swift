import BootModel
import BootStore
import BootTestSupport
import XCTest

/// `--collect hot-blocks,hot-pages` and what `bootmark hotspots` shows of them.
final class HotSpotTests: CommandTestCase {
    private func take(_ run: String, knobs: String = "") async throws {
        var arguments = try tiny(
            ["--exact", "--collect", "guest-instructions,hot-blocks,hot-pages"], knobs: knobs, boots: 1)
        arguments[try XCTUnwrap(arguments.firstIndex(of: "^tiny: booted$"))] = "tiny: booted"
        arguments[try XCTUnwrap(arguments.firstIndex(of: runFolder))] = run
        let result = try await bootmark(arguments)
        XCTAssertEqual(result.status, 0, result.error + result.output)
    }

    private func lines(_ run: String, _ subject: String) async throws -> [[String: Any]] {
        let result = try await bootmark(["hotspots", run, "--by", subject, "--format", "json", "--top", "0"])
        XCTAssertEqual(result.status, 0, result.error)
        let json = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        return try XCTUnwrap(json?["lines"] as? [[String: Any]])
    }

    func testBlocksAndPagesOfAnExactBootRepeatAndAddUpToItsInstructions() async throws {
        let again = folder + "/again"
        try await take(runFolder)
        try await take(again)
        for name in ["hot-blocks.csv", "hot-pages.csv"] {
            let table = File.text("\(runFolder)/boots/002/\(name)")
            XCTAssertFalse(table.isEmpty)
            XCTAssertEqual(table, File.text("\(again)/boots/002/\(name)"), name)
        }
        let boots = try savedRun().boots
        XCTAssertEqual(boots.map(\.purpose), [.timed, .inspected])
        let blocks = try await lines(runFolder, "block")
        let sum = blocks.compactMap { $0["instructions"] as? Double }.reduce(0, +)
        let counted = try XCTUnwrap(boots[0].samples["guest-instructions"])
        // The table ends when the marker's line has been seen, a few hundred instructions behind its first byte.
        XCTAssertEqual(sum, counted, accuracy: 0.001 * counted)
        XCTAssertGreaterThanOrEqual(sum, counted)
        XCTAssertTrue(
            (blocks.first?["function"] as? String)?.hasPrefix("check_block") ?? false, "\(blocks.prefix(1))")
    }

    func testASlowerPhaseShowsInItsFunctionsBlocksAlone() async throws {
        let slow = folder + "/slow"
        try await take(runFolder)
        try await take(slow, knobs: "slow=decompress:100")
        func executions(_ run: String) async throws -> [String: Double] {
            var sums: [String: Double] = [:]
            for line in try await lines(run, "block") {
                let place = line["function"] as? String ?? ""
                sums[String(place.prefix { $0 != "+" }), default: 0] += line["instructions"] as? Double ?? 0
            }
            return sums
        }
        let (before, after) = (try await executions(runFolder), try await executions(slow))
        let unpacking = try XCTUnwrap(before["copy_match"])
        XCTAssertEqual(after["copy_match"] ?? 0, 2 * unpacking, accuracy: 0.02 * unpacking)
        XCTAssertEqual(after["check_block"], before["check_block"])
    }

    func testTheTablesAreShownInEveryFormatAndSayWhatIsMissing() async throws {
        try await take(runFolder)
        let text = try await bootmark(["hotspots", runFolder, "--by", "page", "--top", "3"])
        XCTAssertEqual(text.output.split(separator: "\n").count, 5, text.output)
        XCTAssertTrue(text.output.contains("reads"), text.output)
        let pages = try await lines(runFolder, "page")
        XCTAssertTrue(pages.contains { $0["kind"] as? String == "device" })
        XCTAssertTrue(
            pages.contains { $0["address"] as? String == "0x116000" || $0["kind"] as? String == "memory" })
        // A label of assembly and an array of C, by the pages that they fill.
        let symbols = pages.compactMap { $0["symbol"] as? String }
        let named = symbols.filter { !$0.isEmpty }
        XCTAssertTrue(named.contains("boot_stack"), "\(named)")
        XCTAssertTrue(named.contains { $0.hasPrefix("packed_payload+0x") }, "\(named)")
        for format in ["markdown", "csv"] {
            let result = try await bootmark(["hotspots", runFolder, "--by", "block", "--format", format])
            XCTAssertEqual(result.status, 0, result.error)
            XCTAssertTrue(result.output.replacing("\\", with: "").contains("check_block"), result.output)
        }
        try FileManager.default.removeItem(atPath: runFolder + "/boots/002/hot-pages.csv")
        assertFault(
            try await bootmark(["hotspots", runFolder, "--by", "page"]), 66, says: "holds no table of pages",
            "--collect hot-pages")
        let damaged = folder + "/damaged.csv"
        try File.write(Array("address,function,share\n1,2\n".utf8), to: damaged)
        assertFault(
            try await bootmark(["hotspots", damaged, "--by", "block"]), 66, says: "damaged.csv",
            "line 2 has 2 cells")
    }
}
