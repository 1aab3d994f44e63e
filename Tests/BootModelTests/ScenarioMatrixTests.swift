import BootModel
import XCTest

final class ScenarioMatrixTests: XCTestCase {
    private let base = Scenario(
        name: "gnumach", machine: Machine(architecture: .i386, cpuModel: "pentium2"),
        medium: .cdrom(Artifact(path: "a.iso", hint: "")), script: BootScript(end: .poweredOff))

    func testAVariedScenarioSaysSoInItsName() {
        XCTAssertEqual(base.with(cpus: 2).name, "gnumach+cpus=2")
        XCTAssertEqual(base.with(cpus: 2).machine.cpus, 2)
        XCTAssertEqual(base.with(cpuModel: "athlon").name, "gnumach+cpu=athlon")
        XCTAssertEqual(base.with(cpuModel: nil).name, "gnumach+cpu=default")
        XCTAssertEqual(base.with(memory: .gibibytes(1)).name, "gnumach+memory=1024M")
    }

    func testTheOrderOfVaryingDoesNotMatter() {
        let one = base.with(cpus: 2).with(cpuModel: "athlon").with(memory: .mebibytes(64))
        let other = base.with(memory: .mebibytes(64)).with(cpuModel: "athlon").with(cpus: 2)
        XCTAssertEqual(one, other)
        XCTAssertEqual(one.name, "gnumach+cpus=2+cpu=athlon+memory=64M")
    }

    func testWhatTheScenarioDeclaresAddsNothing() {
        XCTAssertEqual(base.with(cpus: 1).name, "gnumach")
        XCTAssertEqual(base.with(cpus: 4).with(cpus: 1).name, "gnumach")
        XCTAssertEqual(base.with(cpus: 4).with(cpus: 2).name, "gnumach+cpus=2")
    }

    func testAMatrixHasEveryCombinationOnce() {
        let names = base.matrix(cpuModels: ["pentium2", "athlon", "pentium2"], cpus: [1, 2]).map(\.name)
        XCTAssertEqual(
            names, ["gnumach", "gnumach+cpus=2", "gnumach+cpu=athlon", "gnumach+cpus=2+cpu=athlon"])
        XCTAssertEqual(base.matrix().map(\.name), ["gnumach"])
    }

    func testModelsWithFeaturesGetNamesThatAreAllowedAndDistinct() {
        let names = ["max,-avx", "max,+avx", "max", "max__avx"].map { base.with(cpuModel: $0).name }
        XCTAssertEqual(Set(names).count, 4, "\(names)")
        for name in names { XCTAssertNil(Scenario.problem(withName: name), name) }
        XCTAssertEqual(names[0], base.with(cpuModel: "max,-avx").name)
    }
}
