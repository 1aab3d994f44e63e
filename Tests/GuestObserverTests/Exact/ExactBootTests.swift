import BootTestSupport
import XCTest

@testable import GuestObserver

/// Boots of a kernel of which every instruction is known, on each QEMU.
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
        idleTurns: Int = 0, code: [UInt8]? = nil, on qemu: TestedQEMU
    ) async throws -> Outcome {
        let plugin = try await GuestPlugin.prepared()
        return try await withTemporaryFolder { folder in
            let kernel = try HandmadeKernel.write(
                code ?? HandmadeKernel.writing(text, idleTurns: idleTurns), in: folder)
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
            let said = try await QEMURun.run(recipe.arguments + counters.qemuArguments, seconds: 60, on: qemu)
            XCTAssertEqual(said, "")
            let log = try counters.serialLog()
            return Outcome(
                milestones: try counters.milestones(),
                perByte: (1...UInt64(text.utf8.count)).map { log.reading(atByte: $0)?.instructions },
                hashes: try counters.blockHashes().checkpoints)
        }
    }

    func testEachByteIsCountedAtTheInstructionThatWroteIt() async throws {
        try await TestedQEMU.each { qemu in
            let outcome = try await boot([], on: qemu)
            let counts = outcome.perByte.compactMap { $0 }
            XCTAssertEqual(
                counts.count, Self.text.utf8.count, "every byte is known on \(qemu), the last one too")
            for (earlier, later) in zip(counts, counts.dropFirst()) {
                XCTAssertEqual(later - earlier, HandmadeKernel.instructionsPerByte, "\(qemu)")
            }
        }
    }

    func testTwoBootsAgreeToTheInstructionAndInTheirHashes() async throws {
        let milestones: [GuestObservation.Milestone] = [.serialText("Phase"), .serialText("Phase two")]
        try await TestedQEMU.each { qemu in
            let first = try await boot(milestones, on: qemu)
            let second = try await boot(milestones, on: qemu)
            XCTAssertEqual(first.milestones, second.milestones, "\(qemu)")
            XCTAssertEqual(first.perByte, second.perByte, "\(qemu)")
            XCTAssertEqual(first.hashes, second.hashes, "\(qemu)")
            XCTAssertGreaterThan(first.hashes.count, 100, "\(qemu)")
        }
    }

    func testAnotherGuestHasAnotherHash() async throws {
        let text = String(repeating: "x", count: 2000)
        try await TestedQEMU.each { qemu in
            let first = BlockHashes(checkpoints: try await boot([], text: text, on: qemu).hashes)
            let second = BlockHashes(
                checkpoints: try await boot([], text: text, idleTurns: 1, on: qemu).hashes)
            let divergence = try XCTUnwrap(first.divergence(from: second))
            XCTAssertGreaterThan(divergence.after, 0, "the firmware is the same on \(qemu)")
        }
    }

    func testTwoBootsOfTinyPartInTheFunctionThatRanLongerInOne() async throws {
        let tiny = try Guests.tiny(), index = SymbolIndex(try SymbolFile(path: tiny).read())
        let plugin = try await GuestPlugin.prepared()
        func hashes(turns: Int, on qemu: TestedQEMU) async throws -> BlockHashes {
            try await withTemporaryFolder { folder in
                let serial = folder + "/console.log"
                let counters = try GuestCounters(
                    plugin: plugin, folder: folder,
                    observing: GuestObservation(serialFile: serial, hashInterval: 100))
                let recipe = ExactRecipe(
                    arguments: QEMURun.firmwareAlone + [
                        "-m", "64", "-kernel", tiny, "-append", "turns=check_payload:\(turns)",
                    ], serialFile: serial, kernelIsLinux: false)
                try await QEMURun.run(recipe.arguments + counters.qemuArguments, seconds: 60, on: qemu)
                return try counters.blockHashes()
            }
        }
        try await TestedQEMU.each { qemu in
            // The numbers have as many digits, so that the boots are the same until the function's loop.
            let short = try await hashes(turns: 100_000, on: qemu),
                long = try await hashes(turns: 900_000, on: qemu)
            XCTAssertLessThanOrEqual(long.checkpoints.count, 2048, "\(qemu)")
            XCTAssertEqual(short.divergence(from: short), nil, "\(qemu)")
            let parted = try XCTUnwrap(short.divergence(from: long), "\(qemu)")
            let names = ([parted.lastCommon].compactMap { $0 } + parted.firstApart).map {
                index.place(of: $0) ?? "?"
            }
            XCTAssertEqual(names.count, 3, "\(qemu)")
            // The longer boot is still in its loop where the shorter one has left it.
            XCTAssertTrue(names[0].hasPrefix("check_payload"), "\(qemu): \(names)")
            XCTAssertFalse(names[1].hasPrefix("check_payload"), "\(qemu): \(names)")
            XCTAssertTrue(names[2].hasPrefix("check_payload"), "\(qemu): \(names)")
        }
    }

    func testMilestonesOfAllKindsAgreeOnWhereTheyAre() async throws {
        let milestones: [GuestObservation.Milestone] = [
            .address(HandmadeKernel.entry), .serialText("Phase"), .serialText("two"), .serialBytes(19),
            .address(HandmadeKernel.end),
        ]
        try await TestedQEMU.each { qemu in
            let reached = try await boot(milestones, on: qemu).milestones.map { try XCTUnwrap($0) }
            let counts = reached.map(\.reading.instructions)
            // mov, then for each byte lods, test, jz, mov, out and, but for the last byte, jmp.
            XCTAssertEqual(counts[1] - counts[0], 1 + 5 * 6 - 1, "\(qemu)")
            XCTAssertEqual(counts[2], counts[3], "byte 19 ends the second text on \(qemu)")
            XCTAssertEqual(reached[2].serialBytes, 19, "\(qemu)")
            let bytes = UInt64(Self.text.utf8.count)
            XCTAssertEqual(
                counts[4] - counts[0], 1 + bytes * 6 + 3, "the end is found by lods, test, jz on \(qemu)")
            XCTAssertTrue(reached.allSatisfy { $0.hash != 0 }, "\(qemu)")
        }
    }

    func testWithoutAFileTheRuleGivesTheSameCountInEveryBoot() async throws {
        let qemu = try TestedQEMU.host()
        let first = try await boot([], serialIsSeen: false, on: qemu)
        let second = try await boot([], serialIsSeen: false, on: qemu)
        XCTAssertFalse(first.perByte.compactMap { $0 }.isEmpty)
        XCTAssertEqual(first.perByte, second.perByte)
    }

    func testRegistersTellWhatThePortsFileTells() async throws {
        let qemu = try TestedQEMU.newer()
        let milestones: [GuestObservation.Milestone] = [.serialText("two\nD"), .serialBytes(5)]
        for code in [nil, HandmadeKernel.writingInManyWays(Self.text)] {
            let byFile = try await boot(milestones, code: code, on: qemu)
            let byRegisters = try await boot(milestones, serialIsSeen: false, code: code, on: qemu)
            XCTAssertEqual(byRegisters.perByte.compactMap { $0 }.count, Self.text.utf8.count)
            XCTAssertEqual(byRegisters.perByte, byFile.perByte)
            // The file is looked at a block later, which is only seen by the hash.
            XCTAssertEqual(byRegisters.milestones.map { $0?.reading }, byFile.milestones.map { $0?.reading })
            XCTAssertEqual(
                byRegisters.milestones.map { $0?.serialBytes }, byFile.milestones.map { $0?.serialBytes })
            XCTAssertEqual(byFile.milestones.compactMap { $0 }.map(\.serialBytes), [21, 5])
        }
    }

    func testOutputsThatSendNothingAreNoBytes() async throws {
        let code = HandmadeKernel.writingInManyWays(Self.text)
        try await TestedQEMU.each { qemu in
            let perByte = try await boot([], code: code, on: qemu).perByte.compactMap { $0 }
            XCTAssertEqual(perByte.count, Self.text.utf8.count, "\(qemu)")
            XCTAssertEqual(perByte[1] - perByte[0], 2, "mov, out on \(qemu)")
            XCTAssertEqual(perByte[2] - perByte[1], 2, "mov, out on \(qemu)")
            XCTAssertEqual(perByte[3] - perByte[2], 2, "mov, outs on \(qemu)")
        }
    }

    func testTextsAreFoundInAnyOrderAndWithoutThoseThatNeverCome() async throws {
        try await TestedQEMU.each { qemu in
            let reached = try await boot(
                [.serialText("two"), .serialText("never"), .serialText("Phase"), .serialText("DONE")],
                on: qemu
            ).milestones
            XCTAssertEqual(reached.map { $0?.serialBytes }, [19, nil, 5, 24], "\(qemu)")
        }
    }

    func testProcessorsThatRanAreKnown() async throws {
        let plugin = try await GuestPlugin.prepared()
        try await TestedQEMU.each { qemu in
            for count in [1, 2] {
                try await withTemporaryFolder { folder in
                    let kernel = try HandmadeKernel.write(HandmadeKernel.writing("x"), in: folder)
                    let counters = try GuestCounters(plugin: plugin, folder: folder)
                    let arguments =
                        QEMURun.firmwareAlone + HandmadeKernel.exitDevice
                        + ["-kernel", kernel, "-smp", "1,sockets=2,maxcpus=2"]
                        + (count == 1
                            ? [] : ["-device", "qemu64-x86_64-cpu,socket-id=1,core-id=0,thread-id=0"])
                    let said = try await QEMURun.run(
                        arguments + counters.qemuArguments, seconds: 60, on: qemu)
                    XCTAssertEqual(said, "")
                    XCTAssertEqual(try counters.processorsThatRan(), count, "\(qemu)")
                }
            }
        }
    }

    func testAMilestoneThatNeverComesIsNotReached() async throws {
        try await TestedQEMU.each { qemu in
            let outcome = try await boot([.serialText("Phase three"), .address(0xdead_0000)], on: qemu)
            XCTAssertEqual(outcome.milestones, [nil, nil], "\(qemu)")
        }
    }
}
