import BootModel
import BootStore
import BootTestSupport
import Foundation
import XCTest

/// `--exact` and the guest's own profile, from the command line.
final class ExactBootTests: CommandTestCase {
    func testExactBootsExecuteTheSameInstructionsAndCanBeResumed() async throws {
        let begun = try await bootmark(
            try tiny(["--exact", "--collect", "guest-instructions", "--run-timeout", "0.001"], boots: 3))
        XCTAssertEqual(begun.status, 3, begun.error)
        var run = try savedRun()
        run.plan.limits.run = nil
        try RunFolder.open(at: runFolder).save(run)
        let result = try await bootmark(["boot", "--resume", "-o", runFolder])
        XCTAssertEqual(result.status, 0, result.error + result.output)
        let counts = try savedRun().samples(of: .guestInstructions)
        XCTAssertEqual(counts.count, 3)
        XCTAssertEqual(Set(counts).count, 1, "\(counts)")
    }

    func testAnExactBootFailsAsAnyOtherDoes() async throws {
        let result = try await bootmark(
            try tiny(["--exact", "--collect", "guest-instructions"], knobs: "wrong=panic", boots: 1))
        XCTAssertEqual(result.status, 3, result.error)
        XCTAssertTrue(result.output.contains("the guest panicked: panic: tiny: asked to"), result.output)
    }

    func testTheGuestsProfileNamesItsFunctions() async throws {
        try await TestedQEMU.each { qemu in
            let run = "\(folder)/\(qemu)"
            var arguments = try tiny(
                ["--exact", "--collect", "guest-instructions,guest-profile"], boots: 1, on: qemu)
            arguments[(arguments.firstIndex(of: "-o") ?? 0) + 1] = run
            let result = try await bootmark(arguments)
            XCTAssertEqual(result.status, 0, result.error + result.output)
            let folded = File.text(run + "/guest.folded")
            XCTAssertTrue(folded.contains("decompress"), "\(qemu): \(folded.prefix(2000))")
            for line in folded.split(separator: "\n") {
                XCTAssertNotNil(Int(line.split(separator: " ").last ?? ""), String(line))
            }
        }
    }

    func testAGuestIsProfiledWithoutExactBootsAndByAPatternThatIsNoPlainText() async throws {
        for until in ["tiny: booted", "tiny: boot(ed)?"] {
            let result = try await bootmark([
                "boot", "--until", until, "--phase", "tables=tiny: tables", "--boots", "1", "--no-warm-up",
                "--collect", "guest-instructions,guest-profile", "-o", "\(folder)/\(until.count)", "--",
                "qemu-system-i386", "-nodefaults", "-m", "64", "-kernel", try Guests.tiny(),
            ])
            XCTAssertEqual(result.status, 0, result.error + result.output)
            let folded = File.text("\(folder)/\(until.count)/guest.folded")
            XCTAssertTrue(folded.contains("decompress_phase"), "\(until): \(folded.prefix(500))")
        }
    }

    func testALinuxThatLoadsItselfAnywhereIsNamedInAProfileAllTheSame() async throws {
        let linux = try Guests.linuxCloud()
        let result = try await bootmark([
            "boot", "--until", "Zone ranges", "--boots", "1", "--no-warm-up", "--collect",
            "guest-instructions,guest-profile", "--phase", "memory=BIOS-e820", "-o", runFolder, "--",
            "qemu-system-x86_64", "-nodefaults", "-m", "256", "-kernel", linux.kernel, "-append",
            "console=ttyS0 earlyprintk=serial,ttyS0,115200",
        ])
        XCTAssertEqual(result.status, 0, result.error + result.output)
        XCTAssertTrue(result.output.contains("nokaslr"), result.output)
        XCTAssertFalse(try savedRun().plan.command.joined(separator: " ").contains("nokaslr"))
        XCTAssertTrue(File.text(runFolder + "/guest.folded").contains("start_kernel"))
        // The loader's part is the first phase's, and the phases add up to the whole.
        let phases = ["power-on", "memory"].map { File.text(runFolder + "/guest@\($0).folded") }
        XCTAssertTrue(phases[0].contains("[firmware]"), String(phases[0].prefix(500)))
        XCTAssertFalse(phases[1].contains("[firmware]"))
        XCTAssertEqual(
            phases.map(weight).reduce(0, +), weight(File.text(runFolder + "/guest.folded")))
        let hotspots = try await bootmark(["hotspots", runFolder, "--phase", "memory", "--top", "3"])
        XCTAssertTrue(hotspots.output.contains("instructions\n"), hotspots.output + hotspots.error)
    }

    private func weight(_ folded: String) -> Int {
        folded.split(separator: "\n").compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(
            0, +)
    }
}
