import BootTestSupport
import XCTest

@testable import BootRunner

final class ConsoleLogTests: XCTestCase {
    func testEveryByteIsKeptAsItCame() throws {
        let path = try temporaryFolder() + "/console.log"
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        var log = try ConsoleLog(at: path)
        for start in stride(from: 0, to: bytes.count, by: 777) {
            bytes[start..<min(start + 777, bytes.count)].withUnsafeBytes { log.append($0) }
        }
        log.flush()
        XCTAssertEqual(try File.bytes(path), bytes)
        XCTAssertFalse(log.isCut)
        XCTAssertNil(log.failure)
    }

    func testAGuestThatNeverStopsDoesNotFillTheDisk() throws {
        let path = try temporaryFolder() + "/console.log"
        let piece = [UInt8](repeating: 120, count: 1 << 20)
        var log = try ConsoleLog(at: path)
        for _ in 0..<20 { piece.withUnsafeBytes { log.append($0) } }
        log.flush()
        XCTAssertEqual(try File.bytes(path).count, ConsoleLog.limit)
        XCTAssertTrue(log.isCut)
    }

    func testADiskThatIsFullIsReported() throws {
        var log = try ConsoleLog(at: "/dev/full")
        Array("text".utf8).withUnsafeBytes { log.append($0) }
        log.flush()
        XCTAssertEqual(log.failure?.code, .environment)
        XCTAssertTrue(log.failure?.problem.contains("/dev/full could not be written: No space left") == true)
        XCTAssertTrue(log.failure?.next.contains("--resume") == true)
    }

    func testAFileThatCannotBeMadeIsReported() throws {
        XCTAssertThrowsError(try { _ = try ConsoleLog(at: "/nowhere/console.log") }()) {
            XCTAssertEqual(($0 as? RunnerError)?.code, .environment)
        }
    }
}
