import BootStore
import XCTest

final class GzipTests: StoreTestCase {
    func testWhatIsCompressedComesBack() throws {
        for text in ["", "a", String(repeating: "main;boot 12\n", count: 50_000)] {
            let packed = try Gzip.compress(Array(text.utf8), path: "x")
            XCTAssertEqual(try Gzip.decompress(packed, limit: 1 << 20, path: "x"), Array(text.utf8))
        }
    }

    func testTheSameInputGivesTheSameBytesWithoutATime() throws {
        let packed = try Gzip.compress(Array("main 1\n".utf8), path: "x")
        XCTAssertEqual(packed, try Gzip.compress(Array("main 1\n".utf8), path: "x"))
        // RFC 1952: magic, method, flags (no name), then four bytes of modification time.
        XCTAssertEqual(Array(packed[..<8]), [0x1F, 0x8B, 8, 0, 0, 0, 0, 0])
    }

    func testABombIsStoppedAtItsLimit() throws {
        let bomb = try Gzip.compress([UInt8](repeating: 0, count: 20 << 20), path: "x")
        XCTAssertLessThan(bomb.count, 100_000)
        expect(.tooLarge) { try Gzip.decompress(bomb, limit: 1 << 20, path: "x").count }
    }

    func testAnythingCutShortIsAnError() throws {
        let packed = try Gzip.compress(Array("main;boot 12\nmain;init 7\n".utf8), path: "x")
        for length in 0..<packed.count {
            expect(.cutShort) { try Gzip.decompress(Array(packed[..<length]), limit: 1 << 20, path: "x") }
        }
    }

    func testDamageIsAnError() throws {
        let packed = try Gzip.compress(Array("main;boot 12\n".utf8), path: "x")
        expect(.malformed) { try Gzip.decompress(Array("not gzip at all".utf8), limit: 100, path: "x") }
        expect(.malformed) { try Gzip.decompress(packed + packed, limit: 100, path: "x") }
        var wrongSum = packed
        wrongSum[packed.count - 6] ^= 0xFF
        expect(.malformed) { try Gzip.decompress(wrongSum, limit: 100, path: "x") }
    }
}
