import XCTest

@testable import GuestObserver

final class SerialLogTests: XCTestCase {
    private func output(bytes: UInt64, _ instructions: UInt64, at address: UInt64 = 1) -> SerialLog.Output {
        SerialLog.Output(
            serialBytes: bytes, reading: .init(instructions: instructions, blocks: instructions / 5),
            address: address)
    }

    func testAByteIsMatchedWithTheOutputThatWroteIt() {
        let log = SerialLog([output(bytes: 1, 100), output(bytes: 2, 200), output(bytes: 5, 300)])
        XCTAssertEqual(log.reading(atByte: 1)?.instructions, 100)
        XCTAssertEqual(log.reading(atByte: 2)?.instructions, 200)
        XCTAssertEqual(log.reading(atByte: 3)?.instructions, 300)
        XCTAssertEqual(log.reading(atByte: 5)?.instructions, 300)
        XCTAssertNil(log.reading(atByte: 6))
        XCTAssertNil(log.reading(atByte: 0))
    }

    func testWithoutAFileTheDominantInstructionsExecutionsAreCounted() {
        let log = SerialLog([
            output(bytes: 0, 10, at: 7), output(bytes: 0, 20, at: 9), output(bytes: 0, 30, at: 9),
            output(bytes: 0, 40, at: 7), output(bytes: 0, 50, at: 9),
        ])
        XCTAssertFalse(log.isMatched)
        XCTAssertEqual(log.reading(atByte: 1)?.instructions, 20)
        XCTAssertEqual(log.reading(atByte: 3)?.instructions, 50)
        XCTAssertNil(log.reading(atByte: 4))
        XCTAssertNil(log.reading(atByte: .max))
    }

    func testAnEmptyOrCutLogAnswersNothing() {
        XCTAssertNil(SerialLog([UInt8](repeating: 1, count: 31), lost: 0).reading(atByte: 1))
        XCTAssertNil(SerialLog([UInt8](), lost: 0).reading(atByte: 1))
    }
}
