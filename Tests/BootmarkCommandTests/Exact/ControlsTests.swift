import BootModel
import BootReports
import BootStore
import BootTestSupport
import Foundation
import XCTest

/// `--controls`, from the command line to the verdict.
final class ControlsTests: CommandTestCase {
    /// A run of tiny with these knobs.
    private func take(
        _ name: String, _ knobs: String, _ options: [String] = [], on qemu: TestedQEMU
    ) async throws -> String {
        let run = "\(folder)/\(name) on \(qemu)"
        let result = try await bootmark(
            [
                "boot", "--exact", "--name", "tiny", "--boots", "1", "--collect",
                "guest-instructions,guest-profile",
                "--until", "tiny: booted", "-o", run,
            ] + options
                + [
                    "--", qemu.program("qemu-system-i386"), "-m", "32", "-nodefaults", "-kernel",
                    try Guests.tiny(),
                    "-append", knobs,
                ])
        XCTAssertEqual(result.status, 0, result.error + result.output)
        return run
    }

    private func compare(_ before: String, _ after: String) async throws -> Comparison {
        let result = try await bootmark(["compare", "--json", before, after])
        return try XCTUnwrap(JSONReporter.comparisons(in: Array(result.output.utf8)).first)
    }

    func testOneMoreTurnOfALoopIsThatManyInstructionsInThatFunction() async throws {
        try await TestedQEMU.each(findTurns)
    }

    private func findTurns(on qemu: TestedQEMU) async throws {
        let before = try await take("before", "turns=check_payload:1", ["--controls", "3"], on: qemu)
        let run = try RunFolder.open(at: before).load()
        XCTAssertEqual(run.boots.map(\.purpose), [.timed, .profiled, .control, .control, .control])
        XCTAssertTrue(
            run.boots[2].notes.contains { $0.hasPrefix("control: 4 spaces") }, "\(run.boots[2].notes)")
        let counts = run.boots.filter { $0.purpose == .control }.compactMap {
            $0.samples["guest-instructions"]
        }
        XCTAssertEqual(counts.count, 3)
        let layouts = run.layouts(of: .guestInstructions)
        let mean = layouts.reduce(0, +) / 4
        let variance = layouts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) / 3 }
        // Student's t of 3 degrees, 0.0005 a side, and what the boot itself is aside of its layouts.
        let floor = 12.92398 * 1.25.squareRoot() * variance.squareRoot() + abs(mean - layouts[0])

        // Far above what some spaces more to read can move.
        let after = try await take("after", "turns=check_payload:9", on: qemu)
        let comparison = try await compare(before, after)
        let result = try XCTUnwrap(comparison.results.first { $0.metric.id == "guest-instructions" })
        XCTAssertEqual(try XCTUnwrap(result.floor), floor, accuracy: 2, "deviations are kept in tenths")
        XCTAssertEqual(comparison.functions.map(\.name), ["check_payload"], "and nothing else")
        let change = try XCTUnwrap(comparison.functions.first)
        let basis = try XCTUnwrap(change.basis)
        let own = ((change.selfAfter - change.selfBefore) * basis).rounded()
        let total = try XCTUnwrap(result.after.first) - XCTUnwrap(result.before.first)
        XCTAssertEqual(own, total, "all of the change is in it")
        XCTAssertGreaterThan(own, 0)
        XCTAssertEqual(own.truncatingRemainder(dividingBy: 8), 0, "the same number for each of eight turns")
        XCTAssertEqual(change.caller, "decompress_phase")
        XCTAssertEqual(comparison.guest?.gross, own)

        // A baseline carries the envelope, and gives the same answer.
        let baselines = "\(folder)/baselines of \(qemu)"
        let accepted = try await bootmark(
            ["accept", before, "--as", "tiny"], environment: ["BOOTMARK_BASELINES": baselines])
        XCTAssertEqual(accepted.status, 0, accepted.error)
        let again = try await compare("\(baselines)/tiny", after)
        XCTAssertEqual(again.functions, comparison.functions)
        XCTAssertEqual(again.results.first { $0.metric.id == "guest-instructions" }?.floor, result.floor)
        XCTAssertEqual(again.verdict, comparison.verdict)
        XCTAssertEqual(again.guest, comparison.guest)
    }

    func testControlsWithoutExactBootsAreRefused() async throws {
        assertFault(
            try await bootmark(["boot", "--controls", "2", "-o", runFolder, "--", "qemu-system-i386"]), 64,
            says: "--controls needs --exact")
    }
}
