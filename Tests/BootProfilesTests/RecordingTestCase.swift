import Foundation
import XCTest

@testable import BootProfiles

/// Recordings by this machine's perf, in a folder that goes with the test.
class RecordingTestCase: XCTestCase {
    private static let canRecord =
        (try? PerfCommand.run(
            "perf record -g -e cpu-clock -F 997 -o /dev/null -- true", in: NSTemporaryDirectory())) == 0

    private(set) var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws {
        // perf takes what lies at /tmp/perf-… for lists of symbols, and names nothing in programs there.
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "recording-\(getpid())-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        guard Self.canRecord else {
            let hint = "perf cannot record here: install linux-perf, and let perf_event_paranoid be at most 1"
            guard ProcessInfo.processInfo.environment["CI"] == nil else { return XCTFail(hint) }
            throw XCTSkip(hint)
        }
    }

    override func tearDownWithError() throws {
        try FileManager.default.removeItem(at: folder)
    }

    func read(_ name: String, _ options: FoldingOptions) throws -> Profile {
        try PerfDataReader(options: options).read(.file(folder.appendingPathComponent(name).path))
    }

    /// Some work in processes that fork, exec, map and page.
    var work: String { "for i in 1 2 3 4 5 6; do seq 1 40000 | sort -rn | md5sum >/dev/null; done" }

    /// Compares the stacks of these commands, or all where there are none.
    func compare(_ command: String, commands: [String] = [], least: Int = 6) throws {
        XCTAssertEqual(try run(command), 0)
        try compareRoutes(commands: commands, least: least)
    }

    /// Compares the stacks of `event`, or of the first, with those of what perf script prints of the recording.
    func compareRoutes(
        of event: String? = nil, commands: [String] = [], least: Int = 6, fields: String = "",
        _ what: String = ""
    ) throws {
        XCTAssertEqual(try run("perf script --no-inline \(fields) -i p.data > p.txt"), 0)
        let isCompared = { (stack: String) in
            commands.isEmpty || commands.contains { stack.hasPrefix($0 + ";") }
        }
        let data = try folded("p.data", of: event).filter(isCompared)
        let text = try folded("p.txt", of: event).filter(isCompared)
        XCTAssertGreaterThanOrEqual(data.count, least, what)
        XCTAssertEqual(data.difference(from: text).map { "\($0)" }, [], what)
    }

    func folded(_ name: String, of event: String? = nil) throws -> [String] {
        let path = folder.appendingPathComponent(name).path
        var options = FoldingOptions()
        options.event = event
        let profile = try ProfileInput.open(.file(path), options: options).read()
        return String(decoding: FoldedWriter().bytes(profile), as: UTF8.self).split(separator: "\n").map(
            String.init)
    }

    func run(_ command: String) throws -> Int32 { try PerfCommand.run(command, in: folder.path) }

    /// Compiles `source` into the program `name`.
    func compile(_ source: String, _ name: String, _ options: String = "-O1") throws {
        try source.write(
            to: folder.appendingPathComponent(name + ".c"), atomically: true, encoding: .utf8)
        XCTAssertEqual(
            try run("$(command -v cc || command -v clang) \(options) -o \(name) \(name).c"), 0,
            "needs a C compiler: clang")
    }
}
