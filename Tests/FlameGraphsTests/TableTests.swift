import BootModel
import BootProfiles
import Foundation
import XCTest

@testable import FlameGraphs

final class MoverTableTests: PictureCase {
    private let noise = [0, 3, 1, 4, 2, 5]

    private func table() throws -> MoverTable {
        MoverTable(
            before: try noise.map {
                try profile("main;noisy \(100 + $0)\nmain;slow 50\nmain;rest \(1000 - $0)\n")
            },
            after: try noise.reversed().map {
                try profile("main;noisy \(100 + $0)\nmain;slow 70\nmain;rest \(980 - $0)\n")
            })
    }

    func testOnlyWhatTheBootsSpreadDoesNotExplainIsSignificant() throws {
        let table = try table()
        let movers = Dictionary(uniqueKeysWithValues: table.movers.map { ($0.change.name, $0) })
        XCTAssertEqual(table.isSignificant(movers["slow"]?.selfRate), true)
        XCTAssertEqual(table.isSignificant(movers["noisy"]?.selfRate), false)
        XCTAssertEqual(Set(table.movers.prefix(2).map(\.change.name)), ["slow", "rest"])
    }

    func testPairsShowWhatTheSpreadOfBootsHides() throws {
        // From pair to pair the host is slower by far more than the change; in each pair it is the same.
        let pairs = try (0..<8).map { pair in
            ProfilePair(
                before: try profile("main;slow \(100 + 30 * pair)\nmain;rest \(900 - 30 * pair)\n"),
                after: try profile("main;slow \(105 + 30 * pair)\nmain;rest \(895 - 30 * pair)\n"))
        }
        let graph = DifferentialFlameGraph(pairs: pairs)
        let table = MoverTable(of: graph)
        XCTAssertEqual(table.movers.map { table.isSignificant($0.selfRate) }, [true, true])
        XCTAssertTrue(table.text().contains("8 pairs of profiles"), table.text())
        let picture = String(decoding: try graph.svg(), as: UTF8.self)
        XCTAssertTrue(picture.contains("signed-rank test over 8 pairs of boots"))
        XCTAssertFalse(picture.contains("cannot show significance"))
        let apart = MoverTable(before: pairs.map(\.before), after: pairs.map(\.after))
        XCTAssertEqual(apart.movers.map { apart.isSignificant($0.selfRate) }, [false, false])
    }

    func testAPairWithAnEmptySideIsLeftOut() throws {
        let pairs = [
            ProfilePair(before: try profile("a 1\n"), after: try profile("")),
            ProfilePair(before: try profile("a 1\nb 1\n"), after: try profile("a 3\nb 1\n")),
        ]
        let table = MoverTable(of: DifferentialFlameGraph(pairs: pairs))
        XCTAssertEqual(table.boots.before, 1)
        XCTAssertEqual(table.movers.count, 2)
    }

    func testOneProfileASideIsListedAndNotTested() throws {
        let table = MoverTable(before: [try profile("a 1\nb 1\n")], after: [try profile("a 3\nb 1\n")])
        XCTAssertEqual(table.movers.count, 2)
        XCTAssertNil(table.movers[0].selfRate)
        XCTAssertTrue(table.text().contains("Nothing was tested"))
        XCTAssertFalse(table.text().contains("*"))
    }

    func testRecursionCountsOnce() throws {
        let table = MoverTable(
            before: [try profile("f;f;f 1\nb 1\n")], after: [try profile("f;f;f 3\nb 1\n")])
        let mover = try XCTUnwrap(table.movers.first { $0.change.name == "f" })
        XCTAssertEqual(mover.change.totalAfter, 0.75, accuracy: 1e-12)
    }

    func testTheFormatsSayTheSame() throws {
        let table = try table()
        let json = try XCTUnwrap(
            JSONSerialization.jsonObject(with: Data(table.json())) as? [String: Any])
        let functions = try XCTUnwrap(json["functions"] as? [[String: Any]])
        XCTAssertEqual(functions.map { $0["name"] as? String }, table.movers.map(\.change.name))
        XCTAssertNotNil(functions[0]["selfRate"] as? Double)
        XCTAssertEqual(table.text().split(separator: "\n").count { $0.contains("*") }, 3)
        XCTAssertTrue(table.markdown().contains("| slow |"))
    }

    func testEmptySidesAreNeverNaN() throws {
        for (before, after) in [("", ""), ("a 1\n", ""), ("", "a 1\n"), ("a 0\n", "a 0\n")] {
            let table = MoverTable(before: [try profile(before)], after: [try profile(after)])
            let all = table.text() + table.markdown() + String(decoding: table.json(), as: UTF8.self)
            XCTAssertFalse(all.lowercased().contains("nan"), all)
            XCTAssertFalse(all.contains("-0.00 "), all)
        }
    }
}

final class HotspotTableTests: PictureCase {
    private func text(_ table: HotspotTable, _ format: HotspotTable.Format) -> String {
        String(decoding: table.bytes(format), as: UTF8.self)
    }

    func testLinesComeByTheirOwnOrTheirWholeWeight() throws {
        var table = HotspotTable(try profile("main;a;leaf 3\nmain;leaf 1\nmain;b 5\n"))
        XCTAssertTrue(text(table, .csv).hasPrefix("function,self,total\r\n\"b\",5,5\r\n\"leaf\",4,4\r\n"))
        table.order = .total
        XCTAssertTrue(text(table, .csv).hasPrefix("function,self,total\r\n\"main\",0,9\r\n"))
        table.limit = 1
        XCTAssertTrue(text(table, .text).contains("and 3 more"))
    }

    func testNeighboursAddUpToTheFunction() throws {
        let profile = try profile("main;a;f;x 3\nmain;f 1\nmain;f;x;f;y 4\nmain;other 9\n")
        let callees = HotspotTable(try profile.callees(of: "f"), neighboursOf: "f")
        XCTAssertTrue(text(callees, .csv).contains("\"x\",7\r\n"), text(callees, .csv))
        XCTAssertTrue(text(callees, .text).contains("8 samples, 12.50 % in itself"), text(callees, .text))
        var callers = HotspotTable(try profile.callers(of: "f"), neighboursOf: "f")
        callers.isOfCallers = true
        XCTAssertEqual(text(callers, .csv), "function,share\r\n\"main\",5\r\n\"a\",3\r\n")
    }

    func testJSONIsReadByAnother() throws {
        let table = HotspotTable(try profile("main;\"quoted\" 3\nmain;b 1\n"))
        let json = try XCTUnwrap(
            JSONSerialization.jsonObject(with: Data(table.bytes(.json))) as? [String: Any])
        let lines = try XCTUnwrap(json["lines"] as? [[String: Any]])
        XCTAssertEqual(lines[0]["name"] as? String, "\"quoted\"")
        XCTAssertEqual(lines[0]["selfShare"] as? Double, 0.75)
    }

    func testNamesCannotBecomeMarkup() throws {
        let table = HotspotTable(try profile("<b>x</b>|`y`\u{1B}[0m 3\n=cmd() 1\n"))
        let markdown = text(table, .markdown)
        XCTAssertTrue(markdown.contains("&lt;b&gt;x&lt;/b&gt;\\|\\`y\\`"), markdown)
        XCTAssertFalse(markdown.contains("\u{1B}"))
        XCTAssertTrue(text(table, .csv).contains("\"'=cmd()\""))
    }
}
