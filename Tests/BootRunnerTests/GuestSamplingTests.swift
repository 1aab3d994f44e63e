import BootModel
import BootTestSupport
import Foundation
import Glibc
import XCTest

@testable import BootRunner

/// Samplers of the guest in real boots.
final class GuestSamplingTests: XCTestCase {
    func testBothProcessorsAreSampledAndNamedByEitherSampler() async throws {
        for sampler in [Plan.Collector.guestRegisters, .guestStacks] {
            let (boot, folded) = try await sampled(sampler, arguments: ["-smp", "2"])
            XCTAssertEqual(boot.outcome, BootOutcome(.booted), sampler.rawValue)
            XCTAssertTrue(folded.contains("CPU 0;[kernel];"), folded)
            XCTAssertTrue(folded.contains("CPU 1;[idle] "), folded)
            let inner = ["crc32", "copy_", "unpack_", "read_", "clear_"]
            XCTAssertTrue(inner.contains { folded.contains(";\($0)") }, folded)
            XCTAssertTrue(
                boot.notes.contains {
                    $0.contains("\(sampler.rawValue): ") && $0.contains("the guest stood still for")
                },
                "\(boot.notes)")
        }
    }

    func testStacksShowWhoCalledWhom() async throws {
        let (boot, folded) = try await sampled(.guestStacks)
        XCTAssertTrue(folded.contains("CPU 0;[kernel];_start;kernel_main;decompress_phase;"), folded)
        XCTAssertTrue(boot.notes.contains { $0.contains("found by frame pointers") }, "\(boot.notes)")
    }

    func testAGuestThatFailsWhileItIsSampledFailsAsAnyOther() async throws {
        for sampler in [Plan.Collector.guestRegisters, .guestStacks] {
            var (boot, _) = try await sampled(sampler, knobs: "wrong=panic at=tables")
            XCTAssertEqual(boot.outcome.kind, .panicked, sampler.rawValue)
            (boot, _) = try await sampled(sampler, knobs: "wrong=reset at=tables")
            XCTAssertEqual(boot.outcome.kind, .reset, sampler.rawValue)
        }
    }

    func testQEMUThatDiesIsACrashAndNoFaultOfTheSampler() async throws {
        for sampler in [Plan.Collector.guestRegisters, .guestStacks] {
            let folder = try temporaryFolder()
            let assassin = Task {
                var victims: [Int32] = []
                for _ in 0..<200 where victims.isEmpty {
                    try await Task.sleep(for: .milliseconds(20))
                    victims = Processes.withArgument("-name\0\(folder)")
                }
                try await Task.sleep(for: .milliseconds(200))
                for victim in victims { kill(victim, SIGSEGV) }
            }
            var tiny = TinyBoot(in: folder)
            tiny.purpose = .sampled
            tiny.collectors = [sampler]
            tiny.arguments += ["-name", folder]
            let boot = try await tiny.take("wrong=hang at=decompress")
            try await assassin.value
            XCTAssertEqual(boot.outcome.kind, .crashed, "\(sampler): \(boot.outcome.detail)")
            XCTAssertEqual(Processes.withArgument(folder), [])
        }
    }

    private func sampled(
        _ sampler: Plan.Collector, knobs: String = "slow=decompress:200", arguments: [String] = []
    ) async throws -> (Boot, String) {
        var tiny = TinyBoot(in: try temporaryFolder())
        tiny.purpose = .sampled
        tiny.collectors = [sampler]
        tiny.arguments += arguments
        let boot = try await tiny.take(knobs)
        XCTAssertEqual(Processes.withArgument(tiny.folder), [])
        if boot.outcome.isBooted {
            // The phases have what the boot has, and no phase has another's.
            let phase = File.text(tiny.folder + "/guest-samples@decompress.folded")
            XCTAssertTrue(phase.contains("CPU 0;[kernel];"), phase)
            XCTAssertFalse(phase.contains("clear_memory"), phase)
        }
        return (boot, File.text(tiny.folder + "/guest-samples.folded"))
    }
}
