import Foundation
import XCTest

@testable import BootProfiles

final class ProfileInputTests: XCTestCase {
    private func kind(_ text: String) throws -> ProfileInput.Kind {
        try ProfileInput.open(.bytes(Array(text.utf8), name: "test")).kind
    }

    func testTheKindIsRecognisedByContent() throws {
        XCTAssertEqual(try kind("a;b 1\na;c 2\n"), .folded)
        XCTAssertEqual(try kind("a;b 1 3\na;c 2 0\n"), .foldedPair)
        XCTAssertEqual(try kind("CPU 0 1 3\na;c 2\n"), .folded)
        XCTAssertEqual(try kind("# captured on: 2026\n\ncmd 12 1.0: cycles:\n\tff f (/x)\n\n"), .perfScript)
        XCTAssertEqual(try kind("java 19983 cycles:\n\tff f (/x)\n\n"), .perfScript)
    }

    func testWhatIsNoProfileIsRefusedWithTheKindsThatAreRead() {
        XCTAssertThrowsError(try kind("hello\nworld\n")) { error in
            XCTAssertEqual((error as? ProfileError)?.code, .unknownKind)
            XCTAssertTrue("\(error)".contains("folded stacks"))
        }
        XCTAssertThrowsError(try kind("")) { XCTAssertEqual(($0 as? ProfileError)?.code, .empty) }
    }

    func testAMissingFileIsNamed() {
        XCTAssertThrowsError(try ProfileInput.merged([.file("/no/such/file")])) { error in
            XCTAssertEqual((error as? ProfileError)?.code, .unreadable)
            XCTAssertTrue("\(error)".contains("/no/such/file"))
        }
    }

    func testManyInputsAreMergedAndCompressedOnesLookedInto() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("profiles-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("a.folded").path
        try OutputFile.write(Array("a;b 1\n".utf8), to: path)
        let gzip = Process()
        gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        gzip.arguments = ["gzip", "-k", path]
        try gzip.run()
        gzip.waitUntilExit()
        XCTAssertEqual(gzip.terminationStatus, 0)
        let merged = try ProfileInput.merged([.file(path), .file(path + ".gz")])
        XCTAssertEqual(String(decoding: FoldedWriter().bytes(merged), as: UTF8.self), "a;b 2\n")
        let whole = try Data(contentsOf: URL(fileURLWithPath: path + ".gz"))
        let cut = ProfileSource.bytes(Array(whole.dropLast(6)), name: "cut.gz")
        XCTAssertThrowsError(try ProfileInput.merged([cut])) { error in
            XCTAssertEqual((error as? ProfileError)?.code, .truncated)
        }
    }

    func testAFileThatCannotBeWrittenIsNamedAndLeavesNothing() {
        XCTAssertThrowsError(try OutputFile.write([1], to: "/no/such/folder/out")) { error in
            XCTAssertEqual((error as? ProfileError)?.code, .unwritable)
        }
    }
}
