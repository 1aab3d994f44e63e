import BootModel
import BootReports
import BootStore
import BootTestSupport
import XCTest

final class PairsCommandTests: CommandTestCase {
    func testAnExactRegressionOfOnePhaseIsFoundInTwoPairs() async throws {
        let result = try await bootmark(
            try ab(["--exact", "--collect", "guest-instructions"], after: "slow=tables:10"))
        XCTAssertEqual(result.status, 1, result.error)
        XCTAssertTrue(result.output.contains("guest-instructions"), result.output)
        let comparison = try comparison()
        XCTAssertEqual(comparison.verdict, .regression)
        XCTAssertEqual(comparison.results.first { $0.role == .gates }?.before.count, 2)
        XCTAssertTrue(comparison.reproduction.contains("--seed"))
        XCTAssertTrue(File.exists(folder + "/ab/junit.xml"))
    }

    func testTheSameSystemTwicePassesAndResumingChangesNothing() async throws {
        let options = [
            "--collect", "guest-instructions", "--tolerance", "guest-instructions=5", "--seed", "4",
        ]
        let result = try await bootmark(try ab(options))
        XCTAssertEqual(result.status, 0, result.error)
        XCTAssertTrue(result.error.contains("pair 1 of at most 40"), result.error)
        let standing =
            #"pair \d+ of at most 40: guest-instructions \S+ % \(98 %: \S+ % to \S+ %\); judged at 12, at most \d+ more"#
        XCTAssertNotNil(result.error.range(of: standing, options: .regularExpression), result.error)
        XCTAssertTrue(result.error.contains("; that is enough"), result.error)
        let before = try RunFolder.open(at: folder + "/ab/before").load()
        XCTAssertEqual(before.boots.count, 13, "a warm-up, and twelve pairs up to the first look")
        let resumed = try await bootmark(["ab", "--resume", "-o", folder + "/ab"])
        XCTAssertEqual(resumed.status, 0, resumed.error)
        XCTAssertEqual(try RunFolder.open(at: folder + "/ab/before").load().boots, before.boots)
    }

    func testAGuestThatDoesNotBootOnOneSideIsAFailure() async throws {
        let result = try await bootmark(
            try ab(["--collect", "guest-instructions"], after: "wrong=panic at=drivers"))
        XCTAssertEqual(result.status, 3, result.error)
        XCTAssertEqual(try comparison().failures.map(\.side), [.after])
    }

    func testADryRunSaysWhatWouldBeDoneAndBootsNothing() async throws {
        let result = try await bootmark(try ab(["--dry-run", "--max-pairs", "24", "--seed", "9"]))
        XCTAssertEqual(result.status, 0, result.error)
        XCTAssertTrue(result.output.contains("at most 24, judged after 12, 24"), result.output)
        XCTAssertTrue(result.output.contains("Seed       9"), result.output)
        XCTAssertFalse(File.exists(folder + "/ab"))
    }

    func testWhatMakesNoSenseIsAUsageError() async throws {
        let both = ["--before", "qemu-system-i386", "--after", "qemu-system-i386"]
        let cases: [([String], String)] = [
            (["-o", "x", "--before", "qemu-system-i386"], "--after"),
            (["-o", "x", "--before", "qemu $X", "--after", "qemu"], "--before"),
            (["-o", "x", "--max-pairs", "1"] + both, "--max-pairs"),
            (["-o", "x", "--alpha", "0"] + both, "--alpha"),
            (["-o", "x", "--boots", "5"] + both, "--max-pairs"),
            (["-o", "x", "--tolerance", "boot-time"] + both, "METRIC=PERCENT"),
            (["--resume", "-o", "x"] + both, "--resume"),
            (both, "-o DIR"),
        ]
        for (arguments, word) in cases {
            let result = try await bootmark(["ab"] + arguments)
            XCTAssertEqual(result.status, 64, "\(arguments): \(result.error)")
            XCTAssertTrue(result.error.contains(word), "\(arguments): \(result.error)")
        }
    }

    private func ab(_ options: [String], before: String = "", after: String = "") throws -> [String] {
        _ = try RequiredTool.qemu()
        let command = "qemu-system-i386 -m 32M -nodefaults -kernel '\(try Guests.tiny())'"
        return ["ab", "--until", "^tiny: booted$", "--timeout", "60", "-o", folder + "/ab"] + options + [
            "--before", before.isEmpty ? command : "\(command) -append '\(before)'",
            "--after", after.isEmpty ? command : "\(command) -append '\(after)'",
        ]
    }

    private func comparison() throws -> Comparison {
        try XCTUnwrap(try JSONReporter.comparisons(inFolder: folder + "/ab").first)
    }
}
