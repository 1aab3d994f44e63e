import Bootmark
import XCTest

final class ScenarioBuilderTests: XCTestCase {
    private let kernel = Artifact.file("vmlinuz")

    func testADeclarationSaysEverythingAboutABoot() {
        let scenario = Scenario("linux-cloud") {
            Machine(.x86_64, memory: .mebibytes(512))
            Kernel(kernel, initialRAMDisk: .file("initrd"), commandLine: "console=ttyS0")
            Phase("kernel", begins: "Linux version")
            Phase("init", begins: "Run /init", on: .vga)
            Booted(when: "BOOT-COMPLETE")
            Panics("Oops")
            Budget(.bootTime, tolerance: .percent(3))
            Budget(.bootTime, of: "kernel", tolerance: .none)
            Boots(20, recorded: 3)
            Collect(.perfStat)
            TimeLimit(boot: .seconds(60), run: .seconds(600), silence: .seconds(20))
            Arguments("-vga", "none")
        }
        let end = BootScript.Milestone(name: "booted", pattern: "BOOT-COMPLETE")
        XCTAssertEqual(
            scenario,
            Scenario(
                name: "linux-cloud", machine: Machine(architecture: .amd64, memory: .mebibytes(512)),
                medium: .kernel(kernel, initialRAMDisk: "initrd", commandLine: "console=ttyS0"),
                script: BootScript(
                    phases: [
                        .init(name: "kernel", pattern: "Linux version"),
                        .init(name: "init", pattern: "Run /init", channel: .vga),
                    ], end: .reached(end), panics: BootScript.usualPanics + ["Oops"]),
                budgets: [
                    Budget(metric: .bootTime, tolerance: 0.03),
                    Budget(metric: Metric.bootTime.of(phase: "kernel"), tolerance: 0),
                ],
                boots: 20, recordedBoots: 3, collectors: [.perfStat],
                limits: Limits(boot: .seconds(60), run: .seconds(600), silence: .seconds(20)),
                extraArguments: ["-vga", "none"]))
        XCTAssertEqual(scenario.problems, [])
    }

    func testLinesMayDependOnConditions() {
        func scenario(slow: Bool, phases: [String]) -> Scenario {
            Scenario("s") {
                Machine(.i386)
                Disk(.file("disk.img"))
                if slow { Boots(3) } else { Boots(30) }
                if slow { Arguments("-S") }
                for phase in phases { Phase(phase, begins: phase) }
                Booted(.poweredOff)
            }
        }
        XCTAssertEqual(scenario(slow: true, phases: []).boots, 3)
        XCTAssertEqual(scenario(slow: true, phases: []).extraArguments, ["-S"])
        XCTAssertEqual(scenario(slow: false, phases: ["a", "b"]).boots, 30)
        XCTAssertEqual(scenario(slow: false, phases: ["a", "b"]).script.phases.map(\.name), ["a", "b"])
        XCTAssertEqual(scenario(slow: false, phases: []).script.end, .poweredOff)
    }

    func testTheUsualPanicsCanBeLeftOut() {
        let scenario = Scenario("s") { Panics("Oops", besidesUsual: false) }
        XCTAssertEqual(scenario.script.panics, ["Oops"])
    }

    func testAnEmptyDeclarationSaysWhatIsMissing() {
        let problems = Scenario("s") {}.problems
        XCTAssertEqual(problems.count, 3, "\(problems)")
        for word in ["Machine", "Kernel", "Booted"] {
            XCTAssertTrue(problems.contains { $0.contains(word) }, word)
        }
    }

    func testWhatIsSaidTwiceIsAProblem() {
        let scenario = Scenario("s") {
            Machine(.x86_64)
            Machine(.i386)
            Kernel(kernel)
            CDROM(kernel)
            Booted(.poweredOff)
            Booted(when: "x")
            Boots(1)
            Boots(2)
            TimeLimit(boot: .seconds(1))
            TimeLimit(boot: .seconds(2))
        }
        XCTAssertEqual(scenario.problems.count, 5, "\(scenario.problems)")
        XCTAssertTrue(scenario.problems.allSatisfy { $0.contains("2 ") && $0.hasSuffix("keep one.") })
    }

    func testUsingAScenarioWithProblemsIsOneErrorWithAllOfThem() {
        XCTAssertThrowsError(try Scenario("a b") { Machine(.x86_64, cpus: 0) }.check()) { error in
            let line = "\(error)"
            for word in ["\"a b\"", "0 CPUs", "Kernel", "Booted"] { XCTAssertTrue(line.contains(word), line) }
            XCTAssertFalse(line.contains("\n"))
        }
    }

    func testModulesAreAListWithTheirCommasDoubled() {
        let scenario = Scenario("s") { Kernel(kernel, modules: ["ds arg=1,2", "rs"]) }
        XCTAssertEqual(scenario.medium, .kernel(kernel, initialRAMDisk: "ds arg=1,,2,rs", commandLine: ""))
    }

    func testMachinesThatAreNoPCAreVirtual() {
        XCTAssertEqual(Machine(.riscv64).type, "virt")
        XCTAssertEqual(Machine(.i386).type, "pc")
    }

    func testAnExactScenarioIsPlannedSoWithItsSymbols() {
        let scenario = Scenario("exact") {
            Machine(.i386)
            Kernel(.file("kernel"))
            Booted(when: "done")
            Exact()
            Symbols("kernel.debug", "server@400000")
        }
        XCTAssertTrue(scenario.isExact)
        XCTAssertEqual(scenario.symbols, ["kernel.debug", "server@400000"])
        XCTAssertEqual(scenario.problems, [])
    }
}
