import BootModel
import XCTest

final class ScenarioProblemsTests: XCTestCase {
    private let good = Scenario(
        name: "s", machine: Machine(architecture: .i386), medium: .cdrom(Artifact(path: "a.iso", hint: "")),
        script: BootScript(
            phases: [.init(name: "kernel", pattern: "k")],
            end: .reached(.init(name: BootScript.booted, pattern: "b"))))

    func testAGoodScenarioHasNoProblems() throws {
        XCTAssertEqual(good.problems, [])
        try good.check()
    }

    func testEachMistakeIsOneProblemThatNamesIt() {
        let mistakes: [(word: String, change: (inout Scenario) -> Void)] = [
            ("two dots", { $0.name = "a..b" }),
            ("0 CPUs", { $0.machine.cpus = 0 }),
            ("-3 CPUs", { $0.machine.cpus = -3 }),
            ("0 MiB", { $0.machine.memory = .mebibytes(0) }),
            ("CPU model", { $0.machine.cpuModel = "pentium 3" }),
            ("machine type", { $0.machine.type = "" }),
            ("nothing to boot", { $0.medium = .disk(Artifact(path: "", hint: "")) }),
            ("NUL", { $0.extraArguments = ["a\0b"] }),
            ("NUL", { $0.medium = .cdrom(Artifact(path: "a\0", hint: "")) }),
            ("two phases", { $0.script.phases.append($0.script.phases[0]) }),
            ("every boot has", { $0.script.phases[0].name = "booted" }),
            ("every boot has", { $0.script.phases[0].name = "power-on" }),
            ("no name for a phase", { $0.script.phases[0].name = "a@b" }),
            ("no name for a phase", { $0.script.phases[0].name = "" }),
            ("is empty", { $0.script.phases[0].pattern = "" }),
            ("\"booted\" is empty", { $0.script.end = .reached(.init(name: "booted", pattern: "")) }),
            ("Panics is empty", { $0.script.panics.append("") }),
            ("tolerance -0.01", { $0.budgets = [Budget(metric: .bootTime, tolerance: -0.01)] }),
            ("tolerance nan", { $0.budgets = [Budget(metric: .bootTime, tolerance: .nan)] }),
            (
                "phase that the scenario",
                { $0.budgets = [Budget(metric: .bootTime.of(phase: "x"), tolerance: 0)] }
            ),
            (
                "two budgets",
                { $0.budgets = Array(repeating: Budget(metric: .bootTime, tolerance: 0), count: 2) }
            ),
            ("0 timed", { $0.boots = 0 }),
            ("-1 recorded", { $0.recordedBoots = -1 }),
            ("limit for boot", { $0.limits.boot = .zero }),
            ("limit for run", { $0.limits.run = .seconds(-1) }),
            ("limit for silence", { $0.limits.silence = .zero }),
            ("by hand", { $0.declarationProblems = ["by hand"] }),
        ]
        for (word, change) in mistakes {
            var scenario = good
            change(&scenario)
            XCTAssertEqual(scenario.problems.count, 1, "\(scenario.problems)")
            XCTAssertTrue(scenario.problems.first?.contains(word) ?? false, "\(word): \(scenario.problems)")
            XCTAssertThrowsError(try scenario.check())
        }
    }

    func testABudgetForTheTimeBeforeTheFirstPhaseIsFine() {
        var scenario = good
        scenario.budgets = [Budget(metric: .bootTime.of(phase: BootScript.powerOn), tolerance: 0.1)]
        XCTAssertEqual(scenario.problems, [])
    }
}
