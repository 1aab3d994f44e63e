import BootModel
import LibXML
import XCTest

@testable import BootReports

final class JUnitReporterTests: XCTestCase {
    private func tree(_ comparisons: [Comparison], _ dialect: JUnitReporter.Dialect = .rich) throws -> XMLTree
    {
        try XMLReader().read(JUnitReporter(dialect: dialect).report(on: comparisons))
    }

    private func testCase(_ name: String, in comparison: Comparison) throws -> XMLTree {
        let suite = try XCTUnwrap(tree([comparison]).children.first)
        return try XCTUnwrap(suite.children(named: "testcase").first { $0["name"] == name })
    }

    private func broken(_ comparisons: [Comparison], _ dialect: JUnitReporter.Dialect) throws -> [String] {
        let root = try tree(comparisons, dialect)
        var rules = JUnitRules()
        rules.checkCommon(root)
        switch dialect {
        case .ant: rules.checkAnt(root)
        case .suite: rules.checkSuite(root)
        case .rich: rules.checkRich(root)
        }
        return rules.broken
    }

    func testEveryDialectKeepsTheRulesOfItsSchemas() throws {
        for dialect in JUnitReporter.Dialect.allCases {
            for (name, comparison) in Samples.all {
                XCTAssertEqual(try broken([comparison], dialect), [], "\(name), \(dialect)")
            }
            XCTAssertEqual(try broken(Samples.all.map(\.value), dialect), [], "all in one, \(dialect)")
            XCTAssertEqual(
                try broken([], dialect).filter { !$0.contains("properties") }, [], "none, \(dialect)")
        }
    }

    func testTheRulesTellTheDialectsApart() throws {
        var rules = JUnitRules()
        rules.checkAnt(try tree([Samples.pass], .rich))
        XCTAssertFalse(rules.broken.isEmpty)
        rules = JUnitRules()
        rules.checkSuite(try tree([Samples.pass], .ant))
        XCTAssertFalse(rules.broken.isEmpty)
        rules = JUnitRules()
        rules.checkRich(try tree([Samples.pass], .suite))
        XCTAssertFalse(rules.broken.isEmpty)
    }

    func testOutcomesAgreeWithTheExitCode() throws {
        for (name, comparison) in Samples.all {
            let root = try tree([comparison])
            let failures = try XCTUnwrap(root["failures"].flatMap(Int.init))
            let errors = try XCTUnwrap(root["errors"].flatMap(Int.init))
            let skips = root.children.flatMap(\.children).flatMap { $0.children(named: "skipped") }.count
            switch comparison.verdict.exitCode {
            case 0: XCTAssertEqual([failures, errors], [0, 0], name)
            case 1: XCTAssertTrue(failures > 0 && errors == 0, name)
            case 3: XCTAssertTrue(errors > 0, name)
            default: XCTAssertTrue(failures == 0 && errors == 0 && skips > 0, name)
            }
        }
    }

    func testAVerdictThatNoMetricAccountsForIsNeverLost() throws {
        for verdict in Verdict.allCases {
            var comparison = Samples.pass
            comparison.verdict = verdict
            comparison.results = []
            let counts = JUnitSuite(comparison).counts
            XCTAssertEqual(counts.failures, verdict == .regression ? 1 : 0, "\(verdict)")
            XCTAssertEqual(counts.errors, verdict == .failed ? 1 : 0, "\(verdict)")
            let skips: Set<Verdict> = [.inconclusive, .incomparable, .invalidEnvironment]
            XCTAssertEqual(counts.skipped, skips.contains(verdict) ? 1 : 0, "\(verdict)")
        }
    }

    func testARegressionSaysNumberRangeIntervalCountCommandAndFunctionInMessageAndBody() throws {
        let failure = try XCTUnwrap(
            testCase("boot-time", in: Samples.regression).children(named: "failure").first)
        XCTAssertEqual(failure["type"], "regression")
        for text in [try XCTUnwrap(failure["message"]), failure.text] {
            for part in [
                "+12.0 %", "at most +3.0 %", "at most 1.27 s", "98.0 % interval +10.0 % to +14.0 %",
                "1.23 s before", "1.38 s after", "n = 5 before, 5 after",
                "bootmark ab -o 'it'\\''s here' --before 'qemu-system-i386 -append '\\''a b'\\'''",
            ] {
                XCTAssertTrue(text.contains(part), "\(part) is missing in: \(text)")
            }
        }
        XCTAssertTrue(
            failure.text.contains("std::map<int, char*>::operator[]|`x`@team#x00</a>&"), failure.text)
    }

    func testAMetricThatOnlyInformsNeverFails() throws {
        let memory = try testCase("peak-memory", in: Samples.regression)
        XCTAssertEqual(memory.children.map(\.name), ["system-out"])
        XCTAssertTrue(memory.children[0].text.hasPrefix("warning: "))
    }

    func testAFailedBootIsAnErrorWithItsOutcomeAndCleanedConsole() throws {
        let boots = try testCase("boots", in: Samples.failedBoot)
        let error = try XCTUnwrap(boots.children(named: "error").first)
        XCTAssertEqual(error["type"], "panicked")
        XCTAssertTrue(
            try XCTUnwrap(error["message"]).contains("boot 3 of the run after: panicked: Kernel panic"))
        XCTAssertTrue(error.text.contains("]]> <script>alert(1)</script> & \"'"))
        XCTAssertTrue(error.text.contains("boot 4 of the run after: hung"))
        XCTAssertFalse(error.text.unicodeScalars.contains("\u{1B}"))
    }

    func testNoBaselineIsASkipWithItsReason() throws {
        let skipped = try XCTUnwrap(
            testCase("comparison", in: Samples.noBaseline).children(named: "skipped").first)
        XCTAssertTrue(skipped.text.contains("bootmark accept Runs/linux-cloud"))
        XCTAssertEqual(skipped["message"], skipped.text)
    }

    func testARegressionInADisturbedEnvironmentIsASkip() throws {
        let time = try testCase("boot-time", in: Samples.invalidEnvironment)
        XCTAssertEqual(time.children.first?.name, "skipped")
        XCTAssertTrue(time.children[0].text.contains("The machine was throttled."))
    }

    func testOnlyBootmarkCanOrderAnAttachment() throws {
        for dialect in JUnitReporter.Dialect.allCases {
            let bytes = try JUnitReporter(dialect: dialect).report(on: [
                Samples.failedBoot, Samples.regression,
            ])
            let orders = String(decoding: bytes, as: UTF8.self).components(separatedBy: "[[ATTACHMENT|")
                .dropFirst()
            XCTAssertEqual(
                orders.map { $0.prefix { $0 != "<" } },
                dialect == .rich ? ["Runs/tiny/boots/003/console.log]]"] : [], "\(dialect)")
        }
    }

    func testAnAttachmentOrderHiddenByACombiningAccentIsDisarmedToo() throws {
        var comparison = Samples.pass
        comparison.reason = "[[ATTACHMENT|\u{301}/etc/passwd]]"
        let bytes = try JUnitReporter(dialect: .rich).report(on: [comparison])
        XCTAssertNil(Data(bytes).range(of: Data("[[ATTACHMENT|".utf8)))
    }

    func testTimesAreSecondsOrNothing() throws {
        XCTAssertEqual(try testCase("boot-time", in: Samples.pass)["time"], "1.230")
        XCTAssertEqual(try testCase("guest-instructions", in: Samples.pass)["time"], "0.000")
        var comparison = Samples.pass
        for strange in [-1e9, .nan, .infinity, 1e300, -.infinity] {
            comparison.results[0].after = [strange]
            comparison.after.startedAt = strange
            comparison.after.duration = Nanoseconds(.min)
            for dialect in JUnitReporter.Dialect.allCases {
                XCTAssertEqual(try broken([comparison], dialect), [], "\(strange), \(dialect)")
            }
        }
    }

    func testCasesOfOneNameAreToldApart() throws {
        var comparison = Samples.pass
        let strange = Metric(name: "boots", unit: .count)
        comparison.results = [
            Samples.result(), Samples.result(), Samples.result(strange),
            Samples.result(Metric(name: "boot-time (2)", unit: .count)),
            Samples.result(Metric(name: "", unit: .count)),
        ]
        XCTAssertEqual(
            JUnitSuite(comparison).cases.map(\.name),
            [
                "boots", "comparison", "boot-time", "boot-time (2)", "boots (2)", "boot-time (2) (2)",
                "unnamed",
            ])
    }

    func testAScenarioThatWasRunTwiceHasTwoSuites() throws {
        let root = try tree([Samples.pass, Samples.regression, Samples.pass])
        XCTAssertEqual(
            root.children.map { $0["name"] },
            [
                "tiny (i386 pc, 1 CPU, 32 MiB)", "tiny (i386 pc, 1 CPU, 32 MiB) (2)",
                "tiny (i386 pc, 1 CPU, 32 MiB) (3)",
            ])
        XCTAssertEqual(
            root.children.map { $0.children(named: "testcase")[0]["classname"] },
            ["tiny", "tiny (2)", "tiny (3)"])
    }

    func testTheSameComparisonGivesTheSameBytes() throws {
        for dialect in JUnitReporter.Dialect.allCases {
            let reporter = JUnitReporter(dialect: dialect)
            let copy = try JSONDecoder().decode(
                Comparison.self, from: JSONEncoder().encode(Samples.failedBoot))
            XCTAssertEqual(try reporter.report(on: [Samples.failedBoot]), try reporter.report(on: [copy]))
        }
    }

    func testConsolesOfManyFailedBootsStaySmall() throws {
        var comparison = Samples.failedBoot
        let console = String(repeating: "console ", count: 10_000)
        comparison.failures = (1...300).map {
            BootFailure(
                side: .after, boot: $0,
                outcome: BootOutcome(.hung, detail: String(repeating: "x", count: 5000)),
                consoleTail: console, console: "boots/\($0)/console.log")
        }
        for dialect in JUnitReporter.Dialect.allCases {
            let bytes = try JUnitReporter(dialect: dialect).report(on: [comparison])
            XCTAssertLessThan(bytes.count, 1 << 20, "\(dialect)")
        }
    }

    func testRandomConsolesAlwaysReadBack() throws {
        var random = RepeatableRandom(state: 7)
        for _ in 0..<12 {
            var comparison = Samples.failedBoot
            let hostile = String(decoding: random.consoleBytes(400), as: UTF8.self)
            comparison.scenario = hostile
            comparison.reason = hostile
            comparison.failures[0].consoleTail = hostile
            comparison.failures[0].outcome.detail = hostile
            comparison.failures[0].console = hostile
            comparison.results[0].metric.name = hostile
            comparison.reproduction = [hostile]
            comparison.after.fingerprint.digests = [hostile: hostile, hostile + "\n": "", "": ""]
            for dialect in JUnitReporter.Dialect.allCases {
                XCTAssertEqual(
                    try broken([comparison], dialect), [], "\(dialect): \(hostile.debugDescription)")
            }
        }
    }
}
