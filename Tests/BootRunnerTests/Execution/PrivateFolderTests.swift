import BootTestSupport
import Foundation
import XCTest

@testable import BootRunner

final class PrivateFolderTests: XCTestCase {
    private var before: String?

    override func setUp() { before = ProcessInfo.processInfo.environment["TMPDIR"] }

    override func tearDown() {
        if let before { setenv("TMPDIR", before, 1) } else { unsetenv("TMPDIR") }
    }

    func testItIsForItsOwnerAloneAndGoesWithIt() throws {
        let parent = try useTemporary()
        let path: String
        do {
            let own = try PrivateFolder()
            path = own.path
            try File.write([1], to: own.path + "/file")
            XCTAssertTrue(path.hasPrefix(parent + "/"))
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            XCTAssertEqual(mode, 0o700)
            withExtendedLifetime(own.path) {}
        }
        XCTAssertFalse(File.exists(path))
    }

    func testAPlaceThatASocketOrPerfCouldNotNameIsNotUsed() throws {
        let parent = try temporaryFolder()
        for name in ["a,b", String(repeating: "x", count: 80)] {
            try FileManager.default.createDirectory(
                atPath: "\(parent)/\(name)", withIntermediateDirectories: true)
            setenv("TMPDIR", "\(parent)/\(name)", 1)
            let own = try PrivateFolder()
            let path = own.path
            XCTAssertTrue(path.hasPrefix("/tmp/"), path)
        }
    }

    func testAPlaceThatIsNotThereIsNamed() {
        setenv("TMPDIR", "/nowhere", 1)
        XCTAssertThrowsError(try { _ = try PrivateFolder() }()) { error in
            XCTAssertEqual((error as? RunnerError)?.code, .environment)
            XCTAssertTrue("\(error)".contains("/nowhere") && "\(error)".contains("TMPDIR"), "\(error)")
        }
    }

    func testWhatAKilledOwnerLeftIsRemovedAndWhatIsInUseIsNot() throws {
        let parent = try useTemporary()
        let names = ["gone01", "held01", "young1"].map { "\(parent)/bootmark-boot-\($0)" }
        let foreign = parent + "/bootmark-something-else"
        for path in names + [foreign] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try File.write([1], to: path + "/serial")
        }
        for path in [names[0], names[1], foreign] {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -600)], ofItemAtPath: path)
        }
        let held = open(names[1], O_RDONLY)
        defer { close(held) }
        XCTAssertEqual(flock(held, LOCK_EX | LOCK_NB), 0)
        _ = try PrivateFolder()
        XCTAssertEqual(names.map(File.exists), [false, true, true])
        XCTAssertTrue(File.exists(foreign))
    }

    private func useTemporary() throws -> String {
        let parent = try temporaryFolder()
        setenv("TMPDIR", parent, 1)
        return parent
    }
}
