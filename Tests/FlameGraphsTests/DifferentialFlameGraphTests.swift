import BootProfiles
import Foundation
import FoundationXML
import XCTest

@testable import FlameGraphs

final class DifferentialFlameGraphTests: PictureCase {
    private func svg(_ before: [String], _ after: [String]) throws -> [UInt8] {
        try DifferentialFlameGraph(before: before.map(profile), after: after.map(profile)).svg()
    }

    func testACallerShowsTheChangeOfWhatItCalled() throws {
        let svg = try svg(["main;caller;work 10\nmain;rest 90\n"], ["main;caller;work 30\nmain;rest 70\n"])
        let caller = try box("caller", in: svg)
        XCTAssertEqual(caller.fill, Palette.grown.hexadecimal)
        XCTAssertEqual(
            caller.title[1], "before 10.00 %, after 30.00 %: +20.00 points of all, +200.0 % of itself")
        XCTAssertEqual(try box("rest", in: svg).fill, Palette.shrunk.hexadecimal)
        XCTAssertEqual(try box("main", in: svg).fill, Palette.unchanged.hexadecimal)
    }

    func testWhatVanishedAndWhatIsNewIsSeenInColoursOfItsOwn() throws {
        let svg = try svg(["main;old 10\nmain;rest 90\n"], ["main;fresh 10\nmain;rest 90\n"])
        let old = try box("old", in: svg)
        let fresh = try box("fresh", in: svg)
        XCTAssertGreaterThan(old.width, 50)
        XCTAssertEqual(old.width, fresh.width, accuracy: 0.1)
        XCTAssertEqual(old.fill, Palette.vanished.hexadecimal)
        XCTAssertEqual(fresh.fill, Palette.appeared.hexadecimal)
        XCTAssertTrue(old.title[1].hasSuffix("-10.00 points of all, vanished"), old.title[1])
        XCTAssertTrue(fresh.title[1].hasSuffix("+10.00 points of all, new"), fresh.title[1])
    }

    func testLongerRecordingsOfTheSameShowNoChange() throws {
        let svg = try svg(["main;a 1\nmain;b 2\n"], ["main;a 10\nmain;b 20\n"])
        for box in try boxes(svg).dropFirst() { XCTAssertEqual(box.fill, Palette.unchanged.hexadecimal) }
        XCTAssertTrue(try texts(svg).contains("Each profile is scaled to its own total"))
        let totals = "before: 3 samples in 1 profile; after: 30 samples in 1 profile"
        XCTAssertTrue(try texts(svg).contains(totals))
    }

    func testAnEmptySideIsNeverNaNNorMinusZero() throws {
        for (before, after) in [("", "a;b 1\n"), ("a;b 1\n", ""), ("", ""), ("a 0\n", "a 0\n")] {
            let text = String(decoding: try svg([before], [after]), as: UTF8.self).lowercased()
            for wrong in ["nan", "inf ", "-0.00 ", "-0 %", "-0.0 "] {
                XCTAssertFalse(text.contains(wrong), "\(wrong) in \(before) to \(after)")
            }
        }
    }

    func testOneProfileASideSaysThatNothingWasTested() throws {
        XCTAssertTrue(try texts(try svg(["a 1\n"], ["b 1\n"])).contains("so none was made"))
    }

    func testWithManyBootsOnlyWhatTheirSpreadDoesNotExplainIsColoured() throws {
        let noise = [0, 3, 1, 4, 2, 5]
        let before = noise.map { "main;noisy \(100 + $0)\nmain;slow 50\nmain;rest \(1000 - $0)\n" }
        let after = noise.reversed().map { "main;noisy \(100 + $0)\nmain;slow 70\nmain;rest \(980 - $0)\n" }
        let svg = try svg(before, after)
        XCTAssertEqual(try box("slow", in: svg).fill, Palette.grown.hexadecimal)
        XCTAssertEqual(try box("noisy", in: svg).fill, Palette.unchanged.hexadecimal)
        XCTAssertEqual(try box("noisy", in: svg).title.last?.hasPrefix("not significant"), true)
        XCTAssertTrue(try texts(svg).contains("rank test over 6 boots before, 6 boots after"))
    }

    func testBootsTooFewToShowAnythingSaySo() throws {
        let svg = try svg(["a 1\nb 1\n", "a 2\nb 1\n"], ["a 9\nb 1\n", "a 8\nb 1\n"])
        XCTAssertTrue(try texts(svg).contains("cannot show significance"))
    }

    func testFramesNeverOverflowTheirCallersInAnyView() throws {
        let svg = try svg(
            ["m;a;x 5\nm;a;y 1\nm;b 7\n", "m;a 1\nm;c;x 3\n"], ["m;a;y 5\nm;b;z 1\n", "m;c;x 2\nm;d 9\n"])
        let groups = try document(svg).nodes(forXPath: "//*[@class='frame']").compactMap { $0 as? XMLElement }
        let spans = groups.map { group in
            attribute("data-s", of: group).components(separatedBy: ";").map {
                $0.components(separatedBy: ",").compactMap(Double.init)
            }
        }
        for (index, group) in groups.enumerated() where index > 0 {
            let caller = try XCTUnwrap(Int(attribute("data-c", of: group)))
            XCTAssertLessThan(caller, index)
            for view in 0..<3 {
                let (inner, outer) = (spans[index][view], spans[caller][view])
                XCTAssertGreaterThanOrEqual(inner[0], outer[0] - 1e-6)
                XCTAssertLessThanOrEqual(inner[0] + inner[1], outer[0] + outer[1] + 1e-6)
            }
        }
    }
}
