import BootModel
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
        let settings: GateSettings
        let outcome: ScenarioGate.Outcome
        do {
            settings = try GateSettings()
            outcome = try await ScenarioGate(settings: settings).judge(scenario, test: "\(test.id)")
        } catch {
            Issue.record("\(scenario.name): \(error)", sourceLocation: test.sourceLocation)
            return
        }
        switch GateVerdict(outcome, settings: settings) {
        case .skips(let reason):
            try Test.cancel("\(scenario.name): \(reason)", sourceLocation: test.sourceLocation)
        case .fails(let message):
            Issue.record("\(message)", sourceLocation: test.sourceLocation)
        case .passes: break
        }
        var comparison: Comparison?
        if case .judged(let judged, _) = outcome { comparison = judged }
        try await Comparison.$current.withValue(comparison) { try await function() }
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
