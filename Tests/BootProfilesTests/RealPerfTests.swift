import Foundation
import XCTest

@testable import BootProfiles

/// What this machine's perf records and prints.
final class RealPerfTests: RecordingTestCase {
    func testARecordingGivesTheStacksAndTheWeightsOfPerfScriptsText() throws {
        try compare("perf record -g -e cpu-clock -F 4999 -o p.data -- sh -c '\(work)'")
    }

    func testACompressedRecordingGivesTheSame() throws {
        try compare("perf record -z -g -e cpu-clock -F 4999 -o p.data -- sh -c '\(work)'")
    }

    func testAPipedRecordingGivesTheSame() throws {
        try compare("perf record -g -e cpu-clock -F 4999 -o - -- sh -c '\(work)' > p.data")
    }

    func testSeveralEventsOfAWholeMachineGiveTheSame() throws {
        // Of what else runs here, a name may be perf's choice among several that overlap. It also takes its share of
        // the processors, so there is enough to do.
        try compare(
            "perf record -a -g -e cpu-clock,page-faults -F 1999 -o p.data -- sh -c '\(work); \(work)'",
            commands: ["sh", "seq", "sort", "md5sum", "swapper"])
    }

    func testARecordingThatWasKilledIsRefusedAndReadInPartWhenAsked() throws {
        XCTAssertEqual(try run("perf record -g -e cpu-clock -F 4999 -o p.data -- sh -c '\(work)'"), 0)
        let whole = Array(try Data(contentsOf: folder.appendingPathComponent("p.data")))
        // perf fills in the size of the data when it ends.
        var killed = whole
        killed.replaceSubrange(48..<56, with: [UInt8](repeating: 0, count: 8))
        let source = ProfileSource.bytes(killed, name: "killed")
        XCTAssertThrowsError(try PerfDataReader().read(source)) { error in
            XCTAssertEqual((error as? ProfileError)?.code, .truncated)
            XCTAssertTrue("\(error)".contains("killed"))
        }
        var options = FoldingOptions()
        options.partial = true
        XCTAssertGreaterThan(try PerfDataReader(options: options).read(source).total, 0)
    }

    func testARecordingCutAnywhereIsRefused() throws {
        XCTAssertEqual(try run("perf record -g -e cpu-clock -F 4999 -o p.data -- sort /dev/null"), 0)
        let whole = Array(try Data(contentsOf: folder.appendingPathComponent("p.data")))
        var options = FoldingOptions()
        options.symbolPlaces.root = folder.path
        options.symbolPlaces.kernelSymbols = "/no/such/list"
        let reader = PerfDataReader(options: options)
        XCTAssertGreaterThan(try reader.read(.bytes(whole, name: "whole")).total, 0)
        // All of the header and of what stands last, which is where the tables are, and many places between.
        let places = Array(1..<400) + Array(stride(from: 400, to: whole.count - 3_000, by: 97))
        for length in places + Array(max(400, whole.count - 3_000)..<whole.count) {
            XCTAssertThrowsError(
                try reader.read(.bytes(Array(whole[..<length]), name: "cut")), "\(length) of \(whole.count)"
            ) { error in
                XCTAssertTrue(error is ProfileError, "\(error)")
            }
        }
    }

    /// Asks for the time, which code of the kernel in the process tells.
    private let clock = """
        #include <time.h>
        int main(void) {
            struct timespec now;
            for (int i = 0; i < 12000000; i++) clock_gettime(CLOCK_MONOTONIC, &now);
            return 0;
        }
        """

    func testTheKernelsCodeInProcessesHasPerfsNames() throws {
        try compile(clock, "clock")
        // So small a program is hardly ever seen anywhere but in its loop and in the clock's code.
        try compare("perf record -g -e cpu-clock -F 1999 -o p.data -- ./clock", least: 2)
        XCTAssertTrue(try folded("p.data").contains { $0.contains("clock_gettime") })
        var modules = Modules(places: SymbolPlaces())
        // Another kernel's is not taken for it.
        let other = modules.number(path: Array("[vdso]".utf8), buildID: [UInt8](repeating: 7, count: 20))
        XCTAssertNil(modules.find(other, 0x800))
        XCTAssertEqual(modules.replaced, ["[vdso]"])
    }

    func testStacksAreUnwoundThroughTheKernelsCodeInProcesses() throws {
        try compile(clock, "clock", "-O1 -fomit-frame-pointer")
        try compare("perf record --call-graph dwarf,1024 -e cpu-clock -F 499 -o p.data -- ./clock", least: 2)
        let through = ";main;clock_gettime"
        XCTAssertTrue(
            try folded("p.data").contains { $0.contains(through) && $0.contains(";__vdso_clock_gettime") })
    }

    func testWhatPerfRecordsInOtherWaysGivesTheSame() throws {
        let faults = "page-faults"
        let ways: [(options: String, events: [String?], least: Int)] = [
            // The weight of every sample stands with the event, and nothing has a time.
            ("-e cpu-clock -c 500000 --per-thread", [nil], 1),
            // What was mapped is told with the file's build id; the identifiers of events are listed.
            ("-e cpu-clock,page-faults -F 4999 --buildid-mmap --sample-identifier", [faults], 6),
            // One event is sampled, and the other read with it.
            ("-e '{cpu-clock,page-faults}:S' -F 4999", [nil, faults], 1),
            // The events' samples hold different things; maps of data are told, too.
            ("-e cpu-clock/call-graph=no,time=0/,page-faults -F 4999 -d", [faults], 4),
        ]
        for (options, events, least) in ways {
            let command = "perf record -g \(options) -o p.data -- sh -c 'seq 1 40000 | sort -rn | md5sum'"
            XCTAssertEqual(try run(command), 0, options)
            for event in events { try compareRoutes(of: event, least: least, options) }
        }
    }

    func testTracepointsGiveTheSameAsFilesAndThroughPipes() throws {
        let record = "perf record -g -R -e kmem:kmalloc,kmem:kfree"
        guard try run("\(record) -o p.data -- sort /dev/null") == 0 else {
            // CI runs as root.
            guard ProcessInfo.processInfo.environment["CI"] == nil else { return XCTFail("no tracepoints") }
            throw XCTSkip("tracepoints need root, or a perf_event_paranoid of -1")
        }
        try compareRoutes()
        let events = ["kmem:kmalloc", "kmem:kfree"]
        for event in events { try compareRoutes(of: event, least: 1) }
        XCTAssertTrue(try folded("p.data", of: events[0]).allSatisfy { $0.contains("malloc") })
        XCTAssertFalse(try folded("p.data", of: events[1]).contains { $0.contains("malloc_noprof ") })
        let whole = try read("p.data", FoldingOptions()).total
        let parts = try events.map { event in
            var options = FoldingOptions()
            options.event = event
            return try read("p.data", options).total
        }
        XCTAssertEqual(parts.reduce(0, +), whole, "without a choice all tracepoints count")
        // Their formats stand behind a record of the pipe.
        XCTAssertEqual(try run("\(record) -o - -- sort /dev/null >p.data"), 0)
        // Of a pipe perf prints frames without their modules, unless it is asked to.
        try compareRoutes(of: events[0], fields: "-F comm,pid,tid,time,event,ip,sym,symoff,dso")
    }

    func testAProgramThatIsGoneIsNamedFromPerfsCopy() throws {
        let source = """
            __attribute__((noinline)) unsigned long spin_in_what_is_gone(unsigned long n) {
                unsigned long sum = 0;
                for (unsigned long i = 0; i < n; i++) {
                    sum += i * sum + 1;
                    __asm__ volatile("" ::"r"(sum));
                }
                return sum;
            }
            int main(void) { return spin_in_what_is_gone(50000000) == 3; }
            """
        try compile(source, "gone")
        XCTAssertEqual(try run("perf record -g -e cpu-clock -F 999 -o p.data -- ./gone && rm gone"), 0)
        try compareRoutes(least: 1)
        XCTAssertTrue(try folded("p.data").contains { $0.contains(";spin_in_what_is_gone ") })
    }

    /// Makes two functions at one place, one behind the other, and tells perf of them.
    private let generator = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <time.h>
        #include <unistd.h>
        static uint64_t now(void) {
            struct timespec t;
            clock_gettime(CLOCK_MONOTONIC, &t);
            return t.tv_sec * 1000000000ull + t.tv_nsec;
        }
        int main(void) {
            char name[64];
            snprintf(name, sizeof name, "jit-%d.dump", getpid());
            int file = open(name, O_CREAT | O_RDWR, 0600);
            struct { uint32_t magic, version, size, machine, pad, process; uint64_t time, flags; } head =
                { 0x4A695444, 1, 40, 62, 0, getpid(), now(), 0 };
            write(file, &head, sizeof head);
            mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
            uint8_t *memory = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            const char *names[] = { "first_generated", "second_generated" };
            for (int i = 0; i < 2; i++) {
                /* Counts down from 100 million. */
                uint8_t code[] = { 0xB8, 0, 0xE1, 0xF5, 0x05, 0xFF, 0xC8, 0x75, 0xFC, 0xC3 };
                memcpy(memory, code, sizeof code);
                struct { uint32_t kind, size; uint64_t time; uint32_t process, thread; uint64_t start, place, count, index; }
                    record = { 0, 56 + strlen(names[i]) + 1 + sizeof code, now(), getpid(), getpid(), (uint64_t)memory,
                        (uint64_t)memory, sizeof code, i };
                write(file, &record, sizeof record);
                write(file, names[i], strlen(names[i]) + 1);
                write(file, code, sizeof code);
                ((void (*)(void))memory)();
            }
            return 0;
        }
        """

    func testGeneratedCodeIsNamedAsPerfInjectNamesIt() throws {
        #if arch(x86_64)
            try compile(generator, "jit", "-O1 -fno-omit-frame-pointer")
            XCTAssertEqual(try run("perf record -k mono -g -e cpu-clock -F 1999 -o made.data -- ./jit"), 0)
            let direct = try folded("made.data")
            for name in ["first_generated", "second_generated"] {
                XCTAssertTrue(direct.contains { $0.contains(";\(name) ") }, "\(direct)")
            }
            // perf makes a file of each function, and maps those in place of the memory.
            XCTAssertEqual(try run("perf inject --jit -i made.data -o p.data"), 0)
            XCTAssertEqual(try folded("p.data"), direct)
            try compareRoutes(least: 2)
        #else
            throw XCTSkip("the code that it makes is x86's")
        #endif
    }

    func testACompilersRecordingGivesTheSameThoughItsSymbolsOverlap() throws {
        let source = (0..<40).map {
            "struct S\($0): Hashable, Codable { var a = \($0); var b: [String: Int] = [:] }"
        }
        try source.joined(separator: "\n").write(
            to: folder.appendingPathComponent("work.swift"), atomically: true, encoding: .utf8)
        try compare("perf record -g -e cpu-clock -F 1999 -o p.data -- swiftc -O -c work.swift -o work.o")
    }

    func testTimeOffTheProcessorIsThatOfTheSleep() throws {
        let record = "perf record -e context-switches -c 1 -g --switch-events -o p.data"
        XCTAssertEqual(try run("\(record) -- sh -c 'sleep 0.3; sleep 0.2'"), 0)
        var options = FoldingOptions()
        options.keepsSamples = true
        options.selection.commands = ["sleep"]
        let profile = try read("p.data", options)
        guard profile.total > 0 else {
            guard ProcessInfo.processInfo.environment["CI"] == nil else { return XCTFail("no stack") }
            throw XCTSkip("perf may not look into the kernel here: let perf_event_paranoid be at most 1")
        }
        let waiting = try profile.timeOffCPU()
        XCTAssertGreaterThan(waiting.total, 0.5e9)
        let seconds = waiting.total / 1e9
        XCTAssertLessThan(seconds, 60, "nanoseconds since the boot, not of the sleep")
        let slept = try XCTUnwrap(waiting.functions().first { $0.name.contains("nanosleep") })
        XCTAssertGreaterThanOrEqual(slept.total, 0.5e9)
        // Without the times of the switches there is nothing to weigh by.
        XCTAssertEqual(try run("perf record -e context-switches -c 1 -g -o q.data -- sleep 0.01"), 0)
        XCTAssertThrowsError(try read("q.data", options).timeOffCPU()) {
            XCTAssertTrue("\($0)".contains("--switch-events"), "\($0)")
        }
    }

    func testPageFaultsAreCountedWhereTheyHappened() throws {
        XCTAssertEqual(try run("perf record -e page-faults -c 1 -g -o p.data -- sort /dev/null"), 0)
        let profile = try read("p.data", FoldingOptions())
        XCTAssertTrue(profile.unit.hasPrefix("page-faults"), profile.unit)
        XCTAssertGreaterThan(profile.total, 20)
    }

    func testModulesTakeThePlaceOfTheirFunctions() throws {
        XCTAssertEqual(
            try run("perf record -g -e cpu-clock -F 9999 -o p.data -- sh -c 'seq 1 99999 | sort -rn'"), 0)
        var options = FoldingOptions()
        let whole = try read("p.data", options).total
        options.namesModules = true
        let modules = try read("p.data", options).joiningNeighbours()
        XCTAssertEqual(modules.total, whole, accuracy: whole * 0.01)
        XCTAssertTrue(modules.functions().contains { $0.name.hasPrefix("libc") })
        XCTAssertFalse(modules.functions().contains { $0.name.contains("/") })
    }
}
