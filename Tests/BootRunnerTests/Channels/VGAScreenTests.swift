import XCTest

@testable import BootRunner

final class VGAScreenTests: XCTestCase {
    func testRowsBecomeLinesWithoutTrailingSpaces() {
        var memory = blank()
        write("login:  ", row: 0, into: &memory)
        write("MINIX", row: 2, into: &memory)
        XCTAssertEqual(String(decoding: VGAScreen.text(memory), as: UTF8.self), "login:\n\nMINIX\n")
    }

    func testLettersOutsideASCIIBecomeQuestionMarks() {
        var memory = blank()
        memory[0] = 0xC9
        memory[2] = 0x1B
        memory[4] = 0x7F
        memory[6] = UInt8(ascii: "a")
        XCTAssertEqual(VGAScreen.text(memory), Array("???a\n".utf8))
    }

    func testTextThatHasScrolledBeyondTheFirstScreenIsRead() {
        var memory = blank()
        write("BOOTED", row: 200, into: &memory)
        XCTAssertTrue(String(decoding: VGAScreen.text(memory), as: UTF8.self).hasSuffix("\nBOOTED\n"))
    }

    func testAShortCopyIsNoFault() {
        XCTAssertEqual(VGAScreen.text([]), [])
        XCTAssertEqual(VGAScreen.text([65, 7, 66]), [])
        XCTAssertEqual(VGAScreen.text(blank()), [])
    }

    private func blank() -> [UInt8] {
        (0..<VGAScreen.size).map { $0.isMultiple(of: 2) ? 32 : 7 }
    }

    private func write(_ text: String, row: Int, into memory: inout [UInt8]) {
        for (place, byte) in text.utf8.enumerated() { memory[row * 160 + 2 * place] = byte }
    }
}
