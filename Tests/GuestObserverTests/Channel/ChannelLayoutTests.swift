import XCTest

@testable import GuestObserver

final class ChannelLayoutTests: XCTestCase {
    private func channel(
        magic: UInt64 = ChannelLayout.magic, version: UInt32 = ChannelLayout.version,
        size: Int = ChannelLayout.size
    ) -> [UInt8] {
        var bytes = withUnsafeBytes(of: magic) { Array($0) } + withUnsafeBytes(of: version) { Array($0) }
        bytes += [UInt8](repeating: 0, count: size - bytes.count)
        return bytes
    }

    func testTheLayoutEndsWhereTheFileEnds() {
        XCTAssertEqual(
            ChannelLayout.slotsOffset + ChannelLayout.processors * ChannelLayout.slotSize,
            ChannelLayout.size)
    }

    func testNumbersOfAllProcessorsAndKindsOfCodeAreSummed() throws {
        var bytes = channel()
        bytes[ChannelLayout.slotsOffset] = 3
        bytes[ChannelLayout.slotsOffset + 7 * 8] = 4
        bytes[ChannelLayout.slotsOffset + 8 * 8] = 9
        bytes[ChannelLayout.size - ChannelLayout.slotSize] = 5
        let totals = try ChannelSnapshot(bytes, place: "c").totals
        XCTAssertEqual(totals.instructions, 12)
        XCTAssertEqual(totals.blocks, 9)
    }

    func testHugeNumbersDoNotCrashTheReader() throws {
        let bytes = channel().enumerated().map { $0.offset < 4096 ? $0.element : 0xff }
        _ = try ChannelSnapshot(bytes, place: "c").totals
    }

    func testAnotherVersionIsNamed() async {
        await assertThrows(.channelCorrupt, mentioning: "version 99") {
            try ChannelSnapshot(channel(version: 99), place: "c")
        }
    }

    func testAFileCutShortOrOfAnotherKindIsRefused() async {
        for bytes in [channel(size: 4096), channel(magic: 1)] {
            await assertThrows(.channelCorrupt, mentioning: "did not write") {
                try ChannelSnapshot(bytes, place: "c")
            }
        }
    }
}
