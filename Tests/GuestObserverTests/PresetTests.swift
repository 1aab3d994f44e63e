import XCTest

@testable import GuestObserver

/// The presets' rules, on the kernels that they are for.
final class PresetTests: XCTestCase {
    private func check(
        _ boot: ProfiledBoot, stack: String, file: StaticString = #filePath, line: UInt = #line
    ) {
        // A serial port with a buffer writes a byte some time after the instruction that put it there.
        let sum = boot.stacks.values.reduce(0, +)
        XCTAssertTrue(
            (boot.instructions...boot.instructions * 1001 / 1000).contains(sum), file: file, line: line)
        XCTAssertLessThan(boot.unknownShare, 0.01, "unknown frames carry under 1 %", file: file, line: line)
        XCTAssertGreaterThan(
            boot.weight(below: stack), 0, "\(boot.stacks.keys.prefix(5))", file: file, line: line)
        XCTAssertEqual(boot.summary.contextsWithoutRoom, 0, file: file, line: line)
        XCTAssertEqual(boot.summary.callsTooDeep, 0, file: file, line: line)
    }

    func testLinuxOnI386IsFollowedFromItsDecompressorToItsProcesses() async throws {
        let guest = try FollowedGuest.linux("linux-686", until: "BOOT-COMPLETE")
        XCTAssertEqual(guest.request.rules.name, "linux-i386")
        let boot = try await guest.boot()
        check(boot, stack: "[kernel];startup_32_smp;i386_start_kernel;start_kernel;setup_arch")
        check(boot, stack: "[kernel];ret_from_fork;kernel_init;kernel_init_freeable;do_one_initcall")
        for root in ["[firmware]", "[boot loader]", "[decompressor]", "[user]"] {
            XCTAssertGreaterThan(boot.weight(below: root), 0, root)
        }
        XCTAssertTrue(boot.stacks.keys.contains { $0.hasPrefix("[interrupts];asm_sysvec_apic_timer") })
        XCTAssertGreaterThan(boot.weight(below: "[decompressor]"), boot.instructions / 10)
    }

    func testGNUMachIsFollowedFromItsEntryOnAndItsTasksAreKeptApart() async throws {
        let guest = try FollowedGuest.gnuMach(programs: true)
        XCTAssertEqual(guest.request.rules.name, "gnumach")
        let boot = try await guest.boot()
        check(boot, stack: "[kernel];boot_entry;c_boot_entry;setup_main")
        check(boot, stack: "[kernel];Thread_continue;thread_continue")
        check(boot, stack: "[kernel];syscall;mach_msg_trap")
        XCTAssertTrue(boot.stacks.keys.contains { $0.hasPrefix("[interrupts];all_intrs;interrupt") })
        checkTasks(boot)
    }

    /// Both tasks are linked at the same addresses; the server turns a loop of two instructions 300,000 times.
    private func checkTasks(_ boot: ProfiledBoot, file: StaticString = #filePath, line: UInt = #line) {
        let spin = boot.weight(below: "[user];server;_start;bootstrap;serve;spin")
        XCTAssertTrue((600_000...600_100).contains(spin), "\(spin)", file: file, line: line)
        let calls = boot.weight(below: "[user];bootstrap;_start;bootstrap;call_kernel;ask_time")
        XCTAssertGreaterThan(calls, 100_000, file: file, line: line)
        XCTAssertEqual(
            boot.weight(below: "[user]"),
            boot.weight(below: "[user];server") + boot.weight(below: "[user];bootstrap"),
            "all user code is known", file: file, line: line)
        XCTAssertEqual(boot.summary.programsSeen, 3, file: file, line: line)
    }

    func testTinyOnQEMU10HasTheSameStacks() async throws {
        let guest = try FollowedGuest.tiny()
        XCTAssertEqual(guest.request.rules.name, "tiny")
        let newer = try await guest.boot(on: try QEMURun.newer())
        let older = try await guest.boot()
        check(older, stack: "[kernel];_start;kernel_main")
        // The firmware is another one, and 10 counts the turns of repeated instructions.
        let functions = { (boot: ProfiledBoot) in Set(boot.stacks.keys.filter { $0.hasPrefix("[kernel]") }) }
        XCTAssertEqual(functions(newer), functions(older))
        check(newer, stack: "[kernel];_start;kernel_main")
    }

    func testLinuxOnQEMU10HasPlausibleStacks() async throws {
        let guest = try FollowedGuest.linux("linux-cloud", until: "Memory: ")
        XCTAssertEqual(guest.request.rules.name, "linux-x86_64")
        let boot = try await guest.boot(on: try QEMURun.newer())
        check(boot, stack: "[kernel];start_kernel;setup_arch")
        XCTAssertGreaterThan(boot.weight(below: "[decompressor]"), 0)
    }

    func testGNUMachOnQEMU10KeepsItsTasksApart() async throws {
        let guest = try FollowedGuest.gnuMach(programs: true)
        checkTasks(try await guest.boot(on: try QEMURun.newer()))
    }

    func testAddressSpacesOfUnknownTasksAreToldApartWhereRegistersCanBeRead() async throws {
        let guest = try FollowedGuest.gnuMach(programs: false)
        let newer = try await guest.boot(on: try QEMURun.newer())
        let spaces = newer.stacks.keys.filter { $0.hasPrefix("[user]") }.sorted()
        XCTAssertEqual(spaces, ["[user];space 1", "[user];space 2"])
        XCTAssertGreaterThan(newer.weight(below: "[user];space 1"), 600_000, "the server comes first")
        let older = try await guest.boot()
        XCTAssertEqual(older.stacks.keys.filter { $0.hasPrefix("[user]") }, ["[user]"])
    }
}
