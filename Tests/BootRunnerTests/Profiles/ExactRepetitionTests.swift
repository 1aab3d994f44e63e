import BootModel
import BootStore
import BootTestSupport
import GuestObserver
import XCTest

@testable import BootRunner

final class ExactRepetitionTests: XCTestCase {
    /// The notes on a run of boots with these hashes at 1, 2, 3 … million instructions, and these counts.
    ///
    /// The last block of each hash lies at this address of `addresses`, in a kernel of these symbols.
    private func notes(
        _ hashes: [[UInt64]], counts: [Double], addresses: [UInt64: UInt64] = [:], symbols: [String] = []
    ) throws -> [String] {
        let folder = try RunFolder.create(at: try temporaryFolder() + "/run")
        let boots = zip(hashes, counts).enumerated().map { place, boot in
            Boot(
                index: place + 1, purpose: .timed, startedAt: 1, outcome: .init(.booted),
                milestones: [
                    .init(name: "kernel", elapsed: .seconds(1)), .init(name: "booted", elapsed: .seconds(2)),
                ],
                samples: [
                    "guest-instructions": boot.1, "guest-instructions@power-on": 1_500_000,
                    "guest-instructions@kernel": boot.1 - 1_500_000,
                ])
        }
        for (boot, values) in zip(boots, hashes) {
            let checkpoints = values.enumerated().map { place, hash in
                let count = UInt64(place + 1) * 1_000_000
                return BlockHashes.Checkpoint(
                    blocks: count / 5, instructions: count, hash: hash, address: addresses[hash])
            }
            try ExactRepetition.keep(
                BlockHashes(checkpoints: checkpoints), upTo: .init(instructions: 3_500_000, blocks: 700_000),
                in: try folder.bootFolder(boot.index))
        }
        let plan = Plan(
            command: ["qemu-system-i386"], script: BootScript(end: .poweredOff),
            boots: boots.map { .init(index: $0.index, purpose: $0.purpose) }, collectors: [], isExact: true,
            symbols: symbols)
        let fingerprint = Fingerprint(
            host: .init(processor: "", processors: 1, kernel: "", governor: "", hypervisor: ""),
            qemu: "7.2.22",
            accelerator: "tcg")
        return ExactRepetition.notes(
            Run(scenario: "s", plan: plan, fingerprint: fingerprint, metrics: [], boots: boots), in: folder)
    }

    func testBootsThatPartedAreSaidWithTheInstructionsAndThePhase() throws {
        let notes = try notes(
            [[1, 2, 3], [1, 2, 3], [1, 2, 9]], counts: [3_500_000, 3_500_000, 3_500_777])
        XCTAssertEqual(notes.count, 1)
        XCTAssertTrue(
            notes[0].contains(
                "boots 1 and 3 parted between instruction 2,000,000 and 3,000,000, in the phase kernel"),
            notes[0])
    }

    func testThePlaceWhereBootsPartedHasTheNamesOfItsFunctions() throws {
        let map = try temporaryFolder() + "/System.map"
        try "00100000 T read_clock\n00100040 T unpack\n00100080 T probe\n".write(
            toFile: map, atomically: true, encoding: .utf8)
        let notes = try notes(
            [[1, 2, 3], [1, 2, 9]], counts: [3_500_000, 3_500_777],
            addresses: [1: 0x10_0000, 2: 0x10_0044, 3: 0x10_0080, 9: 0x10_0000], symbols: [map])
        XCTAssertTrue(
            notes.first?.contains(
                "in the phase kernel, behind unpack+0x4, before probe in one and read_clock in the other")
                ?? false,
            "\(notes)")
    }

    func testBootsThatPartedAtTheirEndAreSaidToo() throws {
        let notes = try notes([[1, 2, 3], [1, 2, 3]], counts: [3_500_000, 3_500_001])
        XCTAssertTrue(notes.first?.contains("parted after instruction 3,000,000") ?? false, "\(notes)")
    }

    func testTheSameBootIsNotRemarkedOn() throws {
        // What was executed behind the end is no part of the boot.
        XCTAssertEqual(try notes([[1, 2, 3, 4], [1, 2, 3, 5]], counts: [3_500_000, 3_500_000]), [])
    }
}
