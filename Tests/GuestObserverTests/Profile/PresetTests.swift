import BootTestSupport
import XCTest

@testable import GuestObserver

/// The presets' rules, on the kernels that they are for and on each QEMU. Linux for x86-64: `LinuxExactBootTests`.
final class PresetTests: XCTestCase {
    /// That stacks are the whole boot's, known, and hold one of the names.
    private func check(
        _ boot: ProfiledBoot, stacks expected: String..., on qemu: TestedQEMU, line: UInt = #line
    ) {
        // A serial port with a buffer writes a byte some time after the instruction that put it there.
        let sum = boot.stacks.values.reduce(0, +)
        XCTAssertTrue(
            (boot.instructions...boot.instructions * 1001 / 1000).contains(sum), "\(qemu)", line: line)
        XCTAssertLessThan(boot.unknownShare, 0.01, "unknown frames carry under 1 % on \(qemu)", line: line)
        for stack in expected {
            XCTAssertGreaterThan(
                boot.weight(below: stack), 0, "\(stack) on \(qemu): \(boot.stacks.keys.prefix(5))", line: line
            )
        }
        let calls = (seen: boot.summary.callsSeen, named: boot.summary.callsNamed)
        XCTAssertGreaterThan(calls.named * 100, calls.seen * 98, "\(calls) on \(qemu)", line: line)
        XCTAssertEqual(boot.summary.contextsWithoutRoom, 0, "\(qemu)", line: line)
        XCTAssertEqual(boot.summary.callsTooDeep, 0, "\(qemu)", line: line)
    }

    func testLinuxOnI386IsFollowedFromItsDecompressorToItsProcesses() async throws {
        let guest = try FollowedGuest.linux("linux-686", until: "BOOT-COMPLETE")
        XCTAssertEqual(guest.request.rules.name, "linux-i386")
        try await TestedQEMU.each { qemu in
            let boot = try await guest.boot(on: qemu)
            check(
                boot, stacks: "[kernel];startup_32_smp;i386_start_kernel;start_kernel;setup_arch",
                "[kernel];ret_from_fork;kernel_init;kernel_init_freeable;do_one_initcall",
                "[firmware]", "[boot loader]", "[decompressor]", "[user]", on: qemu)
            XCTAssertTrue(
                boot.stacks.keys.contains { $0.hasPrefix("[interrupts];asm_sysvec_apic_timer") }, "\(qemu)")
            XCTAssertGreaterThan(
                boot.weight(below: "[decompressor]"), boot.instructions / 10, "\(qemu)")
        }
    }

    func testALinuxWithoutNamesShowsAddresses() async throws {
        var guest = try FollowedGuest.linux("linux-cloud", until: "Zone ranges")
        guest.request = GuestProfileRequest(
            symbols: GuestSymbols(symbols: []), rules: .linuxX86x64, kernel: guest.request.kernel)
        let boot = try await guest.boot(on: .newer())
        let kernel = boot.stacks.keys.filter { $0.hasPrefix("[kernel];") }
        XCTAssertGreaterThan(kernel.count, 100)
        XCTAssertTrue(kernel.contains { $0.contains(";0xffffffff8") })
        for stack in kernel {
            let frames = stack.split(separator: ";").dropFirst()
            XCTAssertTrue(frames.allSatisfy { $0.hasPrefix("0xffffffff") || $0.hasPrefix("[") }, stack)
        }
        XCTAssertGreaterThan(boot.weight(below: "[decompressor]"), 0)
    }

    func testGNUMachIsFollowedFromItsEntryOnAndItsTasksAreKeptApart() async throws {
        let guest = try FollowedGuest.gnuMach(programs: true)
        XCTAssertEqual(guest.request.rules.name, "gnumach")
        try await TestedQEMU.each { qemu in
            let boot = try await guest.boot(on: qemu)
            check(
                boot, stacks: "[kernel];boot_entry;c_boot_entry;setup_main",
                "[kernel];Thread_continue;thread_continue", "[kernel];syscall;mach_msg_trap", on: qemu)
            XCTAssertTrue(
                boot.stacks.keys.contains { $0.hasPrefix("[interrupts];all_intrs;interrupt") }, "\(qemu)")
            checkTasks(boot, on: qemu)
        }
    }

    /// Both tasks are linked at the same addresses; the server turns a loop of two instructions 300,000 times.
    private func checkTasks(_ boot: ProfiledBoot, on qemu: TestedQEMU) {
        let spin = boot.weight(below: "[user];server;_start;bootstrap;serve;spin")
        XCTAssertTrue((600_000...600_100).contains(spin), "\(spin) on \(qemu)")
        let calls = boot.weight(below: "[user];bootstrap;_start;bootstrap;call_kernel;ask_time")
        XCTAssertGreaterThan(calls, 100_000, "\(qemu)")
        XCTAssertEqual(
            boot.weight(below: "[user]"),
            boot.weight(below: "[user];server") + boot.weight(below: "[user];bootstrap"),
            "all user code is known on \(qemu)")
        XCTAssertEqual(boot.summary.programsSeen, 3, "\(qemu)")
    }

    func testTinyHasTheSameStacksOnEveryQEMU() async throws {
        let guest = try FollowedGuest.tiny()
        XCTAssertEqual(guest.request.rules.name, "tiny")
        var functions: [Set<String>] = []
        try await TestedQEMU.each { qemu in
            let boot = try await guest.boot(on: qemu)
            check(boot, stacks: "[kernel];_start;kernel_main", on: qemu)
            // The firmware is another one, and 10 counts the turns of repeated instructions.
            functions.append(Set(boot.stacks.keys.filter { $0.hasPrefix("[kernel]") }))
        }
        XCTAssertEqual(functions[0], functions[1])
    }

    func testAddressSpacesOfUnknownTasksAreToldApartWhereRegistersCanBeRead() async throws {
        let guest = try FollowedGuest.gnuMach(programs: false)
        let newer = try await guest.boot(on: .newer())
        let spaces = newer.stacks.keys.filter { $0.hasPrefix("[user]") }.sorted()
        XCTAssertEqual(spaces, ["[user];space 1", "[user];space 2"])
        XCTAssertGreaterThan(newer.weight(below: "[user];space 1"), 600_000, "the server comes first")
        let older = try await guest.boot()
        XCTAssertEqual(older.stacks.keys.filter { $0.hasPrefix("[user]") }, ["[user]"])
    }
}
