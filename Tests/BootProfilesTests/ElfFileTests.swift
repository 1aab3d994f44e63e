import XCTest

@testable import BootProfiles

final class ElfFileTests: XCTestCase {
    /// A program of one segment, mapped at 0x1000, whose last section has no content and a variable at 0x1300.
    private func program(contentOfSegment: UInt64) -> [UInt8] {
        func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(value >> ($0 * 8) & 0xFF) }
        }
        func section(
            _ type: UInt64, _ address: UInt64, _ offset: UInt64, _ size: UInt64, link: UInt64 = 0,
            entry: UInt64 = 0
        ) -> [UInt8] {
            bytes(0, 4) + bytes(type, 4) + bytes(3, 8) + bytes(address, 8) + bytes(offset, 8) + bytes(size, 8)
                + bytes(link, 4) + bytes(0, 4) + bytes(8, 8) + bytes(entry, 8)
        }
        let header =
            [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + bytes(0, 9) + bytes(3, 2) + bytes(62, 2) + bytes(1, 4)
            + bytes(0, 8) + bytes(64, 8) + bytes(256, 8) + bytes(0, 4) + bytes(64, 2) + bytes(56, 2)
            + bytes(1, 2)
            + bytes(64, 2) + bytes(4, 2) + bytes(3, 2)
        let segment =
            bytes(1, 4) + bytes(6, 4) + bytes(0, 8) + bytes(0x1000, 8) + bytes(0x1000, 8)
            + bytes(contentOfSegment, 8) + bytes(0x400, 8) + bytes(0x1000, 8)
        let symbols =
            bytes(0, 24) + bytes(1, 4) + [0x11, 0] + bytes(1, 2) + bytes(0x1300, 8) + bytes(4, 8)
        let names = Array("\0counter\0".utf8)
        // The section's own place lies eight bytes before that of its address.
        let sections =
            section(0, 0, 0, 0) + section(8, 0x1208, 0x200, 0x1F8)
            + section(2, 0, 128, 48, link: 3, entry: 24) + section(3, 0, 176, UInt64(names.count))
        var file = header + segment
        file += [UInt8](repeating: 0, count: 128 - file.count) + symbols + names
        return file + [UInt8](repeating: 0, count: 256 - file.count) + sections
    }

    func testAVariableWithoutContentLiesBehindTheContentOfItsSegment() throws {
        let elf = try XCTUnwrap(ElfFile(RandomAccess(program(contentOfSegment: 0x200), name: "test")))
        var table = elf.symbols()
        let found = try XCTUnwrap(table.find(0x300))
        XCTAssertEqual(String(decoding: table.name(of: found), as: UTF8.self), "counter")
        XCTAssertEqual(found.start, 0x300)
    }

    func testWhereSegmentsHaveNoContentTheSectionSaysWhereAVariableLies() throws {
        // A debug file keeps the segments of its program and none of what they hold.
        let elf = try XCTUnwrap(ElfFile(RandomAccess(program(contentOfSegment: 0), name: "test")))
        var table = elf.symbols()
        XCTAssertEqual(try XCTUnwrap(table.find(0x2F8)).start, 0x2F8)
    }
}
