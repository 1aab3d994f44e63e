import BootTestSupport
import XCTest

@testable import GuestObserver

final class GuestCountersTests: XCTestCase {
    func testABootIsCountedAndReadAfterQEMUWasKilled() async throws {
        let plugin = try await GuestPlugin.prepared()
        try await TestedQEMU.each { qemu in
            try await withTemporaryFolder { folder in
                let counters = try GuestCounters(plugin: plugin, folder: folder)
                try await QEMURun.run(QEMURun.firmwareAlone + counters.qemuArguments, seconds: 1.5, on: qemu)
                let reading = try counters.read()
                // SeaBIOS takes tens of millions of instructions to find that there is nothing to boot.
                XCTAssertGreaterThan(reading.instructions, 100_000, "\(qemu)")
                XCTAssertGreaterThan(reading.blocks, 10_000, "\(qemu)")
                XCTAssertGreaterThan(reading.instructions, reading.blocks, "\(qemu)")
            }
        }
    }

    func testSeveralProcessorsAreCountedEachInItsSlot() async throws {
        let plugin = try await GuestPlugin.prepared()
        try await withTemporaryFolder { folder in
            let counters = try GuestCounters(plugin: plugin, folder: folder)
            let arguments = QEMURun.firmwareAlone + ["-smp", "2"] + counters.qemuArguments
            try await QEMURun.run(arguments, seconds: 1.5)
            let snapshot = try ChannelSnapshot(
                BootFile("guest.channel", in: folder).read(limit: ChannelLayout.size), place: "")
            let blocks = (0..<3).map {
                snapshot.word(ChannelLayout.slotsOffset + $0 * ChannelLayout.slotSize + 64)
            }
            XCTAssertGreaterThan(blocks[0], 0)
            XCTAssertGreaterThan(blocks[1], 0)
            XCTAssertEqual(blocks[2], 0)
        }
    }

    func testNothingIsReadBeforeQEMUHasLoadedThePlugin() async throws {
        try await withTemporaryFolder { folder in
            let counters = try GuestCounters(plugin: GuestPlugin(prebuiltAt: "/p.so"), folder: folder)
            await assertThrows(.notStarted, mentioning: "guest.channel") { try counters.read() }
        }
    }

    func testAFolderThatDoesNotExistIsNamed() async throws {
        await assertThrows(.fileUnusable, mentioning: "/nowhere/at all") {
            try GuestCounters(plugin: GuestPlugin(prebuiltAt: "/p.so"), folder: "/nowhere/at all")
        }
    }
}
