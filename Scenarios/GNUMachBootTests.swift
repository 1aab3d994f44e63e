import Bootmark

/// A microkernel from a CD, on the processors of its time: the closest to MINIX that a package gives.
final class GNUMachBootTests: BootTestCase {
    func testStaysWithinBudgetOnPentium2() async throws { try await assertNone(on: "pentium2") }
    func testStaysWithinBudgetOnPentium3() async throws { try await assertNone(on: "pentium3") }
    func testStaysWithinBudgetOnAthlon() async throws { try await assertNone(on: "athlon") }

    private func assertNone(on model: String) async throws {
        for scenario in Scenario.gnuMach.matrix(cpuModels: [model], cpus: [1, 2, 4]) {
            try await assertNoBootRegression(scenario)
        }
    }
}
