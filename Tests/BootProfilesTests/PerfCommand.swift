import Foundation
import XCTest

@testable import BootProfiles

/// This machine's perf.
enum PerfCommand {
    static let isHere = (try? run("command -v perf >/dev/null", in: NSTemporaryDirectory())) == 0

    /// What perf script prints of the recording `bytes`; nil where there is no perf.
    static func script(_ bytes: [UInt8]) throws -> [UInt8]? {
        guard isHere else {
            if ProcessInfo.processInfo.environment["CI"] != nil {
                XCTFail("perf is missing: install linux-perf")
            }
            return nil
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "script-\(getpid())-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(bytes).write(to: folder.appendingPathComponent("p.data"))
        let status = try run(
            "perf script -f -i p.data >p.txt 2>p.errors", in: folder.path)
        let errors = try String(contentsOf: folder.appendingPathComponent("p.errors"), encoding: .utf8)
        XCTAssertEqual(status, 0, errors)
        return Array(try Data(contentsOf: folder.appendingPathComponent("p.txt")))
    }

    /// Checks that the text route gives the stacks `folded` of the recording `bytes` too.
    static func check(
        _ folded: String, of bytes: [UInt8], options: FoldingOptions = FoldingOptions(), line: UInt = #line
    ) throws {
        guard let text = try script(bytes) else { return }
        let profile = try PerfScriptReader(options: options).read(.bytes(text, name: "text"))
        let lines = { (text: String) in text.split(separator: "\n").map(String.init) }
        let ours = lines(folded)
        let theirs = lines(String(decoding: FoldedWriter().bytes(profile), as: UTF8.self))
        XCTAssertEqual(ours.difference(from: theirs).map { "\($0)" }, [], "by perf script", line: line)
    }

    /// Runs a line of the shell in a folder.
    static func run(_ command: String, in folder: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
