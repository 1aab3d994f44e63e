import XCTest

@testable import GuestObserver

/// Tables as a kernel's build makes them, made here with one token for each character.
final class KallsymsTableTests: XCTestCase {
    private static let base: UInt64 = 0xffff_ffff_8100_0000

    private func aligned(_ bytes: [UInt8], to size: Int) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: (size - bytes.count % size) % size)
    }

    private func words(_ values: [UInt32]) -> [UInt8] {
        values.flatMap { value in withUnsafeBytes(of: value) { Array($0) } }
    }

    /// The table of `count` functions, 16 bytes apart. Each character is its own token; the unused ones are
    /// given two letters, as a kernel gives them whole syllables.
    private func table(count: Int, addressesBehind: Bool, markerShift: Int = 0) -> [UInt8] {
        var names: [UInt8] = []
        var markers: [UInt32] = []
        for index in 0..<count {
            if index % 256 == 0 { markers.append(UInt32(names.count + index * markerShift)) }
            let name = Array("Tfunction_\(index)".utf8)
            names += [UInt8(name.count)] + name
        }
        let tokens = (0..<256).map { $0 > 32 && $0 < 127 ? [UInt8($0)] : Array("qx".utf8) }
        var index: [UInt8] = []
        var text: [UInt8] = []
        for token in tokens {
            index += withUnsafeBytes(of: UInt16(text.count)) { Array($0) }
            text += token + [0]
        }
        let offsets = words((0..<count).map { UInt32(bitPattern: -1 - Int32($0 * 16)) })
        let addresses = aligned(offsets, to: 8) + withUnsafeBytes(of: Self.base) { Array($0) }
        var image = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0xcc, count: 4088)
        if !addressesBehind { image += addresses }
        image +=
            aligned(words([UInt32(count)]), to: 8) + aligned(names, to: 8) + aligned(words(markers), to: 8)
        image += aligned(text, to: 8) + aligned(index, to: 8)
        if addressesBehind { image += addresses }
        return image + [UInt8](repeating: 0xcc, count: 4096)
    }

    func testTablesOfBothAgesAreFound() throws {
        for behind in [false, true] {
            let found = try XCTUnwrap(KallsymsTable(in: table(count: 1000, addressesBehind: behind)))
            XCTAssertEqual(found.entries.count, 1000)
            XCTAssertEqual(found.entries[999].name, "function_999")
            XCTAssertEqual(found.entries[999].address, Self.base + 999 * 16)
            XCTAssertEqual(found.functions.count, 1000)
        }
    }

    func testATableThatDoesNotFitTogetherIsNone() {
        XCTAssertNil(KallsymsTable(in: []))
        XCTAssertNil(KallsymsTable(in: [UInt8](repeating: 0, count: 100_000)))
        // Markers that are off belong to no names.
        let shifted = table(count: 1000, addressesBehind: false, markerShift: 1)
        XCTAssertTrue(KallsymsTable(in: shifted) == nil)
    }

    func testNoCutAndNoFlippedByteCrashesTheSearch() {
        let image = table(count: 300, addressesBehind: true)
        for length in stride(from: 0, to: image.count, by: 511) {
            _ = KallsymsTable(in: Array(image.prefix(length)))
        }
        for position in stride(from: 4096, to: image.count, by: 397) {
            var damaged = image
            damaged[position] ^= 0xff
            _ = KallsymsTable(in: damaged)
        }
    }
}
