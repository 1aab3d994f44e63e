import BootModel
import BootReports
import BootTestSupport
import Foundation
import XCTest

/// The guest's stacks where no boot is exact: several processors, and a CD that answers when the host does.
final class StatisticalProfileTests: CommandTestCase {
    /// A copy of the Linux CD whose menu has the kernel stay where it was linked.
    private func disc() throws -> String {
        var image = try Data(contentsOf: URL(fileURLWithPath: try Guests.linuxCD()))
        let place = try XCTUnwrap(image.range(of: Data("console=ttyS0 panic=-1".utf8)))
        image.replaceSubrange(place, with: Data("console=ttyS0 nokaslr ".utf8))
        let path = folder + "/linux.iso"
        try image.write(to: URL(fileURLWithPath: path))
        return path
    }

    /// A run of a Linux on two processors, from its firmware to the second processor's start.
    private func take(_ name: String, disc: String, on qemu: TestedQEMU) async throws -> String {
        let run = "\(folder)/\(name)"
        let result = try await bootmark([
            "boot", "--name", "linux", "--boots", "1", "--no-warm-up", "--collect",
            "guest-instructions,guest-profile", "--until", "smp: Brought up 1 node, 2 CPUs", "-o", run, "--",
            qemu.program(), "-smp", "2", "-m", "256", "-nodefaults", "-cdrom", disc,
        ])
        XCTAssertEqual(result.status, 0, "\(qemu): \(result.error + result.output)")
        return run
    }

    private func check(_ run: String, on qemu: TestedQEMU) throws {
        let lines = File.text(run + "/guest.folded").split(separator: "\n")
        func weight(_ condition: (Substring) -> Bool) -> Int {
            lines.filter(condition).compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
                .reduce(0, +)
        }
        for stack in [
            "[firmware]", "[boot loader]", "[decompressor]", "[kernel];start_kernel;setup_arch",
            // Each processor's own thread, and one that either may run.
            "[kernel];start_secondary", "[kernel];ret_from_fork;kernel_init;kernel_init_freeable;smp_init",
        ] {
            XCTAssertGreaterThan(weight { $0.hasPrefix(stack) }, 0, "\(stack) on \(qemu)")
        }
        let mixed = weight { $0.contains("start_secondary;") && $0.contains("start_kernel;") }
        XCTAssertEqual(mixed, 0, "two processors' threads are one on \(qemu)")
        let kernel = weight { $0.hasPrefix("[kernel]") || $0.hasPrefix("[interrupts]") }
        XCTAssertLessThan(weight { $0.contains("[unknown]") } * 100, kernel, "\(qemu)")
    }

    func testTwoProcessorsAndACDAreFollowedAndComparedAsStatistical() async throws {
        let disc = try disc()
        try await TestedQEMU.each { qemu in
            try check(try await take("\(qemu)", disc: disc, on: qemu), on: qemu)
        }
        let again = try await take("again", disc: disc, on: .host())
        let result = try await bootmark([
            "compare", "--json", "\(folder)/\(try TestedQEMU.host())", again,
        ])
        let comparison = try XCTUnwrap(JSONReporter.comparisons(in: Array(result.output.utf8)).first)
        XCTAssertFalse(comparison.results.isEmpty)
        XCTAssertTrue(comparison.results.allSatisfy { $0.metric.determinism == .statistical })
        XCTAssertNil(comparison.guest, "nothing is said to have changed exactly")
        XCTAssertEqual(comparison.verdict, .inconclusive, "one boot a side proves nothing that varies")
    }

    func testALinuxThatItsCDLetsRunAnywhereIsNotNamedWrongly() async throws {
        let result = try await bootmark([
            "boot", "--boots", "1", "--no-warm-up", "--collect", "guest-profile", "--until", "BIOS-e820",
            "-o", runFolder, "--", "qemu-system-x86_64", "-m", "256", "-nodefaults", "-cdrom",
            try Guests.linuxCD(),
        ])
        XCTAssertEqual(result.status, 0, result.error + result.output)
        XCTAssertTrue(result.output.contains("write nokaslr into the CD's menu"), result.output)
        // The address may have come out as the linked one.
        if File.exists(runFolder + "/guest.folded") {
            XCTAssertTrue(File.text(runFolder + "/guest.folded").contains("start_kernel"))
        } else {
            XCTAssertTrue(result.output.contains("the guest's stacks are not kept: "), result.output)
        }
    }
}
