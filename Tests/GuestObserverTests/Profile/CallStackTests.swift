import BootTestSupport
import Foundation
import XCTest

@testable import GuestObserver

/// Call stacks of kernels of which every instruction is known, on each QEMU.
final class CallStackTests: XCTestCase {
    private func boot(
        _ arguments: (String) throws -> [String], symbols: GuestSymbols,
        milestones: [GuestObservation.Milestone], rules: PlatformRules? = nil, on qemu: TestedQEMU
    ) async throws -> ProfiledBoot {
        try await ProfiledBoot.take(
            { ["-m", "16"] + (try arguments($0)) },
            following: GuestProfileRequest(symbols: symbols, rules: rules), milestones: milestones, on: qemu)
    }

    private func callingKernel(
        symbols text: String = HandmadeKernel.callingSymbols,
        milestones: [GuestObservation.Milestone] = [.address(HandmadeKernel.callingEnd)], on qemu: TestedQEMU
    ) async throws -> ProfiledBoot {
        let symbols = try SymbolText.parse(Array(text.utf8), place: "handmade")
        return try await boot(
            { ["-kernel", try HandmadeKernel.write(HandmadeKernel.calling, in: $0)] }, symbols: symbols,
            milestones: milestones,
            rules: PlatformRules(
                name: "handmade", followed: [.init(first: 0x100020, last: 0x100047)], stackSize: 0),
            on: qemu)
    }

    func testEveryInstructionIsGivenToItsCallers() async throws {
        try await TestedQEMU.each { qemu in
            let profile = try await callingKernel(on: qemu)
            let kernel = profile.stacks.filter { $0.key.hasPrefix("[kernel]") }
            // main: 2 moves and ten times call, dec, jnz; outer: two calls and a jump; and so on.
            let expected: [String: UInt64] = [
                "[kernel];main": 32, "[kernel];main;outer": 30, "[kernel];main;outer;inner": 60,
                "[kernel];main;tail": 20,
            ]
            XCTAssertEqual(kernel, expected, "\(qemu)")
            XCTAssertEqual(profile.stacks.values.reduce(0, +), profile.instructions, "\(qemu)")
            XCTAssertEqual(profile.summary.symbolsEntered, 4, "\(qemu)")
            XCTAssertEqual(profile.summary.warnings(symbols: 4), [], "\(qemu)")
        }
    }

    func testPhasesShareTheWholeAmongThem() async throws {
        try await TestedQEMU.each { qemu in
            let profile = try await callingKernel(
                milestones: [.address(0x100020), .address(0x100043), .address(HandmadeKernel.callingEnd)],
                on: qemu)
            XCTAssertNil(profile.phases[0].keys.first { $0.hasPrefix("[kernel]") }, "\(qemu)")
            let second = profile.phases[1]
            XCTAssertEqual(second, ["[kernel];main": 3, "[kernel];main;outer": 1], "\(qemu)")
            let sum = profile.phases.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
            XCTAssertEqual(sum, profile.stacks, "\(qemu)")
        }
    }

    func testAKernelWithoutSymbolsShowsAddresses() async throws {
        try await TestedQEMU.each { qemu in
            let profile = try await callingKernel(symbols: "", on: qemu)
            XCTAssertEqual(profile.stacks["[kernel];[unknown];0x100037;0x100043"], 60, "\(qemu)")
        }
    }

    func testSymbolsOfAnotherKernelAreSaidToBe() async throws {
        try await TestedQEMU.each { qemu in
            let profile = try await callingKernel(symbols: "00900000 T elsewhere\n", on: qemu)
            XCTAssertEqual(profile.summary.symbolsEntered, 0, "\(qemu)")
            XCTAssertTrue(profile.summary.warnings(symbols: 1)[0].contains("another kernel"), "\(qemu)")
        }
    }

    func testALoopTurnMoreInTinyIsFourInstructionsInItsFunctionAndNowhereElse() async throws {
        let tiny = try Guests.tiny()
        let symbols = try SymbolFile(path: tiny).read()
        try await TestedQEMU.each { qemu in
            func boot(turns: Int) async throws -> ProfiledBoot {
                let command = ["-kernel", tiny, "-append", "turns=check_payload:\(turns)"]
                return try await self.boot(
                    { _ in command }, symbols: symbols,
                    milestones: [.address(try XCTUnwrap(symbols.address(of: "power_off")))], on: qemu)
            }
            let before = try await boot(turns: 1)
            let after = try await boot(turns: 2)
            XCTAssertEqual(after.instructions - before.instructions, 4, "\(qemu)")
            let changed = after.stacks.filter { before.stacks[$0.key] != $0.value }
            XCTAssertEqual(changed.count, 1, "\(qemu): \(changed)")
            XCTAssertEqual(changed.keys.first?.split(separator: ";").last, "check_payload", "\(qemu)")
            let unknown = before.stacks.filter { $0.key.contains("[unknown]") }.values.reduce(0, +)
            XCTAssertLessThan(unknown * 100, before.instructions, "\(qemu)")
        }
    }
}
