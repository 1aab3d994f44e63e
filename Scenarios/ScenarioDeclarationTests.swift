import Bootmark
import XCTest

/// What holds for every scenario here, whether or not its guest is there.
final class ScenarioDeclarationTests: XCTestCase {
    private let scenarios: [Scenario] =
        [.tiny, .tinyExact, .linuxCloud, .linuxCD, .linux686, .gnuMach, .minix]
        + Scenario.linux686OnOldProcessors + Scenario.gnuMachOnOldProcessors
        + Scenario.minixOnOldProcessors + Scenario.minixOnManyProcessors.dropFirst()

    func testEveryScenarioIsWhole() {
        for scenario in scenarios { XCTAssertEqual(scenario.problems, [], scenario.name) }
    }

    func testEveryScenarioHasANameOfItsOwn() {
        let names = scenarios.map(\.name)
        XCTAssertEqual(Set(names).count, names.count, "\(names.sorted())")
        XCTAssertEqual(Scenario.gnuMachOnOldProcessors.count, 9)
        XCTAssertTrue(names.contains("gnumach+cpus=4+cpu=athlon"))
    }

    func testAGuestThatIsAbsentSaysHowToGetIt() {
        for scenario in scenarios {
            guard let absence = scenario.absence else { continue }
            let command = scenario.name.hasPrefix("minix") ? "MINIX_ISO" : "make guests"
            XCTAssertTrue(absence.contains(command), absence)
        }
    }
}
