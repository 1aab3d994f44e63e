import BootTestSupport
import XCTest

@testable import GuestObserver

/// Stacks deeper, and contexts more, than are kept: no weight is lost, and what could not be told apart is said.
final class ProfileLimitsTests: XCTestCase {
    /// A boot of a handmade kernel from its first instruction to `end`.
    private func boot(
        _ image: [UInt8], symbols text: String, end: UInt64, contextLimit: Int? = nil, on qemu: TestedQEMU
    ) async throws -> ProfiledBoot {
        let symbols = try SymbolText.parse(Array(text.utf8), place: "handmade")
        var request = GuestProfileRequest(
            symbols: symbols,
            rules: PlatformRules(
                name: "handmade", followed: [.init(first: 0x100020, last: 0x1000ff)], stackSize: 0))
        if let contextLimit { request.contextLimit = contextLimit }
        return try await ProfiledBoot.take(
            { ["-m", "16", "-kernel", try HandmadeKernel.write(image, in: $0)] }, following: request,
            milestones: [.address(0x100020), .address(end)], on: qemu)
    }

    func testCallsDeeperThanTheLimitShareOneFrameAndLaterCallsAreRightAgain() async throws {
        try await TestedQEMU.each { qemu in
            let profile = try await boot(
                HandmadeKernel.recursing(depth: 1000), symbols: HandmadeKernel.recursingSymbols,
                end: HandmadeKernel.recursingEnd, on: qemu)
            let kept = "[kernel];main" + String(repeating: ";recurse", count: 512)
            XCTAssertEqual(profile.stacks["[kernel];main"], 5, "\(qemu)")
            // Each runs dec, jz, call and ret; the innermost one calls none.
            XCTAssertEqual(profile.stacks["[kernel];main;recurse"], 4 + 3, "\(qemu)")
            XCTAssertEqual(profile.stacks["[kernel];main;recurse;recurse"], 4, "\(qemu)")
            XCTAssertEqual(profile.stacks[kept], 4, "\(qemu)")
            XCTAssertEqual(profile.stacks[kept + ";[deeper calls]"], 488 * 4 - 1, "\(qemu)")
            XCTAssertEqual(profile.stacks.values.reduce(0, +), profile.instructions, "\(qemu)")
            let warnings = profile.summary.warnings(symbols: 2)
            XCTAssertEqual(
                warnings, ["488 calls lie deeper than 512 frames and share [deeper calls]"], "\(qemu)")
        }
    }

    func testTenMillionContextsStayWithinTheLimitAndLoseNoWeight() async throws {
        let depth: UInt32 = 24
        let profile = try await boot(
            HandmadeKernel.branching(depth: depth), symbols: HandmadeKernel.branchingSymbols,
            end: HandmadeKernel.branchingEnd, on: .host())
        XCTAssertLessThanOrEqual(profile.summary.contexts, 1 << 22)
        XCTAssertGreaterThan(profile.summary.contextsWithoutRoom, 10_000_000)
        // Half of the calls are the deepest, which run dec, jz, inc and ret; the others call twice more.
        let calls: UInt64 = 1 << UInt64(depth), weight = (calls / 2 - 1) * 6 + calls / 2 * 4 + 3
        XCTAssertEqual(profile.phases[1].values.reduce(0, +), weight)
        XCTAssertEqual(profile.stacks.values.reduce(0, +), profile.instructions)
        // What had room is told apart as ever: main's three instructions are its own.
        XCTAssertEqual(profile.stacks["[kernel];main"], 3)
        let others = try XCTUnwrap(profile.stacks["[other contexts]"])
        XCTAssertEqual(others + profile.weight(below: "[kernel]"), weight)
        XCTAssertGreaterThan(others, weight / 2)
        let warning = try XCTUnwrap(profile.summary.warnings(symbols: 3).first)
        XCTAssertTrue(warning.hasSuffix("contexts and share [other contexts]"), warning)
    }

    func testARealBootWithRoomForFewContextsKeepsItsTotals() async throws {
        try await TestedQEMU.each { qemu in
            let guest = try FollowedGuest.tiny()
            let whole = try await guest.boot(on: qemu)
            var limited = guest
            limited.request.contextLimit = 64 + 16
            let profile = try await limited.boot(on: qemu)
            XCTAssertGreaterThan(whole.summary.contexts, 20, "\(qemu)")
            XCTAssertLessThanOrEqual(profile.summary.contexts, 24, "\(qemu)")
            XCTAssertEqual(profile.instructions, whole.instructions, "\(qemu)")
            XCTAssertEqual(profile.stacks.values.reduce(0, +), profile.instructions, "\(qemu)")
            let missing = whole.stacks.filter { profile.stacks[$0.key] != $0.value }
            XCTAssertEqual(profile.stacks["[other contexts]"], missing.values.reduce(0, +), "\(qemu)")
            XCTAssertEqual(profile.summary.warnings(symbols: 1).count, 1, "\(qemu)")
        }
    }
}
