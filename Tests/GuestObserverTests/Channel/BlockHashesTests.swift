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

    func testBootsOfWhichOneWasThinnedOutAreComparedWhereBothHaveCheckpoints() {
        let thin = BlockHashes(checkpoints: [
            .init(blocks: 2, instructions: 20, hash: 2), .init(blocks: 4, instructions: 40, hash: 4),
        ])
        XCTAssertNil(hashes([1, 2, 3, 4, 5]).divergence(from: thin))
        XCTAssertEqual(thin.divergence(from: hashes([1, 2, 3, 9])), .init(after: 20, before: 40))
    }

    func testTheCodeThatRanOnBothSidesOfAPartingIsTold() {
        func boot(_ addresses: [UInt64]) -> BlockHashes {
            BlockHashes(
                checkpoints: addresses.enumerated().map {
                    let blocks = UInt64($0.offset + 1)
                    return .init(blocks: blocks, instructions: blocks, hash: $0.element, address: $0.element)
                })
        }
        let divergence = boot([0x10, 0x20, 0x30]).divergence(from: boot([0x10, 0x20, 0x40]))
        XCTAssertEqual(divergence?.lastCommon, 0x20)
        XCTAssertEqual(divergence?.firstApart, [0x30, 0x40])
    }

    func testEntriesAreReadAsThePluginWritesThem() {
        let words: [UInt64] = [1, 2, 3, 0, 4, 5, 6, 7, 8]
        let bytes = words.flatMap { word in withUnsafeBytes(of: word) { Array($0) } }
        XCTAssertEqual(
            BlockHashes(bytes).checkpoints,
            [
                .init(blocks: 1, instructions: 2, hash: 3, address: 0),
                .init(blocks: 4, instructions: 5, hash: 6, address: 7),
            ])
    }
}
