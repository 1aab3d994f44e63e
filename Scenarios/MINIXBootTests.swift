import Bootmark

/// MINIX 3 from the user's own CD image: MINIX_ISO=/path/to/minix.iso swift test --filter '^Scenarios\.MINIX'
final class MINIXBootTests: BootTestCase {
    func testStaysWithinBudgetOnOldProcessors() async throws {
        for scenario in Scenario.minixOnOldProcessors { try await assertNoBootRegression(scenario) }
    }

    func testStaysWithinBudgetOnManyProcessors() async throws {
        for scenario in Scenario.minixOnManyProcessors { try await assertNoBootRegression(scenario) }
    }
}
