import Foundation
import XCTest

@testable import GuestObserver

/// Call stacks of kernels of which every instruction is known.
final class CallStackTests: XCTestCase {
    /// The folded stacks of one exact boot.
    private struct Profile {
        var stacks: [String: UInt64]
        var phases: [[String: UInt64]]
        var instructions: UInt64
        var summary: GuestProfileSummary
    }

    private func boot(
        _ arguments: (String) throws -> [String], symbols: GuestSymbols,
        milestones: [GuestObservation.Milestone], rules: PlatformRules? = nil
    ) async throws -> Profile {
        let plugin = try await GuestPlugin.prepared()
        return try await withTemporaryFolder { folder in
            let counters = try GuestCounters(
                plugin: plugin, folder: folder,
                observing: GuestObservation(
                    milestones: milestones, final: milestones.count - 1, serialFile: folder + "/console.log",
                    profile: GuestProfileRequest(symbols: symbols, rules: rules)))
            let recipe = ExactRecipe(
                arguments: QEMURun.firmwareAlone + HandmadeKernel.exitDevice + (try arguments(folder)),
                serialFile: folder + "/console.log", kernelIsLinux: false)
            let said = try await QEMURun.run(recipe.arguments + counters.qemuArguments, seconds: 60)
            XCTAssertEqual(said, "")
            let last = try XCTUnwrap(try counters.milestones().last ?? nil)
            return Profile(
                stacks: try read(counters.foldedStacks),
                phases: try milestones.indices.map { try read(counters.foldedStacks(upTo: $0)) },
                instructions: last.reading.instructions, summary: try counters.profileSummary())
        }
    }

    private func read(_ path: String) throws -> [String: UInt64] {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return try text.split(separator: "\n").reduce(into: [:]) { stacks, line in
            let space = try XCTUnwrap(line.lastIndex(of: " "))
            stacks[String(line[..<space])] = try XCTUnwrap(UInt64(line[line.index(after: space)...]))
        }
    }

    private func callingKernel(
        symbols text: String = HandmadeKernel.callingSymbols,
        milestones: [GuestObservation.Milestone] = [.address(HandmadeKernel.callingEnd)]
    ) async throws -> Profile {
        let symbols = try SymbolText.parse(Array(text.utf8), place: "handmade")
        return try await boot(
            { ["-kernel", try HandmadeKernel.write(HandmadeKernel.calling, in: $0)] }, symbols: symbols,
            milestones: milestones,
            rules: PlatformRules(
                name: "handmade", followed: [.init(first: 0x100020, last: 0x100047)], stackSize: 0))
    }

    func testEveryInstructionIsGivenToItsCallers() async throws {
        let profile = try await callingKernel()
        let kernel = profile.stacks.filter { $0.key.hasPrefix("[kernel]") }
        // main: 2 moves and ten times call, dec, jnz; outer: two calls and a jump; and so on.
        let expected: [String: UInt64] = [
            "[kernel];main": 32, "[kernel];main;outer": 30, "[kernel];main;outer;inner": 60,
            "[kernel];main;tail": 20,
        ]
        XCTAssertEqual(kernel, expected)
        XCTAssertEqual(profile.stacks.values.reduce(0, +), profile.instructions)
        XCTAssertEqual(profile.summary.symbolsEntered, 4)
        XCTAssertEqual(profile.summary.warnings(symbols: 4), [])
    }

    func testPhasesShareTheWholeAmongThem() async throws {
        let profile = try await callingKernel(
            milestones: [.address(0x100020), .address(0x100043), .address(HandmadeKernel.callingEnd)])
        XCTAssertNil(profile.phases[0].keys.first { $0.hasPrefix("[kernel]") })
        let second = profile.phases[1]
        XCTAssertEqual(second, ["[kernel];main": 3, "[kernel];main;outer": 1])
        let sum = profile.phases.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
        XCTAssertEqual(sum, profile.stacks)
    }

    func testAKernelWithoutSymbolsShowsAddresses() async throws {
        let profile = try await callingKernel(symbols: "")
        XCTAssertEqual(profile.stacks["[kernel];[unknown];0x100037;0x100043"], 60)
    }

    func testSymbolsOfAnotherKernelAreSaidToBe() async throws {
        let profile = try await callingKernel(symbols: "00900000 T elsewhere\n")
        XCTAssertEqual(profile.summary.symbolsEntered, 0)
        XCTAssertTrue(profile.summary.warnings(symbols: 1)[0].contains("another kernel"))
    }

    func testALoopTurnMoreInTinyIsFourInstructionsInItsFunctionAndNowhereElse() async throws {
        let tiny = Guests.path("tiny/tiny.elf")
        try XCTSkipUnless(FileManager.default.fileExists(atPath: tiny), "tiny: make -C Guests tiny")
        let symbols = try SymbolFile(path: tiny).read()
        func boot(turns: Int) async throws -> Profile {
            let command = ["-kernel", tiny, "-append", "turns=check_payload:\(turns)"]
            return try await self.boot(
                { _ in command }, symbols: symbols,
                milestones: [.address(try XCTUnwrap(symbols.address(of: "power_off")))])
        }
        let before = try await boot(turns: 1)
        let after = try await boot(turns: 2)
        XCTAssertEqual(after.instructions - before.instructions, 4)
        let changed = after.stacks.filter { before.stacks[$0.key] != $0.value }
        XCTAssertEqual(changed.count, 1, "\(changed)")
        XCTAssertEqual(changed.keys.first?.split(separator: ";").last, "check_payload")
        let unknown = before.stacks.filter { $0.key.contains("[unknown]") }.values.reduce(0, +)
        XCTAssertLessThan(unknown * 100, before.instructions)
    }
}
