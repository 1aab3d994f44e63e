import XCTest

@testable import GuestObserver

/// Boots of a kernel of which every instruction is known.
final class ExactBootTests: XCTestCase {
    private static let text = "Phase one\nPhase two\nDONE\n"

    /// What one exact boot of the handmade kernel yields.
    private struct Outcome: Equatable {
        var milestones: [GuestCounters.MilestoneReading?]
        var perByte: [UInt64?]
        var hashes: [BlockHashes.Checkpoint]
    }

    private func boot(
        _ milestones: [GuestObservation.Milestone], serialIsSeen: Bool = true, text: String = text,
        idleTurns: Int = 0
    ) async throws -> Outcome {
        let plugin = try await GuestPlugin.prepared()
        return try await withTemporaryFolder { folder in
            let kernel = try HandmadeKernel.write(
                HandmadeKernel.writing(text, idleTurns: idleTurns), in: folder)
            let serial = folder + "/console.log"
            let counters = try GuestCounters(
                plugin: plugin, folder: folder,
                observing: GuestObservation(
                    milestones: milestones, final: milestones.isEmpty ? nil : milestones.count - 1,
                    serialFile: serialIsSeen ? serial : nil, logsSerial: true, hashInterval: 500))
            let recipe = ExactRecipe(
                arguments: QEMURun.firmwareAlone + HandmadeKernel.exitDevice + ["-kernel", kernel],
                serialFile: serial, kernelIsLinux: false)
            XCTAssertEqual(recipe.refusals, [])
            let said = try await QEMURun.run(recipe.arguments + counters.qemuArguments, seconds: 60)
            XCTAssertEqual(said, "")
            let log = try counters.serialLog()
            return Outcome(
                milestones: try counters.milestones(),
                perByte: (1...UInt64(text.utf8.count)).map { log.reading(atByte: $0)?.instructions },
                hashes: try counters.blockHashes().checkpoints)
        }
    }

    func testEachByteIsCountedAtTheInstructionThatWroteIt() async throws {
        let outcome = try await boot([])
        let counts = outcome.perByte.compactMap { $0 }
        XCTAssertEqual(counts.count, Self.text.utf8.count, "every byte is known, the last one too")
        for (earlier, later) in zip(counts, counts.dropFirst()) {
            XCTAssertEqual(later - earlier, HandmadeKernel.instructionsPerByte)
        }
    }

    func testTwoBootsAgreeToTheInstructionAndInTheirHashes() async throws {
        let milestones: [GuestObservation.Milestone] = [.serialText("Phase"), .serialText("Phase two")]
        let first = try await boot(milestones)
        let second = try await boot(milestones)
        XCTAssertEqual(first.milestones, second.milestones)
        XCTAssertEqual(first.perByte, second.perByte)
        XCTAssertEqual(first.hashes, second.hashes)
        XCTAssertGreaterThan(first.hashes.count, 100)
    }

    func testAnotherGuestHasAnotherHash() async throws {
        let text = String(repeating: "x", count: 2000)
        let first = BlockHashes(checkpoints: try await boot([], text: text).hashes)
        let second = BlockHashes(checkpoints: try await boot([], text: text, idleTurns: 1).hashes)
        let divergence = try XCTUnwrap(first.divergence(from: second))
        XCTAssertGreaterThan(divergence.after, 0, "the firmware is the same")
    }

    func testMilestonesOfAllKindsAgreeOnWhereTheyAre() async throws {
        let outcome = try await boot([
            .address(HandmadeKernel.entry), .serialText("Phase"), .serialText("two"), .serialBytes(19),
            .address(HandmadeKernel.end),
        ])
        let reached = try outcome.milestones.map { try XCTUnwrap($0) }
        let counts = reached.map(\.reading.instructions)
        // mov, then for each byte lods, test, jz, mov, out and, but for the last byte, jmp.
        XCTAssertEqual(counts[1] - counts[0], 1 + 5 * 6 - 1)
        XCTAssertEqual(counts[2], counts[3], "byte 19 ends the second text")
        XCTAssertEqual(reached[2].serialBytes, 19)
        let bytes = UInt64(Self.text.utf8.count)
        XCTAssertEqual(counts[4] - counts[0], 1 + bytes * 6 + 3, "the end is found by lods, test, jz")
        XCTAssertTrue(reached.allSatisfy { $0.hash != 0 })
    }

    func testWithoutAFileTheRuleGivesTheSameCountInEveryBoot() async throws {
        let first = try await boot([], serialIsSeen: false)
        let second = try await boot([], serialIsSeen: false)
        let counts = first.perByte.compactMap { $0 }
        XCTAssertFalse(counts.isEmpty)
        XCTAssertEqual(first.perByte, second.perByte)
    }

    func testAMilestoneThatNeverComesIsNotReached() async throws {
        let outcome = try await boot([.serialText("Phase three"), .address(0xdead_0000)])
        XCTAssertEqual(outcome.milestones, [nil, nil])
    }
}
