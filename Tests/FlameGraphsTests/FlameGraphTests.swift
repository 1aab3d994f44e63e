import BootProfiles
import FoundationXML
import XCTest

@testable import FlameGraphs

final class FlameGraphTests: PictureCase {
    func testFramesAreAsWideAsTheirShareAndOnTopOfTheirCallers() throws {
        let svg = FlameGraph(try profile("main;a 3\nmain;b 1\n")).svg()
        let boxes = try boxes(svg)
        XCTAssertEqual(boxes.map(\.name), ["all", "main", "a", "b"])
        XCTAssertEqual(boxes[2].width / boxes[3].width, 3, accuracy: 0.01)
        XCTAssertEqual(boxes[2].x, boxes[1].x)
        XCTAssertLessThan(boxes[2].y, boxes[1].y)
        XCTAssertEqual(boxes[2].title[1], "75.00 % of all (3 samples)")
    }

    func testAnIcicleHasCallersOnTop() throws {
        var options = FlameGraphOptions()
        options.isIcicle = true
        let boxes = try boxes(FlameGraph(try profile("main;a 3\n"), options: options).svg())
        XCTAssertGreaterThan(boxes[2].y, boxes[1].y)
    }

    func testTheSameProfileGivesTheSameBytesWhateverTheOrderOfItsStacks() throws {
        let first = FlameGraph(try profile("main;a 3\nmain;b;c 1\nx 2\n")).svg()
        let second = FlameGraph(try profile("x 2\nmain;b;c 1\nmain;a 3\n")).svg()
        XCTAssertEqual(first, second)
    }

    func testNarrowFramesAreLeftOutAndSaidSo() throws {
        let svg = FlameGraph(try profile("main;wide 1000000\nmain;narrow 1\n")).svg()
        XCTAssertFalse(try boxes(svg).contains { $0.name == "narrow" })
        XCTAssertTrue(try texts(svg).contains("1 frame narrower than 0.10 pixels"))
    }

    func testNeighboursWithOneNameAreOneFrame() throws {
        let boxes = try boxes(FlameGraph(try profile("foo 1\nfoo bar;x 1\nfoo;y 1\n")).svg())
        XCTAssertEqual(boxes.filter { $0.name == "foo" }.count, 1)
    }

    func testAnEmptyProfileIsAPictureToo() throws {
        XCTAssertEqual(try boxes(FlameGraph(Profile()).svg()).map(\.name), ["all"])
    }

    func testAnyNamesAndWeightsGiveAPictureThatSaysThemAndRunsNothing() throws {
        var generator = SystemRandomNumberGenerator()
        let bytes: [UInt8] =
            Array("<>&\"';]/\\ %a\u{1B}".utf8) + [0, 7, 10, 13, 0x80, 0xC0, 0xED, 0xA0, 0xF4, 0xFF]
        for _ in 0..<60 {
            var folded: [UInt8] = []
            for _ in 0..<20 {
                for depth in 0..<3 {
                    if depth > 0 { folded.append(0x3B) }
                    for _ in 0..<Int.random(in: 1...12, using: &generator) {
                        let byte = bytes.randomElement(using: &generator) ?? 0x61
                        folded.append(byte == 10 || byte == 13 || byte == 0x3B ? 0x62 : byte)
                    }
                }
                folded +=
                    Array(
                        ["> 1", "x 9223372036854775808", "y 99999999999999999999", "z 0.001"]
                            .randomElement(using: &generator)?.utf8 ?? "".utf8) + [10]
            }
            let profile = try FoldedReader().read(.bytes(folded, name: "random"))
            for svg in [
                FlameGraph(profile).svg(),
                try DifferentialFlameGraph(before: [profile], after: [try profile.reversed()]).svg(),
            ] {
                let document = try document(svg)
                XCTAssertEqual(try document.nodes(forXPath: "//*[local-name()='script']").count, 1)
                XCTAssertEqual(try document.nodes(forXPath: "//@*[starts-with(local-name(),'on')]").count, 0)
                let text = String(decoding: svg, as: UTF8.self)
                XCTAssertFalse(text.contains("NaN") || text.contains("inf ") || text.contains("-0.00 %"))
                for scalar in text.unicodeScalars where scalar.value < 0x20 { XCTAssertEqual(scalar, "\n") }
            }
        }
    }

    func testSumsBeyondTheLargestWholeNumberAreSaidDigitByDigit() throws {
        let svg = FlameGraph(try profile("a 9223372036854775808\nb 9223372036854775808\n")).svg()
        let texts = try texts(svg)
        XCTAssertTrue(texts.contains("18,446,744,073,709,551,616 samples"), texts)
    }

    func testAChartKeepsTheOrderOfTime() throws {
        let text = [(1, "late"), (2, "early"), (3, "late")].map { time, function in
            "w 7/7 [000] 1.00\(time)000: 5 cycles: \n\t40 \(function) (/bin/w)\n\n"
        }.joined()
        var options = FoldingOptions()
        options.keepsSamples = true
        let profile = try PerfScriptReader(options: options).read(.bytes(Array(text.utf8), name: "t"))
        let boxes = try boxes(FlameGraph(try Timeline(profile)).svg())
        XCTAssertEqual(boxes.map(\.name), ["all", "w/7", "late", "early", "late"])
        XCTAssertEqual(boxes[2].x + 2 * (boxes[3].x - boxes[2].x), boxes[4].x, accuracy: 0.1)
        XCTAssertEqual(boxes[3].title.last, "from 0.001000 s to 0.001000 s")
    }

    func testTooManyFramesAreThinnedOut() throws {
        var profile = Profile()
        for index in 0..<5_000 { try profile.add(names: ["f\(index)"], weight: Double(index)) }
        var options = FlameGraphOptions()
        options.narrowest = 0
        options.limit = 500
        XCTAssertLessThan(try boxes(FlameGraph(profile, options: options).svg()).count, 502)
    }

    func testAStackDeeperThanThePictureIsCutAndSaidSo() throws {
        var profile = Profile()
        try profile.add(names: (0..<3_000).map { "f\($0)" }, weight: 1)
        let svg = FlameGraph(profile).svg()
        XCTAssertEqual(try boxes(svg).count, 401)
        XCTAssertTrue(try texts(svg).contains("2,600 frames"))
    }

    func testNothingThatMattersHangsOnStyleOrScript() throws {
        let svg = FlameGraph(try profile("main;a 3\n")).svg()
        for box in try boxes(svg) {
            XCTAssertTrue(box.fill.hasPrefix("#"))
            XCTAssertGreaterThan(box.width, 0)
        }
        XCTAssertTrue(try texts(svg).contains("main"))
    }
}
