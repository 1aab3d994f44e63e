import Foundation
import XCTest

@testable import GuestObserver

/// Call stacks of kernels of which every instruction is known.
final class CallStackTests: XCTestCase {
    private func boot(
        _ arguments: (String) throws -> [String], symbols: GuestSymbols,
        milestones: [GuestObservation.Milestone], rules: PlatformRules? = nil
    ) async throws -> ProfiledBoot {
        try await ProfiledBoot.take(
            { ["-m", "16"] + (try arguments($0)) },
            following: GuestProfileRequest(symbols: symbols, rules: rules), milestones: milestones)
    }

    private func callingKernel(
        symbols text: String = HandmadeKernel.callingSymbols,
        milestones: [GuestObservation.Milestone] = [.address(HandmadeKernel.callingEnd)]
    ) async throws -> ProfiledBoot {
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
        func boot(turns: Int) async throws -> ProfiledBoot {
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
