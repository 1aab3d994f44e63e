import Foundation
import XCTest

@testable import GuestObserver

/// A distribution's kernel, booted exactly, its stacks named from its own image.
final class LinuxExactBootTests: XCTestCase {
    private struct Outcome: Equatable {
        var milestones: [GuestCounters.MilestoneReading?]
        var stacks: Data
    }

    private func boot(symbols: GuestSymbols, name: String) async throws -> Outcome {
        let plugin = try await GuestPlugin.prepared()
        let kernel = Guests.path("linux-cloud/vmlinuz")
        return try await withTemporaryFolder { folder in
            // Another folder, of another name's length, must make no difference.
            let folder = folder + "/" + name
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let counters = try GuestCounters(
                plugin: plugin, folder: folder,
                observing: GuestObservation(
                    milestones: [.serialText("Linux version"), .serialText("Run /init")], final: 1,
                    serialFile: folder + "/console.log", profile: GuestProfileRequest(symbols: symbols)))
            let recipe = ExactRecipe(
                arguments: [
                    "-M", "pc", "-nodefaults", "-display", "none", "-no-reboot", "-m", "256", "-kernel",
                    kernel,
                    "-initrd", Guests.path("linux-cloud/initrd.cpio.gz"), "-append",
                    "console=ttyS0 panic=-1",
                ], serialFile: folder + "/console.log", kernelIsLinux: true)
            XCTAssertEqual(recipe.refusals, [])
            XCTAssertEqual(recipe.warnings, [])
            try await QEMURun.run(recipe.arguments + counters.qemuArguments, seconds: 240)
            XCTAssertEqual(try counters.profileSummary().contextsWithoutRoom, 0)
            return Outcome(
                milestones: try counters.milestones(),
                stacks: try Data(contentsOf: URL(fileURLWithPath: counters.foldedStacks)))
        }
    }

    func testTwoBootsAreTheSameToTheLastStack() async throws {
        let kernel = Guests.path("linux-cloud/vmlinuz")
        try XCTSkipUnless(FileManager.default.fileExists(atPath: kernel), "Linux: make guests")
        let symbols = try SymbolFile(path: kernel).read()
        let first = try await boot(symbols: symbols, name: "a")
        let second = try await boot(symbols: symbols, name: "another folder")
        XCTAssertEqual(first.milestones, second.milestones)
        XCTAssertTrue(first.stacks == second.stacks, "the folded stacks differ")

        let lines = String(decoding: first.stacks, as: UTF8.self).split(separator: "\n")
        let weights = lines.compactMap { line in line.split(separator: " ").last.flatMap { UInt64($0) } }
        XCTAssertEqual(weights.reduce(0, +), try XCTUnwrap(first.milestones[1]).reading.instructions)
        XCTAssertTrue(lines.contains { $0.hasPrefix("[kernel];start_kernel;setup_arch") })
        let unknown = zip(lines, weights).filter { $0.0.contains("[unknown]") }.map(\.1).reduce(0, +)
        XCTAssertLessThan(unknown * 100, weights.reduce(0, +), "unknown frames carry under 1 %")
    }
}
