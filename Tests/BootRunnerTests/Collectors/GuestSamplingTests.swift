import BootModel
import BootTestSupport
import Foundation
import Glibc
import GuestObserver
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

    func testALinuxOfTwoProcessorsIsSampledDownToItsBeginnings() async throws {
        _ = try RequiredTool.need("qemu-system-x86_64", package: "qemu-system-x86")
        let guest = try Guests.linuxCloud()
        var linux = TinyBoot(in: try temporaryFolder())
        linux.purpose = .sampled
        linux.collectors = [.guestStacks]
        linux.limits = Limits(boot: .seconds(120))
        linux.script = BootScript(end: .reached(.init(name: BootScript.booted, pattern: "BOOT-COMPLETE")))
        let boot = try await linux.take(command: [
            "qemu-system-x86_64", "-m", "256M", "-smp", "2", "-nodefaults", "-kernel", guest.kernel,
            "-initrd",
            guest.initialRAMDisk, "-append", "console=ttyS0 panic=-1 nokaslr",
        ])
        XCTAssertEqual(boot.outcome, BootOutcome(.booted))
        XCTAssertTrue(boot.notes.contains { $0.contains("found by return addresses") }, "\(boot.notes)")
        let stacks = File.text(linux.folder + "/guest-samples.folded").split(separator: "\n").map {
            line -> (frames: [Substring], weight: Int) in
            let frames = line.split(separator: ";")
            return (frames, frames.last?.split(separator: " ").last.flatMap { Int($0) } ?? 0)
        }
        XCTAssertEqual(Set(stacks.map(\.frames[0])), ["CPU 0", "CPU 1"])
        let kernel = stacks.filter { $0.frames[1] == "[kernel]" }
        func weight(_ condition: ([Substring]) -> Bool) -> Int {
            kernel.filter { condition($0.frames) }.map(\.weight).reduce(0, +)
        }
        let all = weight { _ in true }
        // The first processor runs start_kernel and what that calls, and the threads of its beginning.
        XCTAssertGreaterThan(weight { $0[0] == "CPU 0" && $0.contains("start_kernel") }, 0)
        let initialisation = weight {
            $0.contains("ret_from_fork") && $0.contains { ["do_one_initcall", "kthread"].contains($0) }
        }
        XCTAssertGreaterThan(initialisation, 0)
        let begun = weight { frames in
            ["start_kernel", "start_secondary", "ret_from_fork"].contains { frames.contains($0) }
        }
        XCTAssertGreaterThan(2 * begun, all, "of \(all) kernel stacks, \(begun) lead to a beginning")
        let lost = weight { $0.contains("[unknown callers]") }
        XCTAssertLessThan(5 * lost, all, "of \(all) kernel stacks, \(lost) lead to no beginning")
    }

    func testAStubThatFailsEndsTheSamplingWithANote() throws {
        let rubbish = GuestSamplingTests.packet("zz")
        for (answer, words) in [
            (nil, "the stub hung up"), (Array("\u{1b}[2Jno stub".utf8), "the stub hung up"),
            (GuestSamplingTests.packet("T05") + rubbish + rubbish, "is no answer"),
        ] {
            let notes = try notes(.guestStacks, of: answer)
            XCTAssertTrue(
                notes.contains {
                    $0.hasPrefix("guest-stacks ended before the boot did: ") && $0.contains(words)
                },
                "\(notes)")
        }
        let notes = try notes(.guestRegisters, of: Array("no monitor\n".utf8))
        XCTAssertEqual(
            notes, ["guest-registers ended before the boot did: QEMU answered what is no answer"])
    }

    /// What a sampler notes whose QEMU says `answer`, or nothing, and hangs up.
    private func notes(_ sampler: Plan.Collector, of answer: [UInt8]?) throws -> [String] {
        let folder = try temporaryFolder()
        let sampling = try GuestSampling(
            sampler, rate: 100, command: try QEMUCommandLine(["qemu-system-i386"]),
            request: GuestProfileRequest(symbols: GuestSymbols(symbols: [])), folder: folder, output: folder)
        sampling.attach(to: 0)
        let socket = try connected(to: "\(folder)/\(sampler.rawValue)")
        if let answer { send(socket, answer, answer.count, Int32(MSG_NOSIGNAL)) }
        shutdown(socket, Int32(SHUT_WR))
        defer { close(socket) }
        // Until the sampler has read all and hung up: then it has ended by itself.
        var bytes = [UInt8](repeating: 0, count: 4096)
        while recv(socket, &bytes, bytes.count, 0) > 0 {}
        return sampling.collect().notes
    }

    private func connected(to path: String) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected else { throw POSIXError(.ECONNREFUSED) }
        return descriptor
    }

    private static func packet(_ text: String) -> [UInt8] {
        let sum = text.utf8.reduce(UInt8(0), &+)
        return Array("+$\(text)#".utf8) + Array(String(sum, radix: 16).utf8)
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
