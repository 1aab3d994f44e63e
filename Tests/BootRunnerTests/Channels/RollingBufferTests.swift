import XCTest

@testable import BootRunner

final class RollingBufferTests: XCTestCase {
    func testItKeepsTheLastBytesAndCountsAll() {
        var buffer = RollingBuffer()
        var dropped = 0
        for number in 0..<100_000 {
            let piece = Array("line \(number)\n".utf8)
            dropped += piece.withUnsafeBytes { buffer.append($0) }
            XCTAssertLessThanOrEqual(buffer.bytes.count, 4 * RollingBuffer.kept)
        }
        XCTAssertEqual(buffer.total, dropped + buffer.bytes.count)
        XCTAssertGreaterThanOrEqual(buffer.bytes.count, RollingBuffer.kept)
        XCTAssertTrue(buffer.isCut)
        XCTAssertEqual(String(decoding: buffer.lastLine, as: UTF8.self), "line 99999")
    }

    func testTheLineAtAPlaceEndsAtEitherKindOfEnd() {
        var buffer = RollingBuffer()
        _ = Array("one\r\npanic: two\r\n\r\n \r\n".utf8).withUnsafeBytes { buffer.append($0) }
        XCTAssertEqual(String(decoding: buffer.line(at: 7), as: UTF8.self), "panic: two")
        XCTAssertEqual(String(decoding: buffer.lastLine, as: UTF8.self), "panic: two")
        XCTAssertFalse(buffer.isCut)
    }

    func testALineWithoutEndIsCut() {
        var buffer = RollingBuffer()
        _ = [UInt8](repeating: 120, count: 5000).withUnsafeBytes { buffer.append($0) }
        XCTAssertEqual(buffer.lastLine.count, 400)
    }

    func testNothingVisibleIsNoLine() {
        var buffer = RollingBuffer()
        XCTAssertEqual(buffer.lastLine, [])
        _ = Array(" \r\n\0".utf8).withUnsafeBytes { buffer.append($0) }
        XCTAssertEqual(buffer.lastLine, [])
    }
}
