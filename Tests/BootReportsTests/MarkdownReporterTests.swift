import BootModel
import XCTest

@testable import BootReports

final class MarkdownReporterTests: XCTestCase {
    private func report(_ comparisons: [Comparison], beside neighbours: Set<String> = []) throws -> String {
        String(decoding: try MarkdownReporter().report(on: comparisons, beside: neighbours), as: UTF8.self)
    }

    func testARegressionShowsItsRowFunctionsNotesAndCommand() throws {
        let text = try report([Samples.regression])
        XCTAssertTrue(
            text.hasPrefix("# tiny (i386 pc, 1 CPU, 32 MiB): regression\n\nboot-time got worse by +12.0 %"))
        XCTAssertTrue(
            text.contains(
                "\n| <code>boot-time</code> | 1.23 s | 1.38 s | +12.0 % | +10.0 % to +14.0 % | at most +3.0 % | 5, 5 | "
                    + "**regression** |\n"), text)
        XCTAssertTrue(text.contains("<code>std&#58;&#58;map&lt;int, char\\*&gt;"), text)
        XCTAssertTrue(text.contains("| guest | 4.0 % | 19.0 % | 5.0 % | 20.0 % |"), text)
        XCTAssertTrue(text.contains("- perf counted software events only."))
        XCTAssertTrue(text.hasSuffix("'qemu-system-i386 -append '\\''a b'\\''' --after x\n```\n"), text)
    }

    func testNothingHostileIsMarkupLinkOrMention() throws {
        let text = try report([Samples.failedBoot, Samples.regression])
        let outsideBlocks = text.components(separatedBy: "\n").reduce(into: (lines: [String](), fence: "")) {
            state, line in
            let ticks = String(line.prefix { $0 == "`" })
            if state.fence.isEmpty, ticks.count >= 3 {
                state.fence = ticks
            } else if !state.fence.isEmpty, line == state.fence {
                state.fence = ""
            } else if state.fence.isEmpty {
                state.lines.append(line)
            }
        }
        XCTAssertEqual(outsideBlocks.fence, "", "a block is not closed")
        let rest = outsideBlocks.lines.joined(separator: "\n")
        for forbidden in [
            "<script", "<int", "</a>", "@team", "@everyone", "https://", "|`x`|", "]]>", "\u{1B}",
        ] {
            XCTAssertFalse(rest.contains(forbidden), "\(forbidden) in \(rest)")
        }
        // Every row of a table has as many bars as its header.
        var header: Int?
        for line in outsideBlocks.lines {
            guard line.hasPrefix("|") else {
                header = nil
                continue
            }
            let bars = line.replacing("\\|", by: "").filter { $0 == "|" }.count
            XCTAssertEqual(bars, header ?? bars, line)
            header = bars
        }
    }

    func testAConsoleWithFencesCannotLeaveItsBlock() {
        XCTAssertEqual(Markdown.block("a\n````\nb"), "`````text\na\n````\nb\n`````")
    }

    func testTextIsEscapedOnlyWhereItWouldAct() {
        XCTAssertEqual(Markdown.text("boot-time@kernel: +3.0 % (a)"), "boot-time@kernel: +3.0 % (a)")
        XCTAssertEqual(
            Markdown.text("@a (@b) see http://x www.y"), "@&#8203;a (@&#8203;b) see http&#58;//x www&#46;y")
    }

    func testAParagraphDoesNotBeginAList() {
        XCTAssertEqual(Markdown.paragraph("- a"), "\\- a")
        XCTAssertEqual(Markdown.paragraph("12. a"), "12\\. a")
        XCTAssertEqual(Markdown.paragraph("12 of 20 boots failed"), "12 of 20 boots failed")
        XCTAssertEqual(Markdown.paragraph(""), "")
    }

    func testAManyScenariosBeginWithAnOverview() throws {
        let text = try report([Samples.pass, Samples.regression, Samples.noBaseline])
        XCTAssertTrue(text.hasPrefix("# Boot performance: regression\n"))
        XCTAssertTrue(text.contains("| linux-cloud (x86\\_64 pc, 1 CPU, 256 MiB) | **incomparable** |"), text)
    }

    func testTheSummaryStaysBelowWhatGitHubShows() throws {
        var comparison = Samples.failedBoot
        comparison.failures = (1...50).map { boot in
            BootFailure(
                side: .after, boot: boot, outcome: BootOutcome(.hung),
                consoleTail: String(repeating: "console |<@` ", count: 2_000))
        }
        let text = try report(Array(repeating: comparison, count: 200))
        XCTAssertLessThan(text.utf8.count, 1_000_000)
        XCTAssertTrue(text.contains("more scenarios are in the other reports"))
    }

    func testDifferencesOfTheEnvironmentAreShown() throws {
        let text = try report([Samples.invalidEnvironment])
        XCTAssertTrue(text.contains("| qemu | 8.0.0 | 7.2.22 |"))
        XCTAssertTrue(text.contains("| digest-disk | bb | none |"))
    }

    func testPicturesAreNamedOnlyWhereTheyExist() throws {
        XCTAssertFalse(try report([Samples.regression]).contains(".svg"))
        XCTAssertTrue(try report([Samples.regression], beside: ["diff-host.svg"]).contains("diff-host.svg"))
    }
}
