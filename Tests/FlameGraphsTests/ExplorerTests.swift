import BootProfiles
import XCTest

@testable import FlameGraphs

final class ExplorerTests: PictureCase {
    private let size = Explorer.Size(rows: 14, columns: 60)

    private func explorer(_ text: String) throws -> Explorer {
        Explorer(try profile(text), title: "test", size: size)
    }

    private func difference(_ before: [String], _ after: [String]) throws -> Explorer {
        try Explorer(
            DifferentialFlameGraph(before: before.map(profile), after: after.map(profile)), size: size)
    }

    private func screen(_ explorer: Explorer) -> String { explorer.screen().text.joined(separator: "\n") }

    /// The columns in which the frame `name` stands on the screen.
    private func columns(_ name: String, in explorer: Explorer) -> Range<Int>? {
        ExplorerLayout(explorer).levels.joined().first { explorer.tree.name($0.node) == name }?.columns
    }

    func testFramesAreAsWideAsTheirShare() throws {
        let explorer = try explorer("main;a 3\nmain;b 1\n")
        XCTAssertEqual(columns("main", in: explorer), 0..<60)
        XCTAssertEqual(columns("a", in: explorer), 0..<45)
        XCTAssertEqual(columns("b", in: explorer), 45..<60)
        XCTAssertEqual(explorer.screen().text[4], "▏a" + String(repeating: " ", count: 43) + "▏b")
    }

    func testTheScreenHasItsSizeWhateverIsShown() throws {
        let deep = (0..<100).map { "f\($0)" }.joined(separator: ";")
        var explorer = try explorer("日本語の関数;\(deep) 5\n日本語の関数;x 1000\n\u{1F600}\u{301} 7\n")
        for size in [(6, 20), (14, 60), (50, 200), (1, 1)] {
            explorer.size = Explorer.Size(rows: size.0, columns: size.1)
            for key: Key in [.enter, .tab, .down, .character("?"), .tab, .character("/"), .escape] {
                _ = explorer.take(key)
                let screen = explorer.screen()
                XCTAssertEqual(screen.rows.count, max(6, size.0))
                for row in screen.rows {
                    let width = row.reduce(0) { $0 + ScreenText.columns($1.text) }
                    XCTAssertLessThanOrEqual(width, max(20, size.1), "\(size) \(key)")
                }
            }
        }
    }

    func testEnterZoomsAndEscapeShowsEverything() throws {
        var explorer = try explorer("main;a;leaf 3\nmain;b 1\n")
        for key: Key in [.down, .down, .right, .enter] { _ = explorer.take(key) }
        XCTAssertEqual(columns("b", in: explorer), 0..<60)
        XCTAssertEqual(columns("main", in: explorer), 0..<60)
        XCTAssertNil(columns("a", in: explorer))
        XCTAssertTrue(screen(explorer).contains("zoomed into b (25.00 %)"))
        _ = explorer.take(.escape)
        XCTAssertEqual(columns("a", in: explorer), 0..<45)
    }

    func testSearchingTellsTheShareThatMatches() throws {
        var explorer = try explorer("main;a;leaf 3\nmain;leaf 1\nmain;b 4\n")
        for character in "/^lea(f|x)$".unicodeScalars { _ = explorer.take(.character(character)) }
        XCTAssertTrue(screen(explorer).contains("/^lea(f|x)$"))
        _ = explorer.take(.enter)
        XCTAssertTrue(screen(explorer).contains("matched 50.00 % in 2 places"), screen(explorer))
        XCTAssertEqual(explorer.tree.name(explorer.selected), "leaf")
        let first = explorer.selected
        _ = explorer.take(.character("n"))
        XCTAssertNotEqual(explorer.selected, first)
        _ = explorer.take(.character("n"))
        XCTAssertEqual(explorer.selected, first)
    }

    func testARecursiveMatchCountsOnce() throws {
        var explorer = try explorer("main;f;f;f 3\nmain;b 1\n")
        for key: Key in [.character("/"), .character("f"), .enter] { _ = explorer.take(key) }
        XCTAssertEqual(explorer.search.share, 0.75, accuracy: 1e-12)
        XCTAssertEqual(explorer.search.places.count, 1)
    }

    func testABrokenExpressionIsNamedAndChangesNothing() throws {
        var explorer = try explorer("main;a 3\n")
        for key: Key in [.character("/"), .character("("), .enter] { _ = explorer.take(key) }
        XCTAssertTrue(screen(explorer).contains("not a regular expression: ("))
        XCTAssertFalse(explorer.search.isActive)
    }

    func testTheTableLeadsToTheFunction() throws {
        var explorer = try explorer("main;a;leaf 3\nmain;b 1\n")
        for key: Key in [.tab, .down] { _ = explorer.take(key) }
        XCTAssertTrue(screen(explorer).contains("75.00 %       75.00 %  leaf"), screen(explorer))
        _ = explorer.take(.enter)
        XCTAssertEqual(explorer.mode, .graph)
        XCTAssertEqual(explorer.tree.name(explorer.selected), "b")
    }

    func testADifferenceChangesItsWidthsAndKeepsSomethingSelected() throws {
        var explorer = try difference(["main;old 10\nmain;rest 90\n"], ["main;fresh 10\nmain;rest 90\n"])
        XCTAssertNotNil(columns("old", in: explorer))
        XCTAssertNotNil(columns("fresh", in: explorer))
        for key: Key in [.character("/"), .character("o"), .character("l"), .character("d"), .enter] {
            _ = explorer.take(key)
        }
        explorer.size = Explorer.Size(rows: 14, columns: 120)
        XCTAssertTrue(screen(explorer).contains("-10.00 points of all, vanished"), screen(explorer))
        _ = explorer.take(.enter)
        _ = explorer.take(.character("w"))
        XCTAssertNotNil(columns("old", in: explorer), "before has the frame that vanished")
        _ = explorer.take(.character("w"))
        XCTAssertNil(columns("old", in: explorer))
        XCTAssertEqual(explorer.tree.name(explorer.selected), "main")
    }

    func testWithoutColoursMarksTellChanges() throws {
        var explorer = try difference(
            ["main;old 20\nmain;rest 80\n"], ["main;fresh 30\nmain;rest 70\n"])
        explorer.isColoured = false
        let text = screen(explorer)
        for mark in ["gone old", "new fresh", "-rest"] { XCTAssertTrue(text.contains(mark), text) }
        let screen = explorer.screen()
        for row in screen.rows.indices {
            let bytes = screen.bytes(ofRow: row, colours: .none)
            XCTAssertFalse(bytes.contains("[38") || bytes.contains("[48") || bytes.contains(";48"), bytes)
        }
    }

    func testRandomKeysNeverBreakTheWalk() throws {
        var generator = SystemRandomNumberGenerator()
        let keys: [Key] =
            [.up, .down, .left, .right, .pageUp, .pageDown, .home, .end, .enter, .escape, .backspace, .tab]
            + "/nNwsrutjkhl?a(".unicodeScalars.map(Key.character)
            + [.click(row: 3, column: 5), .click(row: 13, column: 59), .wheelUp, .wheelDown]
        for text in ["", "a 0\n", "m;a;x 5\nm;a;y 1\nm;b 7\n"] {
            var explorer = try difference([text, text], ["m;a;y 5\nm;c;z 1\n", text])
            for _ in 0..<2_000 {
                _ = explorer.take(keys.randomElement(using: &generator) ?? .up)
                XCTAssertEqual(explorer.screen().rows.count, size.rows)
            }
        }
    }

    func testAnEmptyProfileIsWalkedToo() throws {
        var explorer = Explorer(Profile(), title: "", size: size)
        for key: Key in [.down, .enter, .tab, .enter, .tab, .right] { _ = explorer.take(key) }
        XCTAssertTrue(screen(explorer).contains("all"))
    }
}

final class KeyReaderTests: XCTestCase {
    private func keys(_ bytes: String) -> [Key] {
        var reader = KeyReader()
        return reader.read(bytes.utf8) + reader.flush()
    }

    func testSequencesAreTheKeysThatTheyStandFor() {
        XCTAssertEqual(keys("\u{1B}[A\u{1B}OB\u{1B}[5~\u{1B}[H"), [.up, .down, .pageUp, .home])
        XCTAssertEqual(
            keys("aé\r\t\u{7F}\u{3}"),
            [
                .character("a"), .character("é"), .enter, .tab, .backspace, .control("c"),
            ])
        XCTAssertEqual(keys("\u{1B}[<0;5;3M\u{1B}[<64;1;1M"), [.click(row: 2, column: 4), .wheelUp])
    }

    func testAnEscapeThatNothingFollowsIsTheKey() {
        XCTAssertEqual(keys("\u{1B}"), [.escape])
        var reader = KeyReader()
        XCTAssertEqual(reader.read([0x1B]), [])
        XCTAssertTrue(reader.isWaiting)
        XCTAssertEqual(reader.read([0x5B, 0x42]), [.down])
        XCTAssertFalse(reader.isWaiting)
    }

    func testWhatMeansNothingIsPassedOver() {
        XCTAssertEqual(
            keys("\u{1B}[1;5Cx\u{1B}[99~y\u{0}z"),
            [
                .right, .character("x"), .character("y"), .character("z"),
            ])
        var reader = KeyReader()
        XCTAssertEqual(reader.read([0xFF, 0xC3, 0x28, 0x61]).last, .character("a"))
        _ = reader.read([UInt8](repeating: 0x1B, count: 100) + [UInt8](repeating: 0x5B, count: 100))
        _ = reader.flush()
        XCTAssertEqual(reader.read([0x71]), [.character("q")])
    }
}
