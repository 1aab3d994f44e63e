import BootModel
import XCTest

@testable import BootRunner

final class BytePatternTests: XCTestCase {
    func testAMatchIsFoundWhereverThePiecesAreCut() throws {
        let text = Array("x\r\ntiny: \0 \u{fe}booted\r\nrest".utf8)
        let pattern = try BytePattern(#"tiny: \x00 .+boot(ed)"#)
        let whole = try XCTUnwrap(place(of: pattern, in: [text]))
        for cut in 0...text.count {
            XCTAssertEqual(
                place(of: pattern, in: [Array(text[..<cut]), Array(text[cut...])]), whole, "cut \(cut)")
        }
        XCTAssertEqual(place(of: pattern, in: text.map { [$0] }), whole, "a byte a piece")
    }

    func testNULsAndBrokenUTF8AreOrdinaryBytes() throws {
        let bytes: [UInt8] = [0xff, 0, 0xc3, 0x28, 0, 0xed, 0xa0, 0x80, 0x41]
        XCTAssertEqual(place(of: try BytePattern(#"\xc3\(\x00\xed"#), in: [bytes]), 2..<6)
        XCTAssertEqual(place(of: try BytePattern("A"), in: [bytes]), 8..<9)
    }

    func testAnchorsHoldAtEveryLineAndKnowCRLF() throws {
        let console = Array("one\r\ntwo\r\nthree\r\n".utf8)
        XCTAssertEqual(place(of: try BytePattern("^two$"), in: [console]), 5..<8)
        XCTAssertEqual(place(of: try BytePattern("^two$"), in: console.map { [$0] }), 5..<8)
        XCTAssertNil(place(of: try BytePattern("^wo"), in: [console]))
    }

    func testTheEndOfAPieceIsNoEndOfALine() throws {
        let pattern = try BytePattern("^tiny: boot$")
        XCTAssertNil(place(of: pattern, in: [Array("tiny: boot".utf8), Array("ing\r\n".utf8)]))
        XCTAssertEqual(place(of: pattern, in: [Array("tiny: boot".utf8), Array("\r\n".utf8)]), 0..<10)
    }

    func testAPromptWithoutNewlineMatches() throws {
        XCTAssertEqual(place(of: try BytePattern("^login: "), in: [Array("\nlogin: ".utf8)]), 1..<8)
    }

    func testAMatchLeavesNothingToTheNextLook() throws {
        let search = PatternSearch(try BytePattern("b"))
        var buffer = RollingBuffer()
        add("aaaa", to: &buffer)
        XCTAssertNil(search.find(in: buffer))
        add("ab", to: &buffer)
        XCTAssertEqual(search.find(in: buffer), 5..<6)
    }

    func testTheFirstByteKeptBeginsNoLineOnceOthersWereDropped() throws {
        let search = PatternSearch(try BytePattern("^x"))
        var buffer = RollingBuffer()
        let dropped = add("-" + String(repeating: "x", count: 5 * RollingBuffer.kept), to: &buffer)
        search.forget(dropped)
        XCTAssertGreaterThan(dropped, 0)
        XCTAssertNil(search.find(in: buffer))
    }

    func testAPatternThatSearchesWithoutEndIsGivenUp() throws {
        let search = PatternSearch(try BytePattern("(a+)+b"))
        var buffer = RollingBuffer()
        add(String(repeating: "a", count: 20_000), to: &buffer)
        XCTAssertNil(search.find(in: buffer))
        XCTAssertTrue(search.isGivenUp)
        add("b", to: &buffer)
        XCTAssertNil(search.find(in: buffer), "it is not looked for again")
    }

    func testAPatternWithManyGroupsMatches() throws {
        XCTAssertEqual(place(of: try BytePattern("(a)(b)(c)(d)(e)(f)"), in: [Array("abcdef".utf8)]), 0..<6)
    }

    func testALongSpanDoesNotExhaustTheCompiledCodesStack() throws {
        let text = Array(("begin" + String(repeating: "ab\n", count: 20_000) + "end").utf8)
        let found = place(of: try BytePattern("begin(?:a|b|\n)*end"), in: [text])
        XCTAssertEqual(found, 0..<text.count)
    }

    func testALookBehindSeesWhatCameBefore() throws {
        let pattern = try BytePattern("(?<=ab)c")
        XCTAssertEqual(place(of: pattern, in: [[0x61, 0x62], [0x63]]), 2..<3)
    }

    func testThePlaceWherePatternsGoWrongIsNamed() {
        for (pattern, place) in [("boot(ed", 8), ("é(", 3), ("*", 1), ("[a", 3), ("(*UTF)a", 7)] {
            XCTAssertThrowsError(try BytePattern(pattern)) { error in
                let error = error as? RunnerError
                XCTAssertEqual(error?.code, .usage)
                XCTAssertTrue(error?.problem.contains("'\(pattern)'") == true, "\(error as Any)")
                XCTAssertTrue(error?.problem.contains("at character \(place)") == true, "\(error as Any)")
            }
        }
    }

    func testTheUsualPanicsAreSeenAndOtherTalkIsNot() throws {
        let panics = try BootScript.usualPanics.map(BytePattern.init)
        let real = [
            "Kernel panic - not syncing: VFS: Unable to mount root fs",
            "[    3.214] Kernel panic - not syncing", "panic: page fault", "panic (cpu 0): No bootstrap code",
            "Panic: out of memory",
        ]
        for line in real {
            XCTAssertTrue(
                panics.contains { place(of: $0, in: [Array("x\r\n\(line)\r\n".utf8)]) != nil }, line)
        }
        for line in [
            "Kernel command line: panic=-1", "[ 0.1] printk: panic_on_warn", "don't panic: it works",
        ] {
            XCTAssertFalse(
                panics.contains { place(of: $0, in: [Array("x\r\n\(line)\r\n".utf8)]) != nil }, line)
        }
    }

    private func place(of pattern: BytePattern, in pieces: [[UInt8]]) -> Range<Int>? {
        let search = PatternSearch(pattern)
        var buffer = RollingBuffer()
        for piece in pieces {
            search.forget(piece.withUnsafeBytes { buffer.append($0) })
            if let found = search.find(in: buffer) { return found }
        }
        return nil
    }

    @discardableResult
    private func add(_ text: String, to buffer: inout RollingBuffer) -> Int {
        Array(text.utf8).withUnsafeBytes { buffer.append($0) }
    }
}
