import BootModel
import BootRunner
import BootTestSupport
import LibXML
import XCTest

@testable import Bootmark

final class ScenarioGateTests: XCTestCase {
    private var folder = ""

    override func setUpWithError() throws {
        folder = try temporaryFolder()
        useOwnLease()
    }

    func testTheFirstRunBecomesTheBaselineAndFailsAndTheSecondPasses() async throws {
        let gate = try StubbedGate(in: folder)
        let first = try await gate.verdict(milliseconds: 100)
        let message = try XCTUnwrap(first.failure)
        XCTAssertTrue(message.hasPrefix("made-up: There was no baseline"), message)
        XCTAssertTrue(message.contains("Run again"), message)
        XCTAssertNotNil(try gate.baseline())
        let second = try await gate.verdict(milliseconds: 100)
        XCTAssertTrue(try XCTUnwrap(second.pass).contains("pass"), "\(second)")
    }

    func testARegressionFailsWithMetricNumbersIntervalBootsAndReports() async throws {
        let gate = try StubbedGate(in: folder)
        _ = try await gate.judge(milliseconds: 100)
        let verdict = try await gate.verdict(milliseconds: 120)
        let message = try XCTUnwrap(verdict.failure, "\(verdict)")
        for part in [
            "made-up (", "regression", "boot-time", "3.0 %", "100 ms", "120 ms", "+20.0 %", "8",
            "\(gate.settings.reports)/made-up/summary.md",
        ] { XCTAssertTrue(message.contains(part), "\(part) is not in: \(message)") }
        XCTAssertEqual(try gate.comparison().verdict, .regression)
        let junit = try self.junit("\(gate.settings.reports)/made-up")
        XCTAssertEqual(junit.failures, 1)
        XCTAssertEqual(junit.errors, 0)
        XCTAssertLessThan(try XCTUnwrap(gate.baseline()), 101e6, "a regression must not be recorded")
    }

    func testAnImprovementPasses() async throws {
        let gate = try StubbedGate(in: folder)
        _ = try await gate.judge(milliseconds: 100)
        let better = try await gate.verdict(milliseconds: 80)
        XCTAssertTrue(try XCTUnwrap(better.pass).contains("improvement"), "\(better)")
        XCTAssertEqual(try junit("\(gate.settings.reports)/made-up").failures, 0)
    }

    func testBootsThatCannotTellFail() async throws {
        var gate = try StubbedGate(in: folder)
        gate.settings.boots = 2
        _ = try await gate.judge(milliseconds: 100)
        let verdict = try await gate.verdict(milliseconds: 102.9)
        let message = try XCTUnwrap(verdict.failure, "\(verdict)")
        XCTAssertTrue(message.contains("inconclusive"), message)
        let junit = try self.junit("\(gate.settings.reports)/made-up")
        XCTAssertEqual(junit.failures + junit.errors, 0)
        XCTAssertGreaterThan(junit.skipped, 0)
    }

    func testABootThatFailsIsNamedAndItsRunIsNeverRecorded() async throws {
        let gate = try StubbedGate(in: folder, environment: ["BOOTMARK_RECORD": "all"])
        let hostile = BootOutcome(.panicked, detail: "Kernel \u{1B}[31mpanic\u{0}")
        let verdict = try await gate.verdict(milliseconds: 100, failing: hostile)
        let message = try XCTUnwrap(verdict.failure, "\(verdict)")
        XCTAssertTrue(message.contains("boot 3 (after): panicked"), message)
        XCTAssertFalse(message.unicodeScalars.contains("\u{1B}"), message)
        XCTAssertNil(try gate.baseline())
        XCTAssertEqual(try junit("\(gate.settings.reports)/made-up").errors, 1)
    }

    func testABuildServerWithoutBaselineFailsAndSaysHowToMakeOne() async throws {
        let gate = try StubbedGate(in: folder, environment: ["CI": "true"])
        let verdict = try await gate.verdict(milliseconds: 100)
        let message = try XCTUnwrap(verdict.failure, "\(verdict)")
        XCTAssertTrue(message.contains("BOOTMARK_RECORD=missing"), message)
        XCTAssertTrue(message.contains("bootmark accept"), message)
        XCTAssertNil(try gate.baseline())
        XCTAssertGreaterThan(try junit("\(gate.settings.reports)/made-up").skipped, 0)
    }

    func testRecordingThatWasAskedForPassesAndIsSaid() async throws {
        let gate = try StubbedGate(in: folder, environment: ["BOOTMARK_RECORD": "all"])
        let first = try await gate.verdict(milliseconds: 100)
        XCTAssertTrue(try XCTUnwrap(first.pass).contains("recorded"), "\(first)")
        let slower = try await gate.verdict(milliseconds: 120)
        XCTAssertTrue(
            try XCTUnwrap(slower.failure).contains("replaces the baseline"),
            "a regression fails although it is recorded: \(slower)")
        XCTAssertGreaterThan(try XCTUnwrap(gate.baseline()), 119e6)
    }

    func testThePolicyFailedRecordsARegressionAndNoPass() async throws {
        let gate = try StubbedGate(in: folder, environment: ["BOOTMARK_RECORD": "failed"])
        _ = try await gate.judge(milliseconds: 100)
        _ = try await gate.judge(milliseconds: 100.5)
        XCTAssertLessThan(try XCTUnwrap(gate.baseline()), 100.4e6)
        let slower = try await gate.verdict(milliseconds: 120)
        XCTAssertNotNil(slower.failure, "\(slower)")
        XCTAssertGreaterThan(try XCTUnwrap(gate.baseline()), 119e6)
    }

    func testAGuestThatIsMissingIsSkippedInOneLineAndFailsOnABuildServer() async throws {
        for (environment, isFailure) in [([:], false), (["CI": "true"], true)] {
            var gate = try StubbedGate(in: folder, environment: environment)
            gate.scenario.medium = .cdrom(Artifact(path: folder + "/none.iso", hint: "make guests"))
            let verdict = try await gate.verdict(milliseconds: 100)
            let reason = try XCTUnwrap(isFailure ? verdict.failure : verdict.skip, "\(verdict)")
            XCTAssertTrue(reason.contains("make guests"), reason)
            XCTAssertFalse(reason.contains("\n"), reason)
        }
    }

    func testAVariableThatIsNotSetIsSkippedOnABuildServerTooAndOneThatNamesNothingFails() async throws {
        var gate = try StubbedGate(in: folder, environment: ["CI": "true"])
        gate.scenario.medium = .cdrom(.environment("SOME_ISO", hint: "SOME_ISO=… swift test", in: [:]))
        let verdict = try await gate.verdict(milliseconds: 100)
        XCTAssertEqual(verdict.skip, "made-up: SOME_ISO is not set: SOME_ISO=… swift test")
        gate.scenario.medium = .cdrom(
            .environment("SOME_ISO", hint: "h", in: ["SOME_ISO": folder + "/none.iso"]))
        let named = try await gate.verdict(milliseconds: 100)
        XCTAssertTrue(try XCTUnwrap(named.failure).contains("does not exist"), "\(named)")
    }

    func testAScenarioThatIsWrongIsOneErrorWithWhatIsWrong() async throws {
        var gate = try StubbedGate(in: folder)
        gate.scenario.machine.cpus = 0
        do {
            _ = try await gate.judge(milliseconds: 100)
            XCTFail("a machine without CPUs was booted")
        } catch {
            XCTAssertTrue("\(error)".contains("0 CPUs"), "\(error)")
            XCTAssertFalse("\(error)".contains("\n"))
        }
    }

    func testTwoTestsOfOneScenarioTakeTurnsAtItsFolder() async throws {
        let gate = try StubbedGate(in: folder)
        _ = try await gate.judge(milliseconds: 100)
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<4 { group.addTask { try await gate.verdict(milliseconds: 100).pass } }
            for try await pass in group { XCTAssertNotNil(pass) }
        }
    }

    /// The counts of a folder's JUnit file.
    private func junit(_ folder: String) throws -> (failures: Int, errors: Int, skipped: Int) {
        let root = try XMLReader().read(try File.bytes(folder + "/junit.xml"))
        let suite = try XCTUnwrap(root.children.first)
        func count(_ name: String) -> Int { suite[name].flatMap { Int($0) } ?? -1 }
        return (count("failures"), count("errors"), count("skipped"))
    }
}
