import BootModel
import Foundation
import Testing

/// A trait that boots a scenario and judges it before the test's own body runs.
///
/// ```swift
/// @Test(.boots(.linuxCloud)) func coldBootStaysWithinBudget() {}
/// ```
///
/// The body, which may be empty, finds what was measured in `Comparison.current`.
public struct BootTrait: TestTrait, TestScoping {
    /// What is booted.
    public let scenario: Scenario

    /// Boots the scenario; records an issue where it regressed, where a boot failed, and where the boots
    /// cannot tell; cancels the test where the scenario cannot be booted here.
    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let (verdict, outcome) = await GateVerdict.reached(by: scenario, test: Self.filter(test.id))
        var comparison: Comparison?
        if case .judged(let judged, _, let reports) = outcome {
            comparison = judged
            attach(from: reports, sourceLocation: test.sourceLocation)
        }
        switch verdict {
        case .skips(let reason):
            try Test.cancel("\(reason)", sourceLocation: test.sourceLocation)
        case .fails(let message):
            Issue.record("\(message)", sourceLocation: test.sourceLocation)
        case .passes: break
        }
        try await Comparison.$current.withValue(comparison) { try await function() }
    }

    /// Adds the reports to the test's own record, which is kept where `--attachments-path` says so.
    private func attach(from folder: String, sourceLocation: SourceLocation) {
        for name in ["summary.md", "junit.xml"] {
            guard let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)") else { continue }
            Attachment.record(
                [UInt8](bytes), named: "\(scenario.name)-\(name)", sourceLocation: sourceLocation)
        }
    }

    /// The test as `swift test --filter` takes it: its identifier without parameters, whose brackets would
    /// be a group there, and without the place in its file, which changes.
    static func filter(_ identifier: Test.ID) -> String {
        String("\(identifier)".prefix { $0 != "(" })
    }
}

extension Comparison {
    /// Inside a test with the trait `.boots`: the comparison that was made; nil where the run was recorded.
    @TaskLocal public static var current: Comparison?
}

extension Trait where Self == BootTrait {
    /// Boots a scenario and judges it against its baseline.
    public static func boots(_ scenario: Scenario) -> BootTrait { BootTrait(scenario: scenario) }
}
