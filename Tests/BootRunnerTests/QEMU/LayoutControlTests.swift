import BootModel
import BootTestSupport
import XCTest

@testable import BootRunner

final class LayoutControlTests: XCTestCase {
    func testEachControlIsAnotherLayoutWithPaddingThatEveryArchiveAllows() {
        let controls = (1...32).map(LayoutControl.init)
        XCTAssertEqual(Set(controls).count, 32)
        XCTAssertTrue(controls.allSatisfy { $0.padding.isMultiple(of: 4) && $0.padding > 0 && $0.spaces > 0 })
    }

    func testAMultibootKernelGetsSpacesAndLongerModulesUnderTheSameNames() throws {
        let folder = try temporaryFolder()
        let own = try temporaryFolder()
        for name in ["k", "m,1", "m2"] {
            try Data(name.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
        let command = try QEMUCommandLine([
            "qemu-system-i386", "-kernel", "\(folder)/k", "-append", "a b", "-initrd",
            "\(folder)/m,,1 x=1,,2,\(folder)/m2",
        ]).exactBoot(in: own)
        var plain = command
        plain.show(own, as: "/shared")
        XCTAssertEqual(plain.values("kernel"), ["/shared/kernel"])
        XCTAssertEqual(plain.values("initrd"), ["/shared/m,,1 x=1,,2,/shared/m2"])
        let control = LayoutControl(number: 1)
        var (varied, note) = try control.applied(to: command, in: own)
        varied.show(own, as: "/shared")
        XCTAssertEqual(varied.values("append"), ["a b" + String(repeating: " ", count: control.spaces)])
        XCTAssertEqual(varied.values("initrd"), plain.values("initrd"))
        XCTAssertEqual(
            try Data(contentsOf: URL(fileURLWithPath: "\(own)/m,1")),
            Data("m,1".utf8) + Data(count: control.padding))
        XCTAssertEqual(
            try Data(contentsOf: URL(fileURLWithPath: "\(folder)/m,1")), Data("m,1".utf8), "the user's own")
        XCTAssertTrue(note.contains("\(control.padding) bytes behind each module"), note)
    }

    func testControlsAreForExactBootsAndComeLast() throws {
        let options = RunOptions(boots: 2, isExact: true, controls: 3)
        XCTAssertEqual(
            options.plannedBoots([.guestInstructions, .guestProfile]).map(\.purpose),
            [.timed, .timed, .profiled, .control, .control, .control])
        XCTAssertFalse(RunOptions(boots: 2, controls: 3).plannedBoots([]).map(\.purpose).contains(.control))
    }
}
