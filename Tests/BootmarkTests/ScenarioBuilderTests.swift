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

    func testTraceEventsAndPluginsAreDeclaredAsTheCommandTakesThem() {
        let scenario = Scenario("s") {
            Kernel(kernel)
            Booted(when: "ready")
            Trace("virtio_*", "pic_set_irq")
            Trace("serial_*")
            QEMUPlugin("hot.so", "limit=20", "names=a,b")
            QEMUPlugin("/opt/my,plugin.so")
        }
        XCTAssertEqual(scenario.instruments.traces, ["virtio_*", "pic_set_irq", "serial_*"])
        XCTAssertEqual(
            scenario.extraArguments,
            ["-plugin", "./hot.so,limit=20,names=a,,b", "-plugin", "/opt/my,,plugin.so"])
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

    func testAgainstSaysWhatDiffersAndTheRestIsTheScenarios() throws {
        let scenario = Scenario("router") {
            Machine(.x86_64)
            Kernel(kernel, commandLine: "quiet")
            Arguments("-device", "virtio-rng-pci")
            Booted(when: "login: ")
            Pairs(atMost: 24, seed: 3)
            Against {
                Kernel(.file("previous"), commandLine: "quiet")
                QEMU("/opt/qemu/qemu-system-x86_64")
            }
        }
        XCTAssertEqual(scenario.problems, [])
        XCTAssertEqual(scenario.pairs, PairsPlan(most: 24, seed: 3))
        let reference = try XCTUnwrap(scenario.referenceScenario)
        XCTAssertEqual(reference.name, "router")
        XCTAssertEqual(
            reference.qemuCommand(),
            scenario.qemuCommand().map {
                ["qemu-system-x86_64": "/opt/qemu/qemu-system-x86_64", "vmlinuz": "previous"][$0] ?? $0
            })
        XCTAssertNil(reference.reference)
        let wide = scenario.with(cpus: 2)
        XCTAssertEqual(wide.referenceScenario?.machine.cpus, 2)
        XCTAssertNil(Scenario("plain") { Kernel(kernel) }.referenceScenario)
    }

    func testMistakesInAgainstAreProblems() {
        func problems(_ lines: [any ScenarioElement]) -> [String] {
            Scenario("x") {
                Machine(.i386)
                Kernel(kernel)
                Booted(.poweredOff)
                for line in lines { Wrapped(line) }
            }.problems
        }
        XCTAssertEqual(
            problems([Against { Booted(.poweredOff) }]).map { $0.prefix(13) },
            ["Against names", "Against takes"])
        XCTAssertEqual(
            problems([
                Against {
                    Kernel(.file("a"))
                    Kernel(.file("b"))
                }
            ]), ["Against: It has 2 media to boot (Kernel, CDROM, Disk); keep one."])
        XCTAssertEqual(
            problems([
                Against {
                    Machine(.i386, cpus: 0)
                    QEMU("")
                }
            ]), ["Against: Its machine has 0 CPUs; give 1 to 4096.", "Against: Its QEMU has no name."])
        XCTAssertEqual(problems([Pairs(atMost: 40)]), ["It has Pairs, and nothing Against which."])
        XCTAssertEqual(
            problems([Pairs(atMost: 1), Against { QEMU("q") }]),
            ["It asks for at most 1 pairs; give 2 to 1000."])
    }
}

/// Any line, for declarations that a test puts together.
private struct Wrapped: ScenarioElement {
    private let line: any ScenarioElement

    init(_ line: any ScenarioElement) { self.line = line }

    func declare(in draft: inout ScenarioDraft) { line.declare(in: &draft) }
}
