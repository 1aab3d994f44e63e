import Foundation
import Subprocess
import SystemPackage
import XCTest

@testable import GuestObserver

final class KernelPayloadTests: XCTestCase {
    private static let text = [UInt8](
        repeatElement(Array("a kernel, compressed ".utf8), count: 5000).joined())

    /// Compresses the text with a program of the host.
    private func compressed(_ program: String, _ arguments: [String]) async throws -> [UInt8] {
        try XCTSkipUnless(
            FileManager.default.isExecutableFile(atPath: "/usr/bin/\(program)"), "no \(program)")
        return try await withTemporaryFolder { folder in
            let path = folder + "/text"
            try Data(Self.text).write(to: URL(fileURLWithPath: path))
            let result = try await Subprocess.run(
                .path(FilePath("/usr/bin/\(program)")), arguments: Arguments(arguments + [path]),
                output: .bytes(limit: 1 << 20))
            return result.standardOutput
        }
    }

    private let programs: [(String, [String])] = [
        ("gzip", ["-9c"]), ("xz", ["-c", "--check=crc32"]), ("xz", ["-c", "--format=lzma"]),
        ("zstd", ["-c", "-q"]),
    ]

    func testEachCompressionIsUndone() async throws {
        for (program, arguments) in programs {
            let payload = try await compressed(program, arguments)
            XCTAssertEqual(try KernelPayload.unpack(payload[...]), Self.text, program)
        }
    }

    func testAKernelsSizeBehindItsPayloadDoesNotDisturb() async throws {
        for (program, arguments) in programs where arguments != ["-c", "--format=lzma"] {
            let payload = try await compressed(program, arguments) + [1, 2, 3, 4]
            XCTAssertEqual(try KernelPayload.unpack(payload[...]), Self.text, program)
        }
    }

    func testACutPayloadIsDamaged() async throws {
        for (program, arguments) in programs {
            let payload = try await compressed(program, arguments)
            XCTAssertThrowsError(try KernelPayload.unpack(payload.dropLast(payload.count / 2)), program)
        }
    }

    func testAPayloadThatGrowsBeyondTheLimitIsStopped() async throws {
        for (program, arguments) in programs {
            let payload = try await compressed(program, arguments)
            XCTAssertThrowsError(try KernelPayload.unpack(payload[...], limit: 1000), program) {
                XCTAssertEqual($0 as? KernelPayload.Failure, .tooLarge)
            }
        }
    }

    func testUnknownBytesAreNoFormat() {
        XCTAssertThrowsError(try KernelPayload.unpack([1, 2, 3, 4])) {
            XCTAssertEqual($0 as? KernelPayload.Failure, .unknownFormat)
        }
    }
}
