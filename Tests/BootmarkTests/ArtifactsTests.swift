import Foundation
import XCTest

@testable import Bootmark

final class ArtifactsTests: XCTestCase {
    private var folder = ""

    override func setUpWithError() throws {
        folder = NSTemporaryDirectory() + "artifacts-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder + "/package/Tests", withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: folder + "/package/Package.swift"))
    }

    override func tearDown() { try? FileManager.default.removeItem(atPath: folder) }

    func testGuestsLieInTheFolderThatTheEnvironmentNames() {
        let guest = Artifact.guest("tiny/tiny.elf", environment: ["BOOTMARK_GUESTS": "/g"], from: folder)
        XCTAssertEqual(guest.path, "/g/tiny/tiny.elf")
    }

    func testGuestsLieBesideTheNearestPackage() {
        let package = folder + "/package"
        XCTAssertEqual(Artifact.guest("a", environment: [:], from: package).path, "Guests/build/a")
        XCTAssertEqual(
            Artifact.guest("a", environment: ["BOOTMARK_GUESTS": ""], from: package + "/Tests").path,
            package + "/Guests/build/a")
        XCTAssertEqual(Artifact.guest("a", environment: [:], from: "/").path, "Guests/build/a")
    }

    func testAGuestThatIsMissingSaysHowToGetIt() {
        let guest = Artifact.guest("a", environment: ["BOOTMARK_GUESTS": folder], from: folder)
        XCTAssertEqual(
            guest.absence,
            "\(folder)/a does not exist: make guests, or set BOOTMARK_GUESTS to their folder")
    }

    func testAVariableThatIsNotSetIsNamed() {
        let iso = Artifact.environment("MINIX_ISO", hint: "MINIX_ISO=minix.iso swift test", in: [:])
        XCTAssertEqual(iso.absence, "MINIX_ISO is not set: MINIX_ISO=minix.iso swift test")
        let gone = Artifact.environment("MINIX_ISO", hint: nil, in: ["MINIX_ISO": folder + "/no"])
        XCTAssertEqual(
            gone.absence,
            "MINIX_ISO names a file that does not exist: \(folder)/no: set MINIX_ISO to the file's path")
    }

    func testAScenarioWithoutItsVariableIsAbsentAndNotWrong() {
        let scenario = Scenario("minix") {
            Machine(.i386)
            CDROM(.environment("MINIX_ISO", hint: "h", in: [:]))
            Booted(when: "login:")
        }
        XCTAssertEqual(scenario.problems, [])
        XCTAssertEqual(scenario.absence, "MINIX_ISO is not set: h")
    }

    func testAFileThatIsThereIsNotAbsent() {
        XCTAssertNil(Artifact.file(folder + "/package/Package.swift").absence)
        XCTAssertNotNil(Artifact.file(folder).absence)
    }

    func testAnAbsentInitialRAMDiskIsReportedToo() {
        let kernel = Artifact.file(folder + "/package/Package.swift", hint: "h")
        let scenario = Scenario("s") { Kernel(kernel, initialRAMDisk: .file(folder + "/initrd")) }
        XCTAssertEqual(scenario.absence, "\(folder)/initrd does not exist: h")
        let modules = Scenario("s") { Kernel(kernel, modules: ["a x", "b"]) }
        XCTAssertNil(modules.absence)
    }
}
