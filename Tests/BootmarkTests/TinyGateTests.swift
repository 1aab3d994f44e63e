import BootModel
import BootReports
import BootTestSupport
import LibXML
import XCTest

@testable import Bootmark

/// The gate from end to end: real boots of a real, if small, kernel.
final class TinyGateTests: XCTestCase {
    private var folder = ""

    override func setUpWithError() throws {
        folder = try temporaryFolder()
        useOwnLease()
    }

    func testASlowedPhaseIsARegressionInMessageAndJUnitAndJSONAlike() async throws {
        let settings = try self.settings()
        let gate = ScenarioGate(settings: settings)
        let before = try await gate.judge(try tiny("slow=decompress:0"), test: "T/t")
        guard case .recorded = before else { return XCTFail("no baseline was recorded: \(before)") }

        let same = GateVerdict(
            try await gate.judge(try tiny("slow=decompress:0"), test: "T/t"), of: "tiny", settings: settings)
        XCTAssertNotNil(same.pass, "\(same)")

        let outcome = try await gate.judge(try tiny("slow=decompress:20"), test: "T/t")
        let message = try XCTUnwrap(GateVerdict(outcome, of: "tiny", settings: settings).failure)
        XCTAssertTrue(message.contains("guest-instructions got worse"), message)

        let comparison = try XCTUnwrap(JSONReporter.comparisons(inFolder: "\(settings.reports)/tiny").first)
        XCTAssertEqual(comparison.verdict, .regression)
        let gated = comparison.results.filter { $0.role == .gates }
        XCTAssertEqual(gated.map(\.metric.id), ["guest-instructions"])
        XCTAssertTrue(message.contains(gated[0].reason), message)

        for path in ["\(settings.reports)/tiny/junit.xml", "\(settings.reports)/junit.xml"] {
            let suite = try XCTUnwrap(XMLReader().read(try File.bytes(path)).children.first)
            XCTAssertEqual(suite["failures"], "1", path)
            let failed = suite.children(named: "testcase").filter { !$0.children(named: "failure").isEmpty }
            XCTAssertEqual(failed.map { $0["name"] }, ["guest-instructions"], path)
        }
    }

    func testAGuestThatHangsIsAFailedBootWithWhatWasLastSeen() async throws {
        let settings = try self.settings()
        var scenario = try tiny("wrong=hang at=tables")
        scenario.limits = Limits(boot: .seconds(60), silence: .seconds(4))
        let outcome = try await ScenarioGate(settings: settings).judge(scenario, test: "T/t")
        let message = try XCTUnwrap(GateVerdict(outcome, of: "tiny", settings: settings).failure)
        XCTAssertTrue(message.contains("hung"), message)
        XCTAssertTrue(message.contains("tiny: tables"), message)
        XCTAssertFalse(File.exists(settings.baselines + "/tiny"))
    }

    private func settings() throws -> GateSettings {
        try GateSettings(environment: [
            "BOOTMARK_BASELINES": folder + "/Baselines", "BOOTMARK_REPORTS": folder + "/Reports",
            // The fewest whose p-value (1 in 252) can fall below one in a hundred.
            "BOOTMARK_BOOTS": "5",
        ])
    }

    private func tiny(_ knobs: String) throws -> Scenario {
        _ = try RequiredTool.qemu()
        let kernel = try Guests.tiny()
        return Scenario("tiny") {
            Machine(.i386, memory: .mebibytes(32))
            Kernel(.file(kernel), commandLine: knobs)
            Booted(when: "(?m)^tiny: booted", on: .serial)
            Collect(.guestInstructions)
            TimeLimit(boot: .seconds(60), silence: .seconds(30))
        }
    }
}
