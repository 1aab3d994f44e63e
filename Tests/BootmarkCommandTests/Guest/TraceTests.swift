import BootModel
import BootStore
import BootTestSupport
import XCTest

/// `--trace` and `--plugin`: what QEMU itself says of a boot, and what others load into it.
final class TraceTests: CommandTestCase {
    func testTraceEventsAreKeptAndCountedByPhaseInABootOfTheirOwn() async throws {
        let result = try await bootmark(
            try tiny(
                [
                    "--trace", "pic_*", "--trace", "serial_write", "--phase", "memory=tiny: memory",
                    "--phase", "tables=tiny: tables",
                ],
                boots: 1))
        XCTAssertEqual(result.status, 0, result.error + result.output)
        let run = try savedRun()
        XCTAssertEqual(run.boots.map(\.purpose), [.timed, .traced])
        let traced = try XCTUnwrap(run.boots.last)
        XCTAssertTrue(traced.outcome.isBooted)
        XCTAssertFalse(run.boots[0].notes.contains { $0.hasPrefix("trace") })
        let log = File.text(runFolder + "/boots/002/trace.log")
        XCTAssertTrue(log.contains(":pic_set_irq "), String(log.prefix(300)))
        XCTAssertTrue(log.contains(":serial_write "), String(log.prefix(300)))
        // Every event of the log is in one of the notes.
        let counts = traced.notes.compactMap { $0.firstMatch(of: /^trace of .*: ([0-9,]+) events/)?.output.1 }
        let total = counts.compactMap { Int($0.filter { $0 != "," }) }.reduce(0, +)
        XCTAssertEqual(total, log.split(separator: "\n").count)
        XCTAssertTrue(traced.notes.contains { $0.hasPrefix("trace of memory: ") }, "\(traced.notes)")
        let table = try await bootmark([
            "hotspots", runFolder, "--by", "event", "--format", "json", "--top", "0",
        ])
        XCTAssertEqual(table.status, 0, table.error)
        let json = try JSONSerialization.jsonObject(with: Data(table.output.utf8)) as? [String: Any]
        let rows = try XCTUnwrap(json?["lines"] as? [[String: Any]])
        XCTAssertEqual(rows.reduce(0) { $0 + ($1["count"] as? Int ?? 0) }, total)
        XCTAssertTrue(
            rows.contains { $0["event"] as? String == "serial_write" && $0["phase"] as? String == "memory" },
            table.output)
        for row in rows {
            let first = try XCTUnwrap(row["first_ms"] as? Double)
            XCTAssertLessThanOrEqual(first, try XCTUnwrap(row["last_ms"] as? Double))
        }
        let hotspots = try await bootmark(["hotspots", runFolder + "/boots/002/trace.log"])
        XCTAssertEqual(hotspots.status, 0, hotspots.error)
        XCTAssertTrue(hotspots.output.contains("serial_write"), hotspots.output)
        let chart = folder + "/chart.svg"
        let drawn = try await bootmark([
            "flamegraph", runFolder + "/boots/002/trace.log", "--chart", "-o", chart,
        ])
        XCTAssertEqual(drawn.status, 0, drawn.error)
        XCTAssertTrue(File.text(chart).contains("pic_set_irq"))
    }

    func testAnEventThatQEMUDoesNotHaveIsRefusedBeforeAnyBoot() async throws {
        assertFault(
            try await bootmark(try tiny(["--trace", "pic_sett*"])), 64, says: "No trace event of",
            "pic_sett*", "pic_set_irq")
        assertFault(
            try await bootmark(try tiny(["--trace", "pic_*"], qemu: ["-D", "/dev/null"])), 64, says: "-D",
            "Leave")
    }

    func testAPluginOfTheUsersIsLoadedInEveryBootAndToldInTheComparison() async throws {
        let plugin = folder + "/my,plugin.so"
        let source = folder + "/plugin.c"
        // The little that QEMU asks of a plugin, written down here; it leaves a line for each start.
        try File.write(
            Array(
                """
                #include <stdint.h>
                #include <stdio.h>
                #include <string.h>
                #define SEEN __attribute__((visibility("default")))
                SEEN int qemu_plugin_version = 1;
                SEEN int qemu_plugin_install(uint64_t id, const void *info, int count, char **arguments)
                {
                    (void)id; (void)info;
                    FILE *file = fopen(count == 1 && !strncmp(arguments[0], "into=", 5) ? arguments[0] + 5 : "/", "a");
                    if (!file) return 1;
                    fputs("loaded\\n", file);
                    return fclose(file);
                }

                """.utf8), to: source)
        let compiled = try await CommandRun(
            "/usr/bin/cc", ["-shared", "-fPIC", "-o", plugin, source], in: folder
        ).end(within: 60)
        XCTAssertEqual(compiled.status, 0, compiled.error)
        let into = folder + "/starts"
        let written = "\(plugin.replacing(",", with: ",,")),into=\(into)"
        let result = try await bootmark(try tiny(["--plugin", written], boots: 2))
        XCTAssertEqual(result.status, 0, result.error)
        XCTAssertEqual(File.text(into), "loaded\nloaded\n")
        XCTAssertTrue(result.output.contains("QEMU loads the plugin"), result.output)
        XCTAssertNotNil(try savedRun().fingerprint.digests["plugin"])
        let plain = folder + "/plain"
        var arguments = try tiny()
        arguments[try XCTUnwrap(arguments.firstIndex(of: runFolder))] = plain
        let other = try await bootmark(arguments)
        XCTAssertEqual(other.status, 0, other.error)
        let compared = try await bootmark(["compare", plain, runFolder, "-o", folder + "/report"])
        XCTAssertTrue(compared.output.contains("plugin"), compared.output + compared.error)
        assertFault(
            try await bootmark(try tiny(["--plugin", "missing.so"])), 66, says: "The plugin", "missing.so",
            "does not exist")
    }
}
