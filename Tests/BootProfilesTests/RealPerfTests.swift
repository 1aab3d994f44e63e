import Foundation
import XCTest

@testable import BootProfiles

/// What this machine's perf records and prints.
final class RealPerfTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws {
        // perf takes what lies at /tmp/perf-… for lists of symbols, and names nothing in programs there.
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "recording-\(getpid())-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let status = try run("perf record -g -e cpu-clock -F 997 -o probe.data -- true")
        if status != 0 {
            let hint = "perf cannot record here: install linux-perf, and let perf_event_paranoid be at most 1"
            guard ProcessInfo.processInfo.environment["CI"] == nil else { return XCTFail(hint) }
            throw XCTSkip(hint)
        }
    }

    override func tearDownWithError() throws {
        try FileManager.default.removeItem(at: folder)
    }

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

    func testTheKernelsCodeInProcessesHasPerfsNames() throws {
        let source = """
            #include <time.h>
            int main(void) {
                struct timespec now;
                for (int i = 0; i < 12000000; i++) clock_gettime(CLOCK_MONOTONIC, &now);
                return 0;
            }
            """
        try source.write(to: folder.appendingPathComponent("clock.c"), atomically: true, encoding: .utf8)
        XCTAssertEqual(try run("$(command -v cc || command -v clang) -O1 -o clock clock.c"), 0)
        // So small a program is hardly ever seen anywhere but in its loop and in the clock's code.
        try compare("perf record -g -e cpu-clock -F 1999 -o p.data -- ./clock", least: 2)
        XCTAssertTrue(try folded("p.data").contains { $0.contains("clock_gettime") })
        var modules = Modules(places: SymbolPlaces())
        // Another kernel's is not taken for it.
        let other = modules.number(path: Array("[vdso]".utf8), buildID: [UInt8](repeating: 7, count: 20))
        XCTAssertNil(modules.find(other, 0x800))
        XCTAssertEqual(modules.replaced, ["[vdso]"])
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

    private func read(_ name: String, _ options: FoldingOptions) throws -> Profile {
        try PerfDataReader(options: options).read(.file(folder.appendingPathComponent(name).path))
    }

    /// Some work in processes that fork, exec, map and page.
    private var work: String { "for i in 1 2 3 4 5 6; do seq 1 40000 | sort -rn | md5sum >/dev/null; done" }

    /// Compares the stacks of these commands, or all where there are none.
    private func compare(_ command: String, commands: [String] = [], least: Int = 6) throws {
        XCTAssertEqual(try run(command), 0)
        XCTAssertEqual(try run("perf script -i p.data > p.txt"), 0)
        let isCompared = { (stack: String) in
            commands.isEmpty || commands.contains { stack.hasPrefix($0 + ";") }
        }
        let data = try folded("p.data").filter(isCompared)
        let text = try folded("p.txt").filter(isCompared)
        XCTAssertGreaterThanOrEqual(data.count, least)
        XCTAssertEqual(data.difference(from: text).map { "\($0)" }, [])
    }

    private func folded(_ name: String) throws -> [String] {
        let path = folder.appendingPathComponent(name).path
        let profile = try ProfileInput.open(.file(path)).read()
        return String(decoding: FoldedWriter().bytes(profile), as: UTF8.self).split(separator: "\n").map(
            String.init)
    }

    private func run(_ command: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.currentDirectoryURL = folder
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
