import XCTest

@testable import GuestObserver

final class BlockHashesTests: XCTestCase {
    private func hashes(_ values: [UInt64]) -> BlockHashes {
        BlockHashes(
            checkpoints: values.enumerated().map {
                let blocks = UInt64($0.offset + 1)
                return .init(blocks: blocks, instructions: blocks * 10, hash: $0.element)
            })
    }

    func testEqualBootsHaveNotParted() {
        XCTAssertNil(hashes([1, 2, 3]).divergence(from: hashes([1, 2, 3])))
        XCTAssertNil(hashes([1, 2, 3]).divergence(from: hashes([1, 2])))
    }

    func testTheFirstDifferenceTellsWhereBootsParted() {
        let divergence = hashes([1, 2, 3, 4]).divergence(from: hashes([1, 2, 9, 4]))
        XCTAssertEqual(divergence, .init(after: 20, before: 30))
        XCTAssertEqual(hashes([5]).divergence(from: hashes([6])), .init(after: 0, before: 10))
    }

    func testEntriesAreReadAsThePluginWritesThem() {
        let words: [UInt64] = [1, 2, 3, 0, 4, 5, 6, 0, 7]
        let bytes = words.flatMap { word in withUnsafeBytes(of: word) { Array($0) } }
        XCTAssertEqual(
            BlockHashes(bytes).checkpoints,
            [.init(blocks: 1, instructions: 2, hash: 3), .init(blocks: 4, instructions: 5, hash: 6)])
    }
}
