import BootProfiles
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

    func testHostileNamesStayText() throws {
        let names = [
            "<script>alert(1)</script>", "]]>", "\"onload='x'", "a&b", "\u{1B}[31m\u{0}\u{7}",
            "\u{202E}txt.exe", "\u{FFFE}\u{FFFF}", String(repeating: "x", count: 65_536), "",
        ]
        var profile = Profile()
        for name in names { try profile.add(names: ["main", name], weight: 1) }
        try profile.add(stack: [profile.invalidFrame()], weight: 1)
        let svg = FlameGraph(profile).svg()
        let text = String(decoding: svg, as: UTF8.self)
        XCTAssertEqual(text.components(separatedBy: "<script>").count, 2)
        XCTAssertFalse(text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        XCTAssertFalse(text.unicodeScalars.contains("\u{202E}"))
        let shown = try boxes(svg).map(\.name)
        XCTAssertTrue(shown.contains("<script>alert(1)</script>"))
        XCTAssertTrue(shown.contains("(no name)"))
        XCTAssertTrue(shown.contains(String(repeating: "x", count: Label.limit) + "\u{2026}"))
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

extension Profile {
    /// A frame whose name is not UTF-8.
    fileprivate mutating func invalidFrame() throws -> FrameID {
        let bytes: [UInt8] = [0xFF, 0xC0, 0x80, 0xED, 0xA0, 0x80, 0x20, 0x31, 0x0A]
        try merge(FoldedReader().read(.bytes(bytes, name: "test")))
        return intern("valid")
    }
}
