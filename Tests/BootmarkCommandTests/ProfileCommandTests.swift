import BootProfiles
import BootTestSupport
import Foundation
import XCTest

final class ProfileCommandTests: CommandTestCase {
    private func write(_ text: String, to name: String) throws {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }

    private func place(_ name: String) -> String { "\(folder)/\(name)" }

    private func printed(_ arguments: [String]) async throws -> String {
        let result = try await bootmark(arguments)
        XCTAssertEqual(result.status, 0, result.error)
        return result.output
    }

    func testThePhasesOfARecordedBootAddUpToIt() async throws {
        _ = try RequiredTool.need("perf", package: "linux-perf")
        let result = try await bootmark(
            try tiny(
                [
                    "--collect", "perf-record", "--record-boots", "2", "--phase", "tables=tiny: tables",
                    "--phase", "decompress=tiny: decompress",
                ], knobs: "slow=decompress:20", boots: 1), within: 120)
        XCTAssertEqual(result.status, 0, result.error + result.output)
        let whole = weight(try await printed(["fold", runFolder]))
        let parts = try await ["power-on", "tables", "decompress"].asyncMap {
            weight(try await printed(["fold", runFolder, "--phase", $0]))
        }
        XCTAssertGreaterThan(parts[2], 10)
        // Samples between the last milestone and the word that stops perf are in no phase.
        XCTAssertLessThanOrEqual(parts.reduce(0, +), whole)
        XCTAssertGreaterThan(Double(parts.reduce(0, +)), 0.9 * Double(whole))

        let difference = try await printed([
            "diff", runFolder, runFolder, "--phase", "decompress", "-o", "\(folder)/d.svg",
        ])
        XCTAssertTrue(difference.hasPrefix("No function's share changed"), difference)
        XCTAssertTrue(File.text("\(folder)/d.svg").contains("2 profiles"))
        let paired = try await printed(["diff", runFolder, runFolder, "--paired", "-o", place("pairs.svg")])
        XCTAssertTrue(paired.contains("2 pairs of profiles"), paired)
        let accepted = try await bootmark([
            "accept", runFolder, "--baselines", place("Baselines"), "--as", "tiny",
        ])
        XCTAssertEqual(accepted.status, 0, accepted.error)
        let baseline = place("Baselines/tiny")
        let kept = weight(try await printed(["fold", baseline, "--phase", "decompress"]))
        XCTAssertEqual(kept, parts[2])
        let changed = try await printed(["diff", baseline, runFolder, "--phase", "decompress"])
        XCTAssertTrue(changed.contains("1 profile before, 2 after"), changed)
        XCTAssertTrue(File.text(place("pairs.svg")).contains("signed-rank test over 2 pairs of boots"))
        assertFault(
            try await bootmark(["hotspots", runFolder, "--phase", "nobody"]), 66,
            says: "holds no stacks of the phase nobody", "decompress, power-on, tables")
    }

    func testSelectionsNameWhatIsWrong() async throws {
        try write("main;a 3\n", to: "a.folded")
        for (arguments, word) in [
            (["--time", "5"], "START,STOP"), (["--time", "5,4"], "before its STOP"),
            (["--time", "1,+2"], "START,STOP"), (["--only-cpu", "x"], "x is none"),
            (["--callers", "a", "--callees", "a"], "exclude each other"),
            (["--phase", "kernel"], "takes run folders"),
        ] {
            let result = try await bootmark(["fold", place("a.folded")] + arguments)
            XCTAssertEqual(result.status, 64, "\(arguments): \(result.error)")
            XCTAssertTrue(result.error.contains(word), "\(arguments): \(result.error)")
        }
        assertFault(
            try await bootmark(["fold", place("a.folded"), "--callers", "nobody"]), 66,
            says: "no stack holds the function nobody", "bootmark hotspots")
        assertFault(
            try await bootmark(["flamegraph", place("a.folded"), "--chart", "-o", place("chart.svg")]), 66,
            says: "it is folded stacks, which holds no order or time", "speedscope JSON")
        assertFault(
            try await bootmark(["fold", place("a.folded"), "--only-comm", "main"]), 66,
            says: "which holds no process, thread, command", "perf.data, perf script text")
        assertFault(
            try await bootmark(["hotspots", place("a.folded"), "--by", "module"]), 66,
            says: "which holds no modules", "callgrind")
        let paired = try await bootmark(["diff", place("a.folded"), place("a.folded"), "--paired"])
        XCTAssertEqual(paired.status, 64)
        XCTAssertTrue(paired.error.contains("--paired takes run folders"), paired.error)
        assertFault(
            try await bootmark(["flamegraph", place("a.folded"), "--view"]), 4, says: "needs a terminal",
            "-o OUT.svg")
    }

    func testAFolderOfPerfsThreadsIsRefusedAsThat() async throws {
        try FileManager.default.createDirectory(
            atPath: place("threads.data"), withIntermediateDirectories: true)
        var head = Array("PERFILE2".utf8) + [104, 0, 0, 0, 0, 0, 0, 0]
        head += [UInt8](repeating: 0, count: 104 - head.count)
        try File.write(head, to: place("threads.data/data"))
        assertFault(
            try await bootmark(["fold", place("threads.data")]), 66,
            says: "it is a folder that perf record --threads made", "Record without --threads")
    }

    func testStacksAreTurnedAndCut() async throws {
        try write("main;a;b 3\nmain;b 1\n", to: "a.folded")
        let reversed = try await printed(["fold", place("a.folded"), "--reverse"])
        XCTAssertEqual(reversed, "b;a;main 3\nb;main 1\n")
        let callees = try await printed(["fold", place("a.folded"), "--callees", "a"])
        XCTAssertEqual(callees, "a;b 3\n")
        let csv = try await printed(["hotspots", place("a.folded"), "--callers", "b", "--format", "csv"])
        XCTAssertEqual(csv, "function,share\r\n\"a\",3\r\n\"main\",1\r\n")
    }

    func testMoversAreWrittenAsTheirNameSays() async throws {
        try write("main;a 3\nmain;b 1\n", to: "before")
        try write("main;a 1\nmain;b 1\n", to: "after")
        for name in ["movers.md", "movers.json", "movers.txt"] {
            let table = try await printed([
                "diff", place("before"), place("after"), "--movers", place(name), "--top", "1",
            ])
            XCTAssertTrue(table.contains("-25.00"), table)
            XCTAssertTrue(table.contains("and 1 more"), table)
        }
        XCTAssertTrue(File.text("\(folder)/movers.md").hasPrefix("| function |"))
        XCTAssertTrue(File.text("\(folder)/movers.txt").contains("+25.00"))
        XCTAssertNoThrow(
            try JSONSerialization.jsonObject(with: Data(File.text("\(folder)/movers.json").utf8)))
    }

    func testAFileOfTwoWeightsIsBothSidesOfADifference() async throws {
        try write("main;a 3 1\nmain;b 1 1\n", to: "both")
        let table = try await printed(["diff", place("both"), "-o", place("both.svg")])
        XCTAssertTrue(table.contains("-25.00"), table)
        XCTAssertTrue(File.text("\(folder)/both.svg").contains("both, before"))
        try write("main;a 3\n", to: "one")
        assertFault(
            try await bootmark(["diff", place("one")]), 66, says: "which holds one profile",
            "bootmark diff BEFORE AFTER")
    }

    func testAFolderOfFilesIsABootForEach() async throws {
        for side in ["old", "new"] {
            try FileManager.default.createDirectory(
                atPath: place(side), withIntermediateDirectories: false)
            for boot in 0..<5 {
                try write(
                    "main;a \(side == "old" ? 900 + boot : 700 + boot)\nmain;b 100\n", to: "\(side)/\(boot)")
            }
        }
        let table = try await printed(["diff", place("old"), place("new")])
        XCTAssertTrue(table.contains("5 profiles before, 5 after"), table)
        XCTAssertTrue(table.contains("*"), table)
        try write("no stacks", to: "new/9")
        assertFault(try await bootmark(["diff", place("old"), place("new")]), 66, says: "new/9")
    }

    private func weight(_ folded: String) -> Int {
        folded.split(separator: "\n").compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(
            0, +)
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ change: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await change(element)) }
        return values
    }
}
