import BootTestSupport
import Foundation
import XCTest

@testable import GuestObserver

/// A distribution's kernel, booted exactly, its stacks named from its own image.
final class LinuxExactBootTests: XCTestCase {
    private struct Outcome: Equatable {
        var milestones: [GuestCounters.MilestoneReading?]
        var stacks: Data
    }

    private func boot(symbols: GuestSymbols, name: String, on qemu: TestedQEMU) async throws -> Outcome {
        let plugin = try await GuestPlugin.prepared()
        let linux = try Guests.linuxCloud()
        return try await withTemporaryFolder { folder in
            // Another folder, of another name's length, must make no difference.
            let folder = folder + "/" + name
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let counters = try GuestCounters(
                plugin: plugin, folder: folder,
                observing: GuestObservation(
                    milestones: [.serialText("Linux version"), .serialText("Run /init")], final: 1,
                    serialFile: folder + "/console.log",
                    profile: GuestProfileRequest(
                        symbols: symbols, kernel: KernelImage(path: linux.kernel))))
            let recipe = ExactRecipe(
                arguments: [
                    "-M", "pc", "-nodefaults", "-display", "none", "-no-reboot", "-m", "256", "-kernel",
                    linux.kernel, "-initrd", linux.initialRAMDisk, "-append",
                    "console=ttyS0 panic=-1",
                ], serialFile: folder + "/console.log", kernelIsLinux: true)
            XCTAssertEqual(recipe.refusals, [])
            XCTAssertEqual(recipe.warnings, [])
            try await QEMURun.run(recipe.arguments + counters.qemuArguments, seconds: 240, on: qemu)
            XCTAssertEqual(try counters.profileSummary().contextsWithoutRoom, 0)
            return Outcome(
                milestones: try counters.milestones(),
                stacks: try Data(contentsOf: URL(fileURLWithPath: counters.foldedStacks)))
        }
    }

    func testTwoBootsAreTheSameToTheLastStack() async throws {
        let symbols = try SymbolFile(path: try Guests.linuxCloud().kernel).read()
        try await TestedQEMU.each { qemu in
            let first = try await boot(symbols: symbols, name: "a", on: qemu)
            let second = try await boot(symbols: symbols, name: "another folder", on: qemu)
            XCTAssertEqual(first.milestones, second.milestones, "\(qemu)")
            XCTAssertTrue(first.stacks == second.stacks, "the folded stacks differ on \(qemu)")
            try check(first, on: qemu)
        }
    }

    private func check(_ boot: Outcome, on qemu: TestedQEMU) throws {
        let lines = String(decoding: boot.stacks, as: UTF8.self).split(separator: "\n")
        let weights = lines.compactMap { line in line.split(separator: " ").last.flatMap { UInt64($0) } }
        func weight(_ condition: (Substring) -> Bool) -> UInt64 {
            zip(lines, weights).filter { condition($0.0) }.map(\.1).reduce(0, +)
        }
        XCTAssertEqual(
            weights.reduce(0, +), try XCTUnwrap(boot.milestones[1]).reading.instructions, "\(qemu)")
        XCTAssertGreaterThan(weight { $0.hasPrefix("[kernel];start_kernel;setup_arch") }, 0, "\(qemu)")
        XCTAssertGreaterThan(weight { $0.hasPrefix("[decompressor]") }, 0, "\(qemu)")
        let kernel = weight { $0.hasPrefix("[kernel]") || $0.hasPrefix("[interrupts]") }
        let unknown = weight { $0.contains("[unknown]") }
        XCTAssertLessThan(unknown * 100, kernel, "unknown frames carry under 1 % on \(qemu)")
    }
}
