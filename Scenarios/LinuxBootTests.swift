import Bootmark

final class LinuxBootTests: BootTestCase {
    func testCloudKernelStaysWithinBudget() async throws {
        try await assertNoBootRegression(.linuxCloud)
    }

    func testCDStaysWithinBudget() async throws {
        try await assertNoBootRegression(.linuxCD)
    }

    func test686KernelStaysWithinBudgetOnOldProcessors() async throws {
        for scenario in Scenario.linux686OnOldProcessors { try await assertNoBootRegression(scenario) }
    }
}
