import BootModel
import BootStore
import BootTestSupport
import Foundation
import GuestObserver
import XCTest

/// What exact boots and guest profiles cannot be had of: said in one line, and never a wrong profile shown as right.
final class ExactBadInputTests: CommandTestCase {
    private let profile = ["--exact", "--collect", "guest-instructions,guest-profile"]

    /// A run of one boot of GNU Mach from its CD, which holds no symbol.
    private func mach(_ options: [String]) throws -> [String] {
        ["boot", "--boots", "1", "--until", "bootstrap: started", "-o", runFolder] + profile + options + [
            "--", "qemu-system-i386", "-m", "128", "-nodefaults", "-cdrom", try Guests.gnuMachCD(),
        ]
    }

    /// The names of another build of GNU Mach, as a System.map has them.
    private func otherMap() throws -> String {
        let table = try SymbolFile(path: try Guests.path("gnumach/gnumach.debug")).read().symbols
        XCTAssertGreaterThan(table.count, 1000)
        let path = folder + "/System.map"
        let lines = table.map { "\(String($0.address, radix: 16)) T \($0.name)\n" }
        try File.write(Array(lines.joined().utf8), to: path)
        return path
    }

    func testAQEMUWithoutPluginsIsSaidToBeOne() async throws {
        let qemu = try RequiredTool.need("qemu-system-x86_64-microvm", package: "qemu-system-x86")
        var arguments = try tiny(profile)
        arguments[(arguments.firstIndex(of: "--") ?? 0) + 1] = qemu
        assertFault(
            try await bootmark(arguments), 4, says: "microvm: it was built without plugins", "Use a QEMU that"
        )
        XCTAssertFalse(File.exists(runFolder))
    }

    func testWhatBreaksTheRecipeIsRefusedWithWhatToChange() async throws {
        let cases: [([String], Int32, String, String)] = [
            (["-accel", "kvm"], 64, "-accel kvm", "Drop the option"),
            (["-enable-kvm"], 64, "-enable-kvm", "Drop the option"),
            (["-machine", "pc,accel=kvm"], 64, "-machine accel=kvm", "Drop the option"),
            (["-smp", "2"], 64, "-smp 2: several processors", "Use -smp 1"),
            (["-hda", try Guests.tiny()], 64, "a disk or CD answers when the host does", "-initrd"),
            (["-cpu", "host"], 64, "-cpu host", "Name a model"),
            (["-device", "virtio-rng-pci"], 64, "random numbers of the host", "Drop the device"),
            (
                ["-initrd", folder + "/none"], 66, "The initrd \(folder)/none does not exist",
                "Check the path"
            ),
        ]
        for (options, status, says, next) in cases {
            assertFault(try await bootmark(try tiny(profile, qemu: options)), status, says: says, next)
            XCTAssertFalse(File.exists(runFolder), "\(options)")
        }
    }

    func testANetworkAndAMissingSerialPortAreWarnedOfWithWhatToChange() async throws {
        let options = ["-nic", "user", "-serial", "none"]
        let result = try await bootmark(try tiny(profile, boots: 1, qemu: options))
        XCTAssertEqual(result.status, 0, result.error + result.output)
        for words in [
            "-nic user: packets arrive when the host delivers them. Drop the network",
            "-serial none: what the guest writes has an exact count only where it goes",
            "no exact count in 1 of 1 boots: booted was not seen on the serial port",
            "the guest's stacks: they end some time behind the boot's end",
        ] {
            XCTAssertTrue(result.output.contains(words), "\(words) in: \(result.output)")
        }
    }

    func testSymbolFilesThatAreNoneAreNamed() async throws {
        let whole = try File.bytes(try Guests.linuxCloud().kernel)
        let elf = try File.bytes(try Guests.tiny())
        let files: [(String, [UInt8], String)] = [
            ("text", Array("hello\n".utf8), "text:1: this is not a line of a System.map"),
            ("empty", [], "empty: it is empty or no file"),
            ("cut.elf", Array(elf.prefix(5000)), "cut.elf: "),
            ("vmlinuz", Array(whole.prefix(whole.count / 2)), "vmlinuz: it is cut short"),
        ]
        for (name, bytes, says) in files {
            try File.write(bytes, to: "\(folder)/\(name)")
            assertFault(
                try await bootmark(try tiny(profile + ["--symbols", "\(folder)/\(name)"])), 66, says: says)
        }
        assertFault(
            try await bootmark(try tiny(profile + ["--symbols", "\(folder)/none"])), 66,
            says: "none: No such file")
    }

    func testSymbolsOfAnotherKernelAreRefusedBeforeAnyBoot() async throws {
        let linux = try Guests.linuxCloud()
        let other = try Guests.path("linux-686/vmlinuz")
        let result = try await bootmark(
            ["boot", "--boots", "1", "--until", "Zone ranges", "-o", runFolder, "--symbols", other] + profile
                + ["--", "qemu-system-x86_64", "-m", "256", "-nodefaults", "-kernel", linux.kernel])
        assertFault(result, 66, says: "\(other) does not name the functions of", "functions lie elsewhere")

        // The kernel on the CD is stripped, so only its code can tell.
        assertFault(
            try await bootmark(try mach(["--symbols", try otherMap()])), 66,
            says: "System.map does not name the functions of the kernel on the CD",
            "calls in the kernel lead to none of them")
        XCTAssertFalse(File.exists(runFolder))
    }

    func testStacksThatAnotherKernelsSymbolsWouldNameAreNotKept() async throws {
        // An offset says that the kernel runs elsewhere than it was linked, which only the boot can tell.
        let result = try await bootmark(try mach(["--symbols", try otherMap() + "@100"]))
        XCTAssertEqual(result.status, 0, result.error + result.output)
        XCTAssertTrue(
            result.output.contains("the guest's stacks are not kept: ")
                && result.output.contains("they are of another kernel"), result.output)
        XCTAssertFalse(File.exists(runFolder + "/guest.folded"))
        XCTAssertEqual(try savedRun().samples(of: .guestInstructions).count, 1, "the counts are good")
    }

    func testAProgramThatNeverRunsIsSaidNotTo() async throws {
        let program = try Guests.path("gnumach/server")
        let result = try await bootmark(try mach(["--rules", "gnumach", "--symbols", program]))
        XCTAssertEqual(result.status, 0, result.error + result.output)
        XCTAssertTrue(result.output.contains("no code of server ever ran"), result.output)
    }

    func testAStrippedKernelShowsAddressesAndAHint() async throws {
        let result = try await bootmark(try mach([]))
        XCTAssertEqual(result.status, 0, result.error + result.output)
        XCTAssertTrue(
            result.output.contains("the kernel is stripped") && result.output.contains("--symbols FILE"),
            result.output)
        let kernel = File.text(runFolder + "/guest.folded").split(separator: "\n").filter {
            $0.hasPrefix("[kernel]")
        }
        XCTAssertGreaterThan(kernel.count, 100)
        XCTAssertTrue(kernel.dropFirst().contains { $0.contains(";0xc10") }, "\(kernel.prefix(5))")
    }

    func testRulesFilesThatAreNotUnderstoodAreNamedWithTheirPlace() async throws {
        let files: [(String, String)] = [
            ("", "it is empty"), ("{", "this is no JSON: Unexpected end of file"),
            (#"{"name": "x" "stackSize": 0}"#, "this is no JSON: "),
            (#"["x"]"#, "an object is expected here"),
            (#"{"stackSize": 4096}"#, "'name' is missing"), (#"{"name": "x"}"#, "'stackSize' is missing"),
            (#"{"name": "x", "stackSize": "big"}"#, "stackSize: this is no whole number"),
            (#"{"name": "x", "stackSize": 3000}"#, "stackSize: 3000 is neither 0 nor a power of two"),
            (#"{"name": "x", "stackSize": 4096, "entries": []}"#, "'entries' is none of name, followed"),
            (#"{"name": "x", "stackSize": 4096, "interrupts": "a"}"#, "interrupts: a list is expected"),
            (#"{"name": "x", "stackSize": 4096, "interrupts": [1]}"#, "interrupts.0: a text is expected"),
            (#"{"name": "x", "stackSize": 0, "followed": [{"first": 9, "last": 3}]}"#, "'first' lies behind"),
            (
                #"{"name": "x", "stackSize": 0, "followed": [{"first": "0x80000000", "last": "0x90000000"}]}"#,
                "are for another kernel: none of this one's code lies"
            ),
        ]
        let path = folder + "/rules.json"
        for (text, says) in files {
            try File.write(Array(text.utf8), to: path)
            let result = try await bootmark(try tiny(profile + ["--rules", path]))
            assertFault(result, 66, says: "rules.json", says)
        }
        for (rules, says) in [
            ("linux-x86_64", "linux-x86_64 are for another kernel"), (folder, "it cannot be read"),
            ("minix", "there is no such file or preset"),
        ] {
            assertFault(try await bootmark(try tiny(profile + ["--rules", rules])), 66, says: says)
        }
    }

    func testPatternsOfRulesThatFitNoFunctionAreNamed() async throws {
        let path = folder + "/rules.json"
        let rules = #"{"name": "x", "stackSize": 0, "interruptTables": ["interrupt_entries", "no_such_*"]}"#
        try File.write(Array(rules.utf8), to: path)
        let result = try await bootmark(try tiny(profile + ["--rules", path, "--dry-run"]))
        XCTAssertEqual(result.status, 0, result.error)
        XCTAssertTrue(result.output.contains("fit no function: 'no_such_*'\n"), result.output)
    }
}
