import BootTestSupport
import Foundation
import XCTest

/// The recordings of waiting and of memory that the documentation tells of, made word by word.
final class RecordingRecipeTests: CommandTestCase {
    /// The commands of Documentation/Profiles.md from the comment that begins with `start` on.
    private func commands(from start: String) throws -> [String] {
        let text = File.text(Package.folder + "/Documentation/Profiles.md")
        let begin = try XCTUnwrap(text.range(of: start), start).lowerBound
        let block = text[begin...].prefix(upTo: try XCTUnwrap(text[begin...].range(of: "```")).lowerBound)
        return block.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }

    private func shell(_ line: String) async throws -> CommandRun.Result {
        let path = Package.buildFolder + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        return try await CommandRun(
            "/bin/sh", ["-c", line], environment: ["PATH": path], in: folder, runningIn: folder
        ).end(within: 120)
    }

    private func stacks(_ arguments: String) async throws -> [Substring] {
        let result = try await shell("bootmark fold \(arguments)")
        XCTAssertEqual(result.status, 0, result.error)
        return result.output.split(separator: "\n")
    }

    func testWaitingAndMemoryAreDrawnFromRecordingsMadeAsDocumented() async throws {
        _ = try RequiredTool.need("perf", package: "linux-perf")
        try "all:\n\t@seq 1 20000 | sort -rn | md5sum >/dev/null; sleep 0.3\n".write(
            toFile: folder + "/Makefile", atomically: true, encoding: .utf8)
        // One that an earlier run left would be in the way.
        _ = try await shell("perf probe -q -d probe_libc:malloc")
        let commands = try commands(from: "# Waiting")
        XCTAssertGreaterThanOrEqual(commands.count, 8)
        for command in commands {
            let result = try await shell(command)
            guard result.status == 0 else {
                guard getuid() != 0, ProcessInfo.processInfo.environment["CI"] == nil else {
                    return XCTFail("\(command): \(result.error)")
                }
                throw XCTSkip("tracepoints and probes need root")
            }
        }
        let waiting = File.text(folder + "/wait.svg")
        XCTAssertTrue(waiting.contains("nanosleep"))
        XCTAssertTrue(waiting.contains("off-cpu"))
        XCTAssertTrue(File.text(folder + "/faults.svg").contains("page-faults"))

        let kernel = try await stacks("kmalloc.data")
        XCTAssertTrue(kernel.contains { $0.hasPrefix("sort;") })
        XCTAssertTrue(kernel.allSatisfy { $0.contains("malloc") }, "\(kernel)")
        let program = try await stacks("malloc.data")
        // A machine that is busy loses some, and with them what was mapped.
        let named = program.count { $0.contains(";malloc ") }
        XCTAssertGreaterThan(Double(named), 0.9 * Double(program.count), "\(program)")
        // The function that called it is there, too, which frame pointers would miss.
        XCTAssertTrue(program.contains { $0.contains(";setlocale;") }, "\(program)")
    }
}
