import XCTest

@testable import BootProfiles

final class FoldedTests: XCTestCase {
    private func read(_ text: String, partial: Bool = false) throws -> Profile {
        try FoldedReader(partial: partial).read(.bytes(Array(text.utf8), name: "test"))
    }

    private func written(_ profile: Profile) -> String {
        String(decoding: FoldedWriter().bytes(profile), as: UTF8.self)
    }

    func testLinesComeOutSortedByTheirBytes() throws {
        let text = try read("foo;y 1\nfoo bar;x 2\nfoo 3\nfoo;y;z 4\nfoo!;x 5\n")
        XCTAssertEqual(written(text), "foo 3\nfoo bar;x 2\nfoo!;x 5\nfoo;y 1\nfoo;y;z 4\n")
    }

    func testTheOrderIsThatOfSortingWholeLines() throws {
        var generator = SystemRandomNumberGenerator()
        var stacks: Set<String> = []
        for _ in 0..<500 {
            let depth = Int.random(in: 1...5, using: &generator)
            let frames = (0..<depth).map { _ in
                ["a", "a b", "a;", "a:", "b", "", "ab", "a!"].randomElement(using: &generator) ?? ""
            }
            stacks.insert(frames.joined(separator: ";"))
        }
        stacks.remove("")
        let text = stacks.shuffled().map { "\($0) 1\n" }.joined()
        let sorted = stacks.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        XCTAssertEqual(written(try read(text)), sorted.map { "\($0) 1\n" }.joined())
    }

    func testATreeHasEveryPartOfAStackOnceWhateverTheOrderOfTheLines() throws {
        var stacks: [String] = []
        for _ in 0..<600 {
            let frames = (0..<Int.random(in: 1...5)).map { _ in
                ["a", "a b", "ab", "abc", "b", "b!", "a b c", "c"].randomElement() ?? ""
            }
            stacks.append(frames.joined(separator: ";"))
        }
        var parts: Set<[Substring]> = []
        for stack in stacks {
            let frames = stack.split(separator: ";")
            for depth in 1...frames.count { parts.insert(Array(frames[..<depth])) }
        }
        let sorted = stacks.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var nearly = sorted
        for _ in 0..<20 { nearly.swapAt(Int.random(in: 0..<600), Int.random(in: 0..<600)) }
        let first = written(try read(sorted.map { "\($0) 2\n" }.joined()))
        for order in [sorted, nearly, sorted.reversed(), stacks] {
            let profile = try read(order.map { "\($0) 2\n" }.joined())
            XCTAssertEqual(profile.nodeCount, parts.count)
            XCTAssertEqual(written(profile), first)
            var merged = try read(stacks[..<300].map { "\($0) 1\n" }.joined())
            try merged.merge(profile)
            XCTAssertEqual(merged.nodeCount, parts.count)
            XCTAssertEqual(merged.total, profile.total + 300)
        }
    }

    func testEqualStacksAddUpAndFractionsAreKept() throws {
        let profile = try read("a;b 0.5\na;b 1.25\na 3\r\n\na;c 0.00001\n")
        XCTAssertEqual(written(profile), "a 3\na;b 1.75\na;c 0.00001\n")
    }

    func testAWeightWithoutAStackCountsAsUnknown() throws {
        XCTAssertEqual(written(try read("a;b 2\n 1\n 0.5\n")), "[unknown] 1.5\na;b 2\n")
        XCTAssertThrowsError(try read("a;b 2\n1\n"))
    }

    func testSumsBeyondSixtyThreeBitsAreWrittenInFull() throws {
        let profile = try read("a 18446744073709551616\na 18446744073709551616\n")
        XCTAssertEqual(written(profile), "a 36893488147419103232\n")
    }

    func testWhatReadsBackIsWhatWasWritten() throws {
        let text = "main;operator<<(a b) 2\nmain;\u{FFFD};caf\u{E9};日本 7\n"
        XCTAssertEqual(written(try read(text)), text)
    }

    func testBytesThatAreNotUTF8Survive() throws {
        let bytes: [UInt8] = [0x61, 0x3B, 0xFF, 0xFE, 0x01, 0x20, 0x31, 0x0A]
        XCTAssertEqual(FoldedWriter().bytes(try FoldedReader().read(.bytes(bytes, name: "test"))), bytes)
    }

    func testALineWithoutAWeightIsNamed() throws {
        for line in ["a;b", "a;b x", "a;b -1", "a;b 1e5", "a;b 1.2.3", "5"] {
            XCTAssertThrowsError(try read("a 1\n\(line)\n")) { error in
                guard let error = error as? ProfileError else { return XCTFail("\(error)") }
                XCTAssertEqual(error.place, .line(2), line)
                XCTAssertEqual(error.code, .malformed)
                XCTAssertTrue(error.description.hasPrefix("test, line 2: "), error.description)
            }
        }
    }

    func testWhatCanBeReadIsReadWhenAsked() throws {
        let profile = try read("a 1\nbroken\nb 2\n", partial: true)
        XCTAssertEqual(written(profile), "a 1\nb 2\n")
        XCTAssertEqual(profile.notes, ["1 lines could not be read and were left out"])
    }

    func testALineOfMegabytesIsReadAcrossChunks() throws {
        let name = String(repeating: "x", count: 3 << 20)
        let profile = try read("a 1\n\(name) 2\nb 3\n")
        XCTAssertEqual(profile.total, 6)
        XCTAssertNotNil(profile.frames.find(name))
    }

    func testTwoColumnsAreTwoProfiles() throws {
        let pair = try FoldedReader().readPair(.bytes(Array("a;b 1 4\na;c 2 0\nd 0 7\n".utf8), name: "test"))
        XCTAssertEqual(written(pair.before), "a;b 1\na;c 2\n")
        XCTAssertEqual(written(pair.after), "a;b 4\nd 7\n")
        let bytes = try FoldedWriter().bytes(before: pair.before, after: pair.after)
        XCTAssertEqual(String(decoding: bytes, as: UTF8.self), "a;b 1 4\na;c 2 0\nd 0 7\n")
    }

    func testNamesThatTheFormatCannotHoldAreChanged() throws {
        var profile = Profile()
        try profile.add(names: ["a;b", "c\nd"], weight: 1)
        try profile.add(names: ["a:b", "c d"], weight: 1)
        XCTAssertEqual(written(profile), "a:b;c d 2\n")
    }
}
