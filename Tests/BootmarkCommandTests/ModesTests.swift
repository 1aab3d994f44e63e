import BootModel
import BootReports
import BootTestSupport
import Foundation
import XCTest

/// A guest that really takes one of two ways, as its clock has it.
final class ModesTests: CommandTestCase {
    /// What tiny executes more on its longer way: turns of four instructions, see Guests/README.md.
    private let detour = (knob: "detour=1000", instructions: 4e6)

    func testBootsThatTakeTwoWaysAreNamedWithTheFunctionThatTellsThemApart() async throws {
        // Of 35 draws one holds too few boots of a way to speak of two; of 10 million, four in a row.
        for draw in 1...4 {
            try? FileManager.default.removeItem(atPath: runFolder)
            let report = "\(folder)/report\(draw)"
            let taken = try await bootmark(
                try tiny(
                    ["--collect", "guest-instructions,guest-profile", "--record-boots", "7"],
                    knobs: detour.knob, boots: 14))
            XCTAssertEqual(taken.status, 0, taken.error)
            let slow = try slowBoots(of: savedRun())
            guard (3...11).contains(slow.count) else { continue }

            let result = try await bootmark(["compare", runFolder, runFolder, "-o", report])
            // Whether 14 boots of two ways can rule a slowdown out depends on how many took which.
            XCTAssertTrue([0, 2].contains(result.status), result.output + result.error)
            let comparison = try XCTUnwrap(JSONReporter.comparisons(inFolder: report).first)
            let notes = comparison.notes.joined(separator: "\n")
            if notes.contains("boots with a guest profile took the same way") { continue }

            let judged = try XCTUnwrap(
                comparison.results.first { $0.metric.id == Metric.guestInstructions.id })
            for side in [BootFailure.Side.before, .after] {
                let modes = try XCTUnwrap(judged.spreads?.first { $0.side == side }?.modes, notes)
                XCTAssertEqual(modes.upperBoots, slow)
                XCTAssertEqual(modes.upperShare, Double(slow.count) / 14, accuracy: 1e-9)
                XCTAssertEqual(
                    modes.upper - modes.lower, detour.instructions, accuracy: 0.1 * detour.instructions)
                let place = "guest-instructions \(side.rawValue): "
                let gap = Quantity.share(try XCTUnwrap(modes.gap))
                XCTAssertTrue(
                    notes.contains(
                        place + "two modes \(gap) apart, the upper one in \(slow.count) of 14 boots"), notes)
                let picture = "modes-\(side.rawValue)-guest.svg"
                let named = try XCTUnwrap(
                    comparison.notes.first { $0.hasPrefix(place) && $0.contains(picture) }, notes)
                XCTAssertTrue(
                    named.contains("from fast to slow, as a share of the boot: await_device (+"), named)
                XCTAssertTrue(File.text("\(report)/\(picture)").contains("await_device"))
                XCTAssertTrue(File.text("\(report)/report.html").contains(picture))
            }
            return
        }
        XCTFail("four runs of 14 boots and 7 profiles, and none holds both ways of \(detour.knob)")
    }

    /// The timed boots that executed what only the longer way does.
    private func slowBoots(of run: Run) throws -> [Int] {
        let boots = run.boots.filter { $0.purpose == .timed }
        let counts = try boots.map { try XCTUnwrap($0.samples[Metric.guestInstructions.id]) }
        let least = try XCTUnwrap(counts.min())
        return zip(boots, counts).filter { $1 - least > detour.instructions / 2 }.map(\.0.index)
    }
}
