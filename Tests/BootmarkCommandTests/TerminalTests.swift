import ArgumentParser
import BootModel
import BootTestSupport
import Foundation
import XCTest

@testable import BootmarkCommand

/// What reaches a terminal, and what is read from a command line.
final class TerminalTests: CommandTestCase {
    func testNothingThatATerminalObeysGetsThrough() {
        let hostile = "a\u{1B}[2Jb\u{0}\u{7}\u{8}\u{7F}\u{9B}31m\u{202E}c\u{200B}é\r\nd"
        let clean = ConsoleLine.clean(hostile)
        XCTAssertFalse(clean.unicodeScalars.contains { $0.value < 32 || (127..<160).contains($0.value) })
        XCTAssertFalse(clean.unicodeScalars.contains { [0x202E, 0x200B].contains($0.value) })
        XCTAssertTrue(clean.contains("é"))
        XCTAssertEqual(ConsoleLine.clean(String(repeating: "x", count: 5000)).count, 400)
        let folded =
            "main;\u{1B}]0;owned\u{7} 1\r\nmain;a\tb\r\u{202E} 2\n" + String(repeating: "x", count: 5000)
        XCTAssertEqual(
            ConsoleLine.harmless(Array(folded.utf8)),
            "main;·]0;owned· 1\nmain;a\tb·· 2\n" + String(repeating: "x", count: 5000))
    }

    func testAQuotedWordIsReadBackByAShell() async throws {
        for word in ["plain", "", "a b", "it's", "$HOME;`id`", "*", "a\nb", "-append", "é"] {
            let shell = try CommandRun("/bin/sh", ["-c", "printf %s \(ShellWord.quoted(word))"], in: folder)
            let result = await shell.end()
            XCTAssertEqual(result.output, word)
        }
        XCTAssertEqual(ShellWord.quoted("file=a,,b.img"), "file=a,,b.img")
    }

    func testARunIsNamedAfterWhatItBoots() throws {
        let options = try BootOptions.parse([])
        for (command, name) in [
            (["qemu-system-i386", "-cdrom", "/isos/minix 3.4.iso"], "minix-3.4"),
            (["qemu-system-i386", "-m", "1", "-kernel", "a/tiny.elf"], "tiny"),
            (["qemu-system-i386", "-kernel"], "qemu-system-i386"), ([], "boot"),
            (["q", "-kernel", "é.elf"], "boot"), (["q", "-kernel", "..elf"], "boot"),
            (["q", "-kernel", "a..b.elf"], "a.b"), (["q", "-kernel", "-.elf"], "boot"),
            (["q", "-kernel", String(repeating: "x", count: 500)], String(repeating: "x", count: 100)),
        ] {
            XCTAssertEqual(options.nameOf(command), name)
            XCTAssertNil(Scenario.problem(withName: options.nameOf(command)))
        }
    }

    func testATerminalGetsItsProgressOnOneLineAndNoColoursWhereTheyAreUnwanted() async throws {
        let script = try RequiredTool.need("script", package: "bsdutils")
        let words = ([CommandRun.bootmark] + (try tiny())).map(ShellWord.quoted).joined(separator: " ")
        let terminal = try CommandRun(
            script, ["-qec", words, "/dev/null"], environment: ["NO_COLOR": "1", "TERM": "xterm"], in: folder)
        let result = await terminal.end()
        XCTAssertEqual(result.status, 0, result.output)
        XCTAssertTrue(result.output.contains("\r\u{1B}[Kboot 1 of 2 (timed) …"), result.output)
        XCTAssertNil(result.output.firstMatch(of: /\u{1B}\[[0-9;]*m/), "no colours")
    }
}
