import XCTest

@testable import BootRunner

final class QuotedCommandTests: XCTestCase {
    func testWordsAndQuotesAreReadAsAShellReadsThem() throws {
        let cases: [(String, [String])] = [
            ("qemu -m 16", ["qemu", "-m", "16"]),
            ("  qemu\t -m  16  ", ["qemu", "-m", "16"]),
            ("qemu -append 'a  b $c `d` \\'", ["qemu", "-append", "a  b $c `d` \\"]),
            ("qemu -append \"a 'b' c\"", ["qemu", "-append", "a 'b' c"]),
            (#"qemu "a \"b\" \$c \\d \e""#, ["qemu", #"a "b" $c \d \e"#]),
            (#"qemu a\ b \'c\" \$d"#, ["qemu", "a b", "'c\"", "$d"]),
            ("qemu ''", ["qemu", ""]),
            ("qemu a''b'c d'\"e f\"", ["qemu", "abc de f"]),
            ("qemu \\\n -m 16 a\\\nb", ["qemu", "-m", "16", "ab"]),
            ("qemu if=none,file=a#b x~y {a,b} !", ["qemu", "if=none,file=a#b", "x~y", "{a,b}", "!"]),
            ("qemu 'a\nb'", ["qemu", "a\nb"]),
        ]
        for (text, words) in cases {
            XCTAssertEqual(try QuotedCommand(text, option: "--before").words, words, text)
        }
    }

    func testTheWordsAreThoseOfTheShellItself() throws {
        let shell = try XCTUnwrap(["/bin/sh"].first { FileManager.default.isExecutableFile(atPath: $0) })
        for text in [
            "qemu -append 'a  \"b\"' \"c 'd' \\\" \\x\" e\\ f ''", "qemu a\\\\b '' \"\" x'y'\"z\"",
            "qemu \\a\\'b",
        ] {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: shell)
            process.arguments = ["-c", "printf '%s\\0' \(text)"]
            let pipe = Pipe()
            process.standardOutput = pipe
            try process.run()
            let output = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            let words = String(decoding: output, as: UTF8.self).split(
                separator: "\0", omittingEmptySubsequences: false
            ).dropLast().map(String.init)
            XCTAssertEqual(try QuotedCommand(text, option: "--after").words, words, text)
        }
    }

    func testWhatAShellWouldExpandRedirectOrRunIsRefusedWithWhatToDo() {
        let refused = [
            "qemu $HOME", "qemu \"$HOME\"", "qemu `date`", "qemu \"`date`\"", "qemu > log", "qemu < in",
            "qemu 2>&1", "qemu | tee log", "qemu & ", "qemu; rm x", "(qemu)", "qemu *.iso", "qemu disk?.img",
            "qemu [ab]", "qemu ~/disk", "qemu # comment", "qemu\nrm x", "qemu 'open", "qemu \"open",
            "qemu \\",
            "", "   ", "A=1 qemu", String(repeating: "a", count: 200_000), "qemu \0",
        ]
        for text in refused {
            XCTAssertThrowsError(try QuotedCommand(text, option: "--before"), text) { error in
                let fault = error as? RunnerError
                XCTAssertEqual(fault?.code, .usage, text)
                XCTAssertTrue(fault?.problem.contains("--before") ?? false, text)
                XCTAssertFalse(fault?.next.isEmpty ?? true, text)
            }
        }
    }

    func testAnErrorNamesTheCharacter() {
        XCTAssertThrowsError(try QuotedCommand("qemu $HOME", option: "--after")) { error in
            XCTAssertTrue("\(error)".contains("at character 6"), "\(error)")
        }
    }
}
