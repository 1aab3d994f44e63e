import BootStore
import Foundation
import XCTest

final class AtomicFileTests: StoreTestCase {
    func testAWriteReplacesTheWholeFile() throws {
        let path = folder + "/a"
        try AtomicFile.write(Array("a longer text".utf8), to: path)
        try AtomicFile.write(Array("short".utf8), to: path)
        XCTAssertEqual(contents(path), Array("short".utf8))
        XCTAssertEqual(try entries(folder), ["a"])
    }

    func testAnEmptyFileAndALargeOneAreWrittenAsTheyAre() throws {
        let path = folder + "/a"
        try AtomicFile.write([], to: path)
        XCTAssertEqual(contents(path), [])
        let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try AtomicFile.write(large, to: path)
        XCTAssertEqual(contents(path), large)
    }

    func testAFullDiskLeavesTheOldFileAndNoOther() throws {
        let path = folder + "/a"
        try AtomicFile.write(Array("old".utf8), to: path)
        expect(.diskFull) {
            try withFullDisk(after: 4096) {
                try AtomicFile.write([UInt8](repeating: 1, count: 9000), to: path)
            }
        }
        XCTAssertEqual(contents(path), Array("old".utf8))
        XCTAssertEqual(try entries(folder), ["a"])
    }

    func testAFileSystemWithoutSpaceIsADiskThatIsFull() throws {
        let mounted = folder + "/small"
        try FileManager.default.createDirectory(atPath: mounted, withIntermediateDirectories: true)
        guard run("/bin/mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", mounted) else {
            throw XCTSkip("mounting a small file system takes root; withFullDisk covers the rest")
        }
        defer { _ = run("/bin/umount", mounted) }
        let path = mounted + "/a"
        try AtomicFile.write(Array("old".utf8), to: path)
        let error = expect(.diskFull) {
            try AtomicFile.write([UInt8](repeating: 1, count: 100_000), to: path)
        }
        XCTAssertTrue(error?.description.contains("No space left") ?? false)
        XCTAssertEqual(contents(path), Array("old".utf8))
        XCTAssertEqual(try entries(mounted), ["a"])
    }

    func testAFolderThatIsMissingIsNamed() {
        let error = expect(.missing) { try AtomicFile.write([1], to: folder + "/no/a") }
        XCTAssertEqual(error?.path, folder + "/no")
    }

    func testAFolderInTheFilesPlaceIsAnErrorAndLeavesNoFile() throws {
        try FileManager.default.createDirectory(atPath: folder + "/a/b", withIntermediateDirectories: true)
        expect(.notWritable) { try AtomicFile.write([1], to: folder + "/a") }
        XCTAssertEqual(try entries(folder), ["a"])
    }

    func testAPathWithANulIsRefusedAndNotCut() throws {
        expect(.notWritable) { try AtomicFile.write([1], to: folder + "/a\0b") }
        XCTAssertEqual(try entries(folder), [])
    }

    func testTheModeIsWhatWasAskedFor() throws {
        try AtomicFile.write([1], to: folder + "/a", mode: 0o600)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/a")
        XCTAssertEqual(attributes[.posixPermissions] as? Int, 0o600)
    }

    private func run(_ command: String, _ arguments: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
