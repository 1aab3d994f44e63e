import BootModel
import BootReports
import BootStore
import BootTestSupport
import Foundation
import XCTest

/// What is done with runs once they are taken: compare, accept, report, and the pictures.
final class CompareCommandTests: CommandTestCase {
    private func take(_ name: String, knobs: String = "", _ options: [String] = []) async throws -> String {
        let path = "\(folder)/\(name)"
        let result = try await bootmark(
            [
                "boot", "--exact", "--collect", "guest-instructions,guest-profile", "--boots", "2", "--until",
                "tiny: booted", "--phase", "decompress=tiny: decompress", "-o", path,
            ] + options + [
                "--", "qemu-system-i386", "-nodefaults", "-m", "64", "-kernel", try Guests.tiny(), "-append",
                knobs,
            ])
        XCTAssertEqual(result.status, 0, result.error)
        return path
    }

    func testAVerdictIsTheSameInExitCodeJSONAndJUnitAndNamesTheFunctionAtFault() async throws {
        _ = try RequiredTool.qemu()
        let before = try await take("before")
        let same = try await take("same")
        let slow = try await take("slow", knobs: "slow=decompress:20")

        let pass = try await bootmark(["compare", before, same, "-o", "\(folder)/pass"])
        XCTAssertEqual(pass.status, 0, pass.output + pass.error)
        XCTAssertTrue(pass.output.contains("PASS"), pass.output)

        let report = "\(folder)/report"
        let regression = try await bootmark([
            "compare", before, slow, "-o", report, "--junit", "\(folder)/alone.xml",
        ])
        XCTAssertEqual(regression.status, 1, regression.output + regression.error)
        let comparison = try XCTUnwrap(JSONReporter.comparisons(inFolder: report).first)
        XCTAssertEqual(comparison.verdict, .regression)
        let named = comparison.functions.filter { $0.origin == .guest }.prefix(3).map(\.name)
        XCTAssertTrue(named.contains("crc32_body") || named.contains("copy_match"), "\(named)")
        for file in ["\(report)/junit.xml", "\(folder)/alone.xml"] {
            XCTAssertTrue(File.text(file).contains("<failure type=\"regression\""), file)
        }
        XCTAssertTrue(File.text("\(report)/diff-guest.svg").contains("decompress_phase"))

        let allowed = try await bootmark(["compare", before, slow, "--tolerance", "guest-instructions=50"])
        XCTAssertEqual(allowed.status, 0, allowed.output)

        try FileManager.default.removeItem(atPath: "\(report)/summary.md")
        let again = try await bootmark(["report", report])
        XCTAssertEqual(again.status, 0, again.error)
        XCTAssertTrue(File.text("\(report)/summary.md").contains("regression"))
    }

    func testAnAcceptedRunIsABaselineThatComparesAndDraws() async throws {
        _ = try RequiredTool.qemu()
        let run = try await take("run")
        let baselines = "\(folder)/Baselines"
        let accepted = try await bootmark(["accept", run, "--as", "tiny", "--baselines", baselines])
        XCTAssertEqual(accepted.status, 0, accepted.error)
        XCTAssertTrue(accepted.output.contains("Made the baseline"), accepted.output)
        let compared = try await bootmark(["compare", "\(baselines)/tiny", run, "-o", "\(folder)/report"])
        XCTAssertEqual(compared.status, 0, compared.output + compared.error)
        let picture = "\(folder)/boot.svg"
        for arguments in [
            ["flamegraph", run, "-o", picture], ["diff", "--guest", "\(baselines)/tiny", run, "-o", picture],
        ] {
            let drawn = try await bootmark(arguments)
            XCTAssertEqual(drawn.status, 0, drawn.error)
            XCTAssertTrue(File.text(picture).contains("decompress_phase"), "\(arguments)")
            try FileManager.default.removeItem(atPath: picture)
        }
    }

    func testFoldWritesOnlyStacksAndConvertWritesEveryFormat() async throws {
        let stacks = "\(folder)/stacks"
        try File.write(Array("main;work 3\nmain;rest 1\nmain;work 2\n".utf8), to: stacks)
        let folded = try await bootmark(["fold", stacks])
        XCTAssertEqual(folded.output, "main;rest 1\nmain;work 5\n")
        for format in ["folded", "speedscope", "pprof", "callgrind", "json", "csv"] {
            let output = "\(folder)/out.\(format)"
            let converted = try await bootmark(["convert", stacks, "--to", format, "-o", output])
            XCTAssertEqual(converted.status, 0, converted.error)
            XCTAssertTrue(FileManager.default.fileExists(atPath: output), format)
        }
    }

    func testBadInputGetsOneLineAndTheRightExitCode() async throws {
        let text = "\(folder)/run.txt"
        try File.write(Array("no profile at all\n".utf8), to: text)
        let broken = "\(folder)/broken"
        try FileManager.default.createDirectory(atPath: broken, withIntermediateDirectories: true)
        try File.write(Array("{\"schema\" : 1, \"scen".utf8), to: "\(broken)/run.json")
        let newer = "\(folder)/newer"
        try FileManager.default.createDirectory(atPath: newer, withIntermediateDirectories: true)
        try File.write(Array("{\"schema\" : 99}\n".utf8), to: "\(newer)/run.json")
        let cases: [([String], Int32, String)] = [
            (["compare", "\(folder)/missing", text], 66, "missing"),
            (["compare", broken, broken], 66, "run.json"),
            (["compare", newer, newer], 66, "newer"),
            (["compare", broken, broken, "--tolerance", "boot-time=much"], 64, "METRIC=PERCENT"),
            (["accept", broken], 66, "run.json"),
            (["report", broken], 66, "comparison.json"),
            (["fold", "\(folder)/missing"], 66, "missing"),
            (["flamegraph", text, "-o", "\(folder)/x.svg"], 66, "run.txt"),
            (["flamegraph", broken, "-o", "\(folder)/x.svg"], 66, "holds no stacks"),
            (["convert", text, "--to", "paint", "-o", "\(folder)/x"], 64, "speedscope"),
        ]
        for (arguments, status, word) in cases {
            let result = try await bootmark(arguments)
            XCTAssertEqual(result.status, status, "\(arguments): \(result.error)")
            XCTAssertTrue(result.error.contains(word), "\(arguments): \(result.error)")
            XCTAssertEqual(result.output, "", "\(arguments)")
        }
    }
}
