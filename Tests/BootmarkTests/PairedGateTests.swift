import BootModel
import BootReports
import BootRunner
import BootTestSupport
import XCTest

@testable import Bootmark

/// A scenario against artifacts that are at hand, with real boots.
final class PairedGateTests: XCTestCase {
    private var folder = ""

    override func setUpWithError() throws {
        folder = try temporaryFolder()
        useOwnLease()
    }

    private func settings() throws -> GateSettings {
        try GateSettings(environment: [
            "BOOTMARK_BASELINES": folder + "/Baselines", "BOOTMARK_REPORTS": folder + "/Reports",
            "BOOTMARK_PAIRS": "8", "BOOTMARK_WARM_UP": "0",
        ])
    }

    private func tiny(_ knobs: String, against previous: String) throws -> Scenario {
        _ = try RequiredTool.qemu()
        let kernel = try Guests.tiny()
        return Scenario("tiny") {
            Machine(.i386, memory: .mebibytes(16))
            Kernel(.file(kernel), commandLine: knobs)
            Against { Kernel(.file(kernel), commandLine: previous) }
            Pairs(seed: 7)
            Booted(when: "(?m)^tiny: booted", on: .serial)
            Budget(.guestInstructions, tolerance: .percent(1))
            Collect(.guestInstructions)
            TimeLimit(boot: .seconds(60), silence: .seconds(30))
        }
    }

    func testASlowerKernelThanTheOneAtHandIsARegressionInEveryReport() async throws {
        let settings = try settings()
        let gate = ScenarioGate(settings: settings)
        let outcome = try await gate.judge(
            try tiny("slow=decompress:20", against: "slow=decompress:00"), test: "T/t")
        let message = try XCTUnwrap(GateVerdict(outcome, of: "tiny", settings: settings).failure)
        XCTAssertTrue(message.contains("guest-instructions got worse"), message)
        XCTAssertTrue(message.contains("Seed of the pairs' order: 7"), message)
        let reports = settings.reports + "/tiny"
        let comparison = try XCTUnwrap(JSONReporter.comparisons(inFolder: reports).first)
        XCTAssertEqual(comparison.verdict, .regression)
        XCTAssertEqual(comparison.results.first?.before.count, 8)
        XCTAssertTrue(File.text(reports + "/junit.xml").contains("type=\"regression\""))
        XCTAssertTrue(File.text(settings.reports + "/junit.xml").contains("type=\"regression\""))
        let pairs = try PairedFolder.resume(at: reports + "/pairs").load()
        XCTAssertEqual(pairs.plan.seed, 7)
        XCTAssertEqual(Set(pairs.plan.pairs.map(\.first)).count, 2)
        XCTAssertFalse(File.exists(settings.baselines))
    }

    func testTheSameKernelPassesAndAFailedReferenceFails() async throws {
        let settings = try settings()
        let gate = ScenarioGate(settings: settings)
        let same = try await gate.judge(try tiny("pad=1", against: "pad=0"), test: "T/t")
        XCTAssertNotNil(GateVerdict(same, of: "tiny", settings: settings).pass, "\(same)")

        let broken = try await gate.judge(try tiny("pad=1", against: "wrong=panic"), test: "T/t")
        let message = try XCTUnwrap(GateVerdict(broken, of: "tiny", settings: settings).failure)
        XCTAssertTrue(message.contains("boots before failed"), message)
    }

    func testAReferenceThatIsNotThereIsSaidBeforeAnyBoot() async throws {
        var scenario = try tiny("", against: "")
        scenario.reference?.medium = .kernel(
            .file(folder + "/gone", hint: "make it"), initialRAMDisk: nil, commandLine: "")
        let outcome = try await ScenarioGate(settings: try settings()).judge(scenario, test: "T/t")
        guard case .unavailable(let reason, isMissingPart: true) = outcome else {
            return XCTFail("\(outcome)")
        }
        XCTAssertTrue(reason.contains("gone does not exist: make it"), reason)
    }
}
