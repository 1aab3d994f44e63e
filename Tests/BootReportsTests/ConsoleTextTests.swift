import LibXML
import XCTest

@testable import BootReports

final class ConsoleTextTests: XCTestCase {
    private func cleaned(_ text: String) -> String { ConsoleText(text).text }

    func testEscapeSequencesGoWithoutATrace() {
        XCTAssertEqual(cleaned("a\u{1B}[1;31mb\u{1B}[0mc"), "abc")
        XCTAssertEqual(cleaned("a\u{1B}]0;title\u{7}b\u{1B}]0;title\u{1B}\\c"), "abc")
        XCTAssertEqual(cleaned("a\u{1B}Pq#0;2\u{1B}\\b\u{1B}_apc\u{1B}\\c\u{1B}^pm\u{9C}d"), "abcd")
        XCTAssertEqual(cleaned("a\u{1B}cb\u{1B}(Bc\u{1B}=d\u{1B}#8e"), "abcde")
    }

    func testEightBitControlsAreSequencesAsBytesAndAsCharacters() {
        XCTAssertEqual(ConsoleText([0x61, 0x9B, 0x33, 0x31, 0x6D, 0x62]).text, "ab")
        XCTAssertEqual(cleaned("a\u{9B}31mb\u{9D}title\u{7}c\u{90}dcs\u{9C}d"), "abcd")
        XCTAssertEqual(cleaned("a\u{85}b"), "a#x85b")
    }

    func testAnUnfinishedSequenceHidesAtMostTheRestOfItsLine() {
        XCTAssertEqual(cleaned("a\u{1B}]0;never ended\nKernel panic"), "a\nKernel panic")
        XCTAssertEqual(cleaned("a\u{1B}Pnever ended\r\nKernel panic"), "a\nKernel panic")
        XCTAssertEqual(cleaned("a\u{1B}[12\nKernel panic"), "a\nKernel panic")
        XCTAssertEqual(cleaned("a\u{1B}"), "a")
        XCTAssertEqual(cleaned("a\u{1B}["), "a")
        XCTAssertEqual(cleaned("a\u{1B}[12\u{18}b"), "ab")
        XCTAssertEqual(cleaned("\u{1B}]" + String(repeating: "x", count: 5000) + "y").suffix(1), "y")
    }

    func testLineEndsOfEveryKindBecomeLineFeeds() {
        XCTAssertEqual(cleaned("a\r\nb\n\rc\r\r\nd\ne"), "a\nb\nc\nd\ne")
        XCTAssertEqual(cleaned("a\n\n\nb\n"), "a\n\n\nb\n")
    }

    func testWhatACarriageReturnOverwritesStaysReadable() {
        XCTAssertEqual(cleaned("10%\r100%\ndone"), "10%\n100%\ndone")
        XCTAssertEqual(cleaned("panic\r\u{1B}[K"), "panic")
        let progress = (1...100).map { "\($0)%" }.joined(separator: "\r")
        XCTAssertEqual(
            cleaned(progress), "1%\n2%\n3%\n4%\n[92 overwritten contents of this line]\n97%\n98%\n99%\n100%")
    }

    func testAScreenPaintedByPositionsReadsInLines() {
        XCTAssertEqual(
            cleaned("\u{1B}[2J\u{1B}[1;1HGNU GRUB\u{1B}[3;1HLinux\u{1B}[4;1HMINIX"), "GNU GRUB\nLinux\nMINIX")
    }

    func testControlsAreNumberedAndCounted() {
        XCTAssertEqual(cleaned("a\u{0}b\u{8}\u{8}c\u{7F}"), "a#x00b#x08#x08c#x7F")
        XCTAssertEqual(cleaned(String(repeating: "\u{0}", count: 4096) + "a"), "#x00(4096 times)a")
    }

    func testCharactersThatReorderOrHideAreNumbered() {
        XCTAssertEqual(
            cleaned("a\u{202E}b\u{2066}c\u{200F}d\u{2028}e\u{FEFF}f\u{FFFE}g"),
            "a#x202Eb#x2066c#x200Fd#x2028e#xFEFFf#xFFFEg")
    }

    func testBrokenUTF8IsReplaced() {
        XCTAssertEqual(ConsoleText([0x61, 0xE2, 0x82, 0x62, 0xFF, 0xC0, 0xAF, 0x63]).text.first, "a")
        XCTAssertEqual(ConsoleText([0x61, 0xE2, 0x82, 0x62]).text, "a\u{FFFD}b")
        XCTAssertEqual(ConsoleText([0x61, 0xFF, 0x62]).text, "a\u{FFFD}b")
    }

    func testRandomBytesAlwaysGiveTextThatXMLKeeps() throws {
        var random = RepeatableRandom(state: 1)
        for round in 0..<300 {
            let bytes = random.consoleBytes(round * 3)
            let text = ConsoleText(bytes).text
            XCTAssertTrue(text.unicodeScalars.allSatisfy { XMLCharacters.isLegal($0) && $0.isPrintable })
            XCTAssertEqual(ConsoleText(text).text, text, "cleaning twice changes \(text.debugDescription)")
            var writer = try XMLWriter()
            try writer.element("a", ["b": ConsoleText.line(text)], text: text)
            let tree = try XMLReader().read(try writer.finish())
            XCTAssertEqual(Array(tree.text.utf8), Array(text.utf8))
            XCTAssertEqual(tree["b"].map { Array($0.utf8) }, Array(ConsoleText.line(text).utf8))
        }
    }

    func testTheCapKeepsBothEndsAndSaysWhatIsCut() {
        let text = (1...1000).map { "line \($0)" }.joined(separator: "\n")
        let capped = ConsoleText(text).capped(head: 100, tail: 200)
        XCTAssertTrue(capped.hasPrefix("line 1\nline 2\n"))
        XCTAssertTrue(capped.hasSuffix("line 999\nline 1000"))
        XCTAssertTrue(capped.contains("\n[... 8,"), capped)
        XCTAssertTrue(
            capped.split(separator: "\n").allSatisfy { $0.hasPrefix("line ") || $0.hasPrefix("[... ") })
        XCTAssertEqual(ConsoleText(text).capped(head: 5000, tail: 5000), text)
    }

    func testTheCapCutsBetweenCharacters() {
        let text = String(repeating: "\u{1F600}e\u{301}", count: 500)
        for length in 0..<12 {
            let capped = ConsoleText(text).capped(head: 100 + length, tail: 100 + length)
            XCTAssertFalse(capped.unicodeScalars.contains("\u{FFFD}"))
            XCTAssertLessThan(capped.utf8.count, 300)
        }
    }

    func testALineIsOneLineOfLimitedLength() {
        XCTAssertEqual(ConsoleText.line("  a \n\t b\r\nc  "), "a b c")
        XCTAssertEqual(
            ConsoleText.line(String(repeating: "a", count: 600)), String(repeating: "a", count: 500) + "...")
        XCTAssertEqual(
            ConsoleText.line(String(repeating: "a", count: 500)), String(repeating: "a", count: 500))
        XCTAssertEqual(ConsoleText.line(String(repeating: "\u{1B}[1m", count: 1_000_000)), "...")
    }
}
