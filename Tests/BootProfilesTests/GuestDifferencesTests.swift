import BootModel
import XCTest

@testable import BootProfiles

final class GuestDifferencesTests: XCTestCase {
    private func profile(_ folded: String) throws -> Profile {
        var profile = Profile(origin: .guest, unit: "instructions")
        for line in folded.split(separator: "\n") {
            let parts = line.split(separator: " ")
            try profile.add(
                names: parts[0].split(separator: ";").map(String.init), weight: Double(parts[1]) ?? 0)
        }
        return profile
    }

    private func graph(_ folded: String) throws -> GuestCallGraph { GuestCallGraph(try profile(folded)) }

    func testACallGraphHoldsWeightsAndCallersWithRecursionCountedOnce() throws {
        let graph = try graph("[k];a;b 10\n[k];a;b;a;b 5\n[k];c;b 7\n[k];a 1")
        let functions = Dictionary(uniqueKeysWithValues: graph.functions.map { ($0.name, $0) })
        XCTAssertEqual(graph.total, 23)
        XCTAssertEqual(functions["a"], .init(name: "a", own: 1, total: 16))
        XCTAssertEqual(functions["b"], .init(name: "b", own: 22, total: 22))
        let calls = graph.calls.map {
            "\(graph.functions[$0.caller].name)>\(graph.functions[$0.callee].name) \(Int($0.weight))"
        }
        XCTAssertEqual(Set(calls), ["[k]>a 16", "[k]>c 7", "a>b 15", "c>b 7"])
    }

    func testTheFunctionAtTheEndOfAChainIsAtFaultAndNamesItsCaller() throws {
        let differences = GuestDifferences(
            before: try graph("[k];main;unpack;crc 100\n[k];main;other;crc 50\n[k];main;unpack 5"),
            after: try graph("[k];main;unpack;crc 180\n[k];main;other;crc 50\n[k];main;unpack 5"))
        XCTAssertEqual(differences.functions.map(\.name), ["crc"], "those who only call it are not named")
        XCTAssertEqual(differences.functions.first?.caller, "unpack")
        XCTAssertEqual(differences.summary, .init(net: 80, gross: 80, changed: 4, within: 0, controls: 0))
    }

    func testAFunctionWhoseCalleesAllChangedALittleIsNamedBeforeThem() throws {
        let callees = (0..<20).map { "[k];read;f\($0) 10" }.joined(separator: "\n")
        let more = (0..<20).map { "[k];read;f\($0) 20" }.joined(separator: "\n")
        let differences = GuestDifferences(before: try graph(callees), after: try graph(more))
        XCTAssertEqual(differences.functions.first?.name, "read")
        XCTAssertEqual(differences.functions.first?.caller, "[k]")
    }

    func testWhatGotLessIsAtFaultTooAndGrossCountsBothWays() throws {
        let differences = GuestDifferences(
            before: try graph("[k];a 100\n[k];b 100"), after: try graph("[k];a 40\n[k];b 130\n[k];new 1"))
        XCTAssertEqual(differences.functions.map(\.name), ["a", "b", "new"])
        XCTAssertEqual(differences.summary.net, -29)
        XCTAssertEqual(differences.summary.gross, 91)
        XCTAssertEqual(differences.functions[0].selfAfter, 0.2, accuracy: 1e-12)
    }

    func testWhatMovesNoFurtherThanItsFloorIsNeverNamed() throws {
        var before = try graph("timer 100\ncrc 1000")
        before.takeSpreads(
            from: try [100, 130, 100, 100].map { try graph("timer \($0)\ncrc 1000") })
        XCTAssertEqual(before.movedOnce, 1)
        // Student's t of 4 degrees, 0.025 a side, is 2.776, times sqrt(1 + 1/5). The timer's deviation is 13.5, which counts
        // for what no control moved too, and so twice for itself; and it lies 6 from the mean of its layouts.
        let within = GuestDifferences(before: before, after: try graph("timer 164\ncrc 1041"))
        XCTAssertEqual(within.functions, [])
        XCTAssertEqual(within.summary, .init(net: 105, gross: 105, changed: 0, within: 2, controls: 4))
        XCTAssertEqual(within.suspects.map(\.name), ["timer", "crc"], "they moved most all the same")
        let beyond = GuestDifferences(before: before, after: try graph("timer 165\ncrc 1042"))
        XCTAssertEqual(beyond.functions.map(\.name).sorted(), ["crc", "timer"])
        XCTAssertEqual(beyond.suspects, [])
        let basis = try XCTUnwrap(beyond.functions.first?.basis)
        let floors = beyond.functions.compactMap(\.selfFloor).map { $0 * basis }.sorted()
        XCTAssertEqual(floors[0], 41.06, accuracy: 0.01)
        XCTAssertEqual(floors[1], 64.06, accuracy: 0.01)
        let swapped = GuestDifferences(before: try graph("timer 164\ncrc 1041"), after: before)
        XCTAssertEqual(swapped.functions, [], "the controls of either side tell")
    }

    func testOneFunctionOfManyHasToMoveFurtherToBeNamedThanAllOfThem() throws {
        var before = try graph("timer 100\ncrc 1000")
        before.takeSpreads(
            from: try [100, 130, 100, 100].map { try graph("timer \($0)\ncrc 1000") })
        // Of four tests two have to be as rare as 0.05 * 2 / 4.
        let alone = GuestDifferences(before: before, after: try graph("timer 100\ncrc 1051"))
        XCTAssertEqual(alone.functions, [])
        let further = GuestDifferences(before: before, after: try graph("timer 100\ncrc 1052"))
        XCTAssertEqual(further.functions.map(\.name), ["crc"])
    }

    func testFunctionsThatNoControlMovedAreNotTakenForUnmovableWhereOthersMove() throws {
        let lines = { (more: Int) in
            (0..<30).map { "f\($0) \(100 + ($0 < 20 ? more : 0))" }.joined(separator: "\n")
        }
        var before = try graph(lines(0))
        before.takeSpreads(from: [try graph(lines(10)), try graph(lines(0))])
        let after = try graph(lines(0) + "\nf29 15")
        XCTAssertEqual(GuestDifferences(before: before, after: after).functions, [])
        // Where all that move do so in several layouts, as what reads the command line does, the rest stays.
        var known = try graph("reader 283\ncrc 1000")
        known.takeSpreads(
            from: try [325, 313, 317].map { try graph("reader \($0)\ncrc 1000") })
        XCTAssertEqual(known.movedOnce, 0)
        let turn = GuestDifferences(before: known, after: try graph("reader 283\ncrc 1004"))
        XCTAssertEqual(turn.functions.map(\.name), ["crc"])
        var calm = try graph(lines(0))
        calm.takeSpreads(from: [try graph(lines(0))])
        XCTAssertEqual(GuestDifferences(before: calm, after: after).functions.map(\.name), ["f29"])
    }

    func testAFunctionThatAControlNeverRanMovesByAllOfItsWeight() throws {
        var graph = try graph("a 10")
        graph.takeSpreads(from: [try self.graph("a 10\nb 7"), try self.graph("a 13")])
        // 10, 10, 13 and 0, 7, 0: in tenths, rounded up.
        XCTAssertEqual(graph.functions.map(\.ownSpread.deviation), [1.8, 4.1])
        XCTAssertEqual(graph.functions.map(\.ownSpread.offset), [1, 2.4])
        XCTAssertEqual(graph.controls, 2)
    }

    func testWhatABaselineLeftOutIsNotTakenForNew() throws {
        let whole = try graph("[k];a 1000\n[k];b 3\n[k];c 2")
        let pruned = whole.without(lighterThan: 10)
        XCTAssertEqual(pruned.functions.map(\.name).sorted(), ["[k]", "a"])
        XCTAssertEqual(GuestDifferences(before: pruned, after: whole).functions, [])
        let more = try graph("[k];a 1000\n[k];b 30\n[k];c 2")
        XCTAssertEqual(GuestDifferences(before: pruned, after: more).functions.map(\.name), ["b"])
    }

    func testACallGraphReadsBackAndBadColumnsAreRefused() throws {
        var graph = try graph("[k];a;b 10\n[k];c 3")
        graph.takeSpreads(from: [try self.graph("[k];a;b 11")])
        let data = try JSONEncoder().encode(graph)
        XCTAssertEqual(try JSONDecoder().decode(GuestCallGraph.self, from: data), graph)
        let text = String(decoding: data, as: UTF8.self)
        for (good, bad) in [
            ("\"callees\":[1", "\"callees\":[9"), ("\"own\":[0", "\"own\":[-1"),
            ("\"names\":[\"[k]\"", "\"names\":[\"a\""),
            ("\"weights\":[", "\"weights\":[1,"),
        ] {
            XCTAssertTrue(text.contains(good), "\(good) in \(text)")
            let data = Data(text.replacingOccurrences(of: good, with: bad).utf8)
            XCTAssertThrowsError(try JSONDecoder().decode(GuestCallGraph.self, from: data), bad)
        }
    }
}
