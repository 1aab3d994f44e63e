import BootModel
import BootReports
import BootStore
import BootTestSupport
import LibXML
import XCTest

/// The command's verdicts on stored runs, which nothing has to boot for.
final class VerdictTests: CommandTestCase {
    /// A verdict, with what the run after is that gets it.
    private struct Row {
        var verdict: Verdict
        /// What Markdown and the terminal call it.
        var words: String
        var exitCode: Int32
        var failures = 0
        var errors = 0
        /// Whether cases of the JUnit reports are skipped.
        var skips = false
        var after: Run
    }

    private static let values = (0..<10).map { 3e9 * (1 + 0.002 * Double($0 * 7 % 10)) }

    /// A run whose timed boots took so long, in nanoseconds.
    private static func run(
        _ values: [Double] = values, scenario: String = "tiny", failing: Bool = false, others: Double = 0.02
    ) -> Run {
        var boots = values.enumerated().map { place, value in
            var boot = Boot(
                index: place + 1, purpose: .timed, startedAt: 1_700_000_000, outcome: .init(.booted),
                milestones: [MilestoneReached(name: "booted", elapsed: .seconds(3))])
            boot.samples[Metric.bootTime.id] = value
            boot.conditions = Conditions(others: others)
            return boot
        }
        if failing {
            boots.append(
                Boot(
                    index: boots.count + 1, purpose: .timed, startedAt: 1_700_000_100,
                    outcome: .init(.panicked, detail: "Kernel panic")))
        }
        let plan = Plan(
            command: ["qemu-system-i386"], script: BootScript(end: .poweredOff),
            boots: boots.map { .init(index: $0.index, purpose: $0.purpose) }, collectors: [],
            machine: "i386 pc", budgets: [Budget(metric: .bootTime, tolerance: 0.03)])
        let host = Fingerprint.Host(
            processor: "Some CPU", processors: 2, kernel: "6.1.0", governor: "none", hypervisor: "kvm")
        return Run(
            scenario: scenario, plan: plan,
            fingerprint: Fingerprint(
                host: host, qemu: "7.2.22", accelerator: "tcg", perf: "6.1", digests: ["kernel": "aa"]),
            metrics: [.bootTime], boots: boots)
    }

    private let rows = [
        Row(verdict: .pass, words: "pass", exitCode: 0, after: run(values.reversed())),
        Row(verdict: .improvement, words: "improvement", exitCode: 0, after: run(values.map { $0 * 0.8 })),
        Row(
            verdict: .regression, words: "regression", exitCode: 1, failures: 1,
            after: run(values.map { $0 * 1.2 })),
        Row(
            verdict: .inconclusive, words: "inconclusive", exitCode: 2, skips: true,
            after: run(Array(values.prefix(2)))),
        Row(verdict: .failed, words: "boot failed", exitCode: 3, errors: 1, after: run(failing: true)),
        Row(
            verdict: .incomparable, words: "incomparable", exitCode: 4, skips: true,
            after: run(scenario: "other")),
        Row(
            verdict: .invalidEnvironment, words: "invalid environment", exitCode: 4, skips: true,
            after: run(values.map { $0 * 1.2 }, others: 0.9)),
    ]

    private func save(_ run: Run, as name: String) throws -> String {
        let path = "\(folder)/\(name)"
        try RunFolder.create(at: path).save(run)
        return path
    }

    func testEveryVerdictIsTheSameInTheExitCodeAndInEveryReport() async throws {
        XCTAssertEqual(Set(rows.map(\.verdict)), Set(Verdict.allCases), "a row for each")
        let before = try save(Self.run(), as: "before")
        for row in rows {
            let name = row.verdict.rawValue
            let after = try save(row.after, as: name)
            let report = "\(folder)/\(name)-report"
            let result = try await bootmark(["compare", before, after, "-o", report])
            XCTAssertEqual(result.status, row.exitCode, "\(name): \(result.output)\(result.error)")

            let comparison = try XCTUnwrap(JSONReporter.comparisons(inFolder: report).first)
            XCTAssertEqual(comparison.verdict, row.verdict, name)
            XCTAssertEqual(comparison.verdict.exitCode, row.exitCode, name)

            let terminal = result.output.split(separator: "\n").first.map(String.init) ?? ""
            XCTAssertTrue(terminal.hasSuffix(": \(row.words.uppercased())"), terminal)
            let summary = File.text("\(report)/summary.md")
            let heading = summary.split(separator: "\n").first.map(String.init) ?? ""
            XCTAssertTrue(heading.hasSuffix(": \(row.words)"), heading)

            for file in ["junit.xml", "junit-ant.xml", "junit-suite.xml"] {
                let root = try XMLReader().read(Array(File.text("\(report)/\(file)").utf8))
                let suite = try XCTUnwrap(root.name == "testsuite" ? root : root.children.first)
                let cases = suite.children(named: "testcase")
                func count(_ outcome: String) -> Int {
                    cases.filter { !$0.children(named: outcome).isEmpty }.count
                }
                let place = "\(name), \(file)"
                XCTAssertEqual(count("failure"), row.failures, place)
                XCTAssertEqual(count("error"), row.errors, place)
                // What the suite says of itself is what stands in it.
                XCTAssertEqual(suite["failures"].flatMap(Int.init), row.failures, place)
                XCTAssertEqual(suite["errors"].flatMap(Int.init), row.errors, place)
                if let skipped = suite["skipped"].flatMap(Int.init) {
                    XCTAssertEqual(skipped > 0, row.skips, place)
                    XCTAssertEqual(count("skipped"), skipped, place)
                }
                if file == "junit.xml" { XCTAssertEqual(count("skipped") > 0, row.skips, place) }
            }
        }
    }

    func testRunsOfDifferentScenariosCompareOnlyOnPurpose() async throws {
        let before = try save(Self.run(), as: "before")
        let after = try save(Self.run(scenario: "other"), as: "after")
        let refused = try await bootmark(["compare", before, after])
        XCTAssertEqual(refused.status, 4, refused.output + refused.error)
        let words = refused.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        XCTAssertTrue(words.contains("the scenario differs (tiny before, other after)"), words)
        XCTAssertTrue(words.contains("bootmark compare --across-scenarios"), words)
        let meant = try await bootmark(["compare", before, after, "--across-scenarios", "--json"])
        XCTAssertEqual(meant.status, 0, meant.output + meant.error)
        let comparison = try XCTUnwrap(JSONReporter.comparisons(in: Array(meant.output.utf8)).first)
        XCTAssertTrue(comparison.reproduction.contains("--across-scenarios"), "\(comparison.reproduction)")
        XCTAssertTrue(comparison.notes.contains { $0.contains("different names") }, "\(comparison.notes)")
    }
}
