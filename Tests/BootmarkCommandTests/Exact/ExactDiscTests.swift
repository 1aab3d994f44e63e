import BootModel
import BootStore
import BootTestSupport
import Foundation
import XCTest

/// Exact boots of what lies on a CD, lifted out of it.
final class ExactDiscTests: CommandTestCase {
    /// Two boots of a CD agree in count and hash; gives what was said of the run.
    private func assertRepeats(
        _ qemu: [String], until end: String, line: UInt = #line
    ) async throws -> String {
        try? FileManager.default.removeItem(atPath: runFolder)
        let result = try await bootmark(
            ["boot", "--exact", "--collect", "guest-instructions", "--until", end, "-o", runFolder, "--"]
                + qemu)
        XCTAssertEqual(result.status, 0, result.error + result.output, line: line)
        let run = try savedRun()
        let counts = run.samples(of: .guestInstructions)
        XCTAssertEqual(counts.count, 2, line: line)
        XCTAssertEqual(Set(counts).count, 1, "\(counts)", line: line)
        let hashes = run.boots.flatMap { $0.notes.filter { $0.contains("hash to") } }
        XCTAssertEqual(hashes.count, 2, line: line)
        XCTAssertEqual(Set(hashes).count, 1, "\(hashes)", line: line)
        XCTAssertFalse(File.text("\(runFolder)/boots/001/guest-hashes.json").isEmpty, line: line)
        XCTAssertFalse(run.notes.contains { $0.hasPrefix("not the same boot") }, line: line)
        XCTAssertEqual(run.fingerprint.digests["cdrom"]?.count, 64, "the CD is what was booted", line: line)
        return run.notes.joined(separator: "\n")
    }

    func testTwoExactBootsOfAMultibootCDAgree() async throws {
        let disc = try Guests.gnuMachCD()
        try await TestedQEMU.each { qemu in
            let said = try await assertRepeats(
                [qemu.program("qemu-system-i386"), "-m", "128", "-nodefaults", "-cdrom", disc, "-boot", "d"],
                until: "bootstrap: started")
            XCTAssertTrue(
                said.contains(
                    "in place of the CD \(disc): boot/gnumach and 1 module, as boot/grub/grub.cfg boots it"),
                "\(qemu): \(said)")
        }
    }

    func testTwoExactBootsOfACDThatBootsAsMINIXDoesAgree() async throws {
        let kernel = try Data(contentsOf: URL(fileURLWithPath: try Guests.tiny()))
        let menu =
            "menu=tiny:load_mods /boot/mod*; multiboot /boot/tiny.elf slow=memory:5\ntimeout=5\ndefault=1\n"
        let disc = try DiscFiles.image(
            [
                "boot.cfg": Array(menu.utf8), "boot/tiny.elf": Array(kernel), "boot/mod01_a": [1],
                "boot/mod02_b": [2, 3],
            ], in: folder, options: ["-R"])
        let said = try await assertRepeats(
            ["qemu-system-i386", "-m", "64", "-nodefaults", "-cdrom", disc], until: "tiny: booted")
        XCTAssertTrue(
            said.contains("boot/tiny.elf and 2 modules, as boot.cfg boots it, entry 'tiny'"), said)
    }

    func testTwoExactBootsOfALinuxCDAgreeWithMoreWordsForItsKernel() async throws {
        try await TestedQEMU.each { qemu in
            let said = try await assertRepeats(
                [
                    qemu.program(), "-m", "256", "-nodefaults", "-drive",
                    "media=cdrom,if=ide,file=\(try Guests.linuxCD())", "-append", "earlyprintk=ttyS0",
                ], until: #"Command line: console=ttyS0 panic=-1 earlyprintk=ttyS0 nokaslr\r"#)
            XCTAssertTrue(
                said.contains("vmlinuz and initrd.cpio.gz, as isolinux/isolinux.cfg boots it, entry 'linux'"),
                "\(qemu): \(said)")
            XCTAssertTrue(said.contains("nokaslr"), "\(qemu): \(said)")
        }
    }

    func testAnExactBootOfAKernelDoesNotDependOnItsFolder() async throws {
        let kernel = try Guests.path("gnumach/gnumach")
        let module = try Guests.path("gnumach/bootstrap")
        var counts: [[Double]] = []
        for place in ["a", "another-folder-with-a-long-name"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(place)", withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: kernel, toPath: "\(folder)/\(place)/gnumach")
            try FileManager.default.copyItem(atPath: module, toPath: "\(folder)/\(place)/bootstrap")
            let words = "${host-port} ${device-port} $(task-create) $(task-resume)"
            let result = try await bootmark([
                "boot", "--exact", "--boots", "1", "--collect", "guest-instructions", "--until",
                "Probing PCI", "-o",
                "\(folder)/\(place)/run", "--", "qemu-system-i386", "-m", "128", "-nodefaults", "-kernel",
                "\(folder)/\(place)/gnumach", "-append", "console=com0", "-initrd",
                "\(folder)/\(place)/bootstrap \(words)",
            ])
            XCTAssertEqual(result.status, 0, result.error + result.output)
            counts.append(
                try RunFolder.open(at: "\(folder)/\(place)/run").load().samples(of: .guestInstructions))
        }
        XCTAssertEqual(counts[0], counts[1])
    }

    func testWhatStandsInTheWayOfLiftingIsSaidWithWhatToDo() async throws {
        let disc = try Guests.linuxCD()
        let cases: [([String], String, String)] = [
            (["-cdrom", disc, "-smp", "2"], "-smp 2: several processors", "-smp 1"),
            (["-cdrom", disc, "-hda", disc], "-hda", "-kernel and -initrd alone"),
            (["-cdrom", disc, "-drive", "file=\(disc),media=cdrom"], "names 2 CDs", "Name the one"),
            (
                ["-cdrom", "\(folder)/empty.iso"], "no menu of ISOLINUX, GRUB 2 or MINIX and NetBSD",
                "-initrd"
            ),
        ]
        var empty = [UInt8](repeating: 0, count: 17 * 2048)
        // A descriptor alone: a CD image as far as it goes, with nothing on it.
        empty.replaceSubrange(16 * 2048..<16 * 2048 + 7, with: [1] + Array("CD001".utf8) + [1])
        try Data(empty).write(to: URL(fileURLWithPath: "\(folder)/empty.iso"))
        for (arguments, says, next) in cases {
            let result = try await bootmark(
                [
                    "boot", "--exact", "-o", runFolder, "--collect", "guest-instructions", "--",
                    "qemu-system-x86_64",
                ]
                    + arguments)
            assertFault(result, 64, says: "cannot boot exactly", next)
            if !arguments.contains("\(folder)/empty.iso") {
                XCTAssertTrue(result.error.contains(says), result.error)
            }
        }
    }
}
