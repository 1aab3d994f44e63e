import BootModel
import BootReports
import BootRunner
import BootStore
import BootTestSupport
import Foundation
import XCTest

@testable import Bootmark

/// A gate over boots that are made up: so long each, or failed.
struct StubbedGate {
    /// Settings with folders of the test's own.
    var settings: GateSettings
    /// What is booted; its file only has to be there.
    var scenario: Scenario

    /// A gate in an empty folder.
    init(in folder: String, environment: [String: String] = [:]) throws {
        _ = try RequiredTool.qemu()
        try File.write(Array("no kernel".utf8), to: folder + "/kernel")
        settings = try GateSettings(
            environment: environment.merging(
                ["BOOTMARK_BASELINES": folder + "/Baselines", "BOOTMARK_REPORTS": folder + "/Reports"]
            ) { named, _ in named })
        scenario = Scenario("made-up") {
            Machine(.i386, memory: .mebibytes(32))
            Kernel(.file(folder + "/kernel"))
            Booted(when: "booted", on: .serial)
            Budget(.bootTime, tolerance: .percent(3))
            Boots(8)
            Collect()
        }
    }

    /// Judges the scenario by boots of so many milliseconds each, a little apart.
    func judge(milliseconds: Double, failing: BootOutcome? = nil) async throws -> ScenarioGate.Outcome {
        let gate = ScenarioGate(settings: settings) { _ in
            StubExecutor(milliseconds: milliseconds, failing: failing)
        }
        return try await gate.judge(scenario, test: "Some.Tests/testThis")
    }

    /// What the test framework is told of it.
    func verdict(milliseconds: Double, failing: BootOutcome? = nil) async throws -> GateVerdict {
        GateVerdict(
            try await judge(milliseconds: milliseconds, failing: failing), of: scenario.name,
            settings: settings)
    }

    /// The comparison that the folder of the scenario holds.
    func comparison() throws -> Comparison {
        try XCTUnwrap(
            JSONReporter.comparisons(inFolder: "\(settings.reports)/\(scenario.name)").first)
    }

    /// Whether the scenario has a baseline, and how long its first timed boot took.
    func baseline() throws -> Double? {
        try BaselineStore(root: settings.baselines).load(scenario.name)?.run.samples(of: .bootTime).first
    }
}

/// Boots that take what they are told to.
private struct StubExecutor: BootExecutor {
    var milliseconds: Double
    var failing: BootOutcome?

    func boot(
        _ planned: Plan.PlannedBoot, of plan: Plan, folder: String, deadline: Nanoseconds?, stop: StopSignal
    ) async throws -> Boot {
        let outcome = (planned.index == 3 ? failing : nil) ?? BootOutcome(.booted)
        let time = milliseconds * 1e6 + Double(planned.index) * 1e3
        return Boot(
            index: planned.index, purpose: planned.purpose, startedAt: 1_772_348_709 + Double(planned.index),
            outcome: outcome, samples: outcome.isBooted ? [Metric.bootTime.id: time] : [:])
    }
}

extension GateVerdict {
    /// The message of a failure; nil for what is none.
    var failure: String? { if case .fails(let message) = self { message } else { nil } }
    /// The reason of a skip; nil for what is none.
    var skip: String? { if case .skips(let reason) = self { reason } else { nil } }
    /// What is said of a pass; nil for what is none.
    var pass: String? { if case .passes(let text) = self { text } else { nil } }
}
