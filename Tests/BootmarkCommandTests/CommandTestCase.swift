import BootModel
import BootStore
import BootTestSupport
import XCTest

/// Tests that run the built `bootmark` as a user does.
class CommandTestCase: XCTestCase {
    /// A folder of this test's own.
    private(set) var folder = ""
    /// Where the run of this test goes.
    var runFolder: String { folder + "/run" }

    override func setUpWithError() throws {
        folder = try temporaryFolder()
        useOwnLease()
    }

    /// Starts `bootmark`.
    func start(_ arguments: [String], environment: [String: String?] = [:]) throws -> CommandRun {
        try CommandRun(nil, arguments, environment: environment, in: folder)
    }

    /// Runs `bootmark` to its end.
    func bootmark(_ arguments: [String], environment: [String: String?] = [:], within seconds: Double = 120)
        async throws -> CommandRun.Result
    {
        try await start(arguments, environment: environment).end(within: seconds)
    }

    /// The arguments of a short run of tiny, without perf and plugin unless asked for.
    func tiny(
        _ options: [String] = [], knobs: String = "", boots: Int = 2, qemu arguments: [String] = [],
        on qemu: TestedQEMU? = nil
    ) throws -> [String] {
        let name = "qemu-system-i386"
        _ = try RequiredTool.qemu()
        let collects = options.contains("--collect")
        return [
            "boot", "--until", "^tiny: booted$", "--no-warm-up", "--boots", "\(boots)", "--timeout", "60",
        ]
            + (collects ? [] : ["--collect", "perf-stat"]) + ["-o", runFolder] + options
            + ["--", qemu?.program(name) ?? name, "-m", "32M", "-nodefaults", "-kernel", try Guests.tiny()]
            + (knobs.isEmpty ? [] : ["-append", knobs]) + arguments
    }

    /// The run that was saved.
    func savedRun() throws -> Run { try RunFolder.open(at: runFolder).load() }

    /// One clear fault: the exit code, nothing on standard output, the words on standard error, a next step.
    func assertFault(
        _ result: CommandRun.Result, _ status: Int32, says words: String..., file: StaticString = #filePath,
        line: UInt = #line
    ) {
        XCTAssertEqual(result.status, status, result.error, file: file, line: line)
        XCTAssertEqual(result.output, "", file: file, line: line)
        for word in words {
            XCTAssertTrue(
                result.error.contains(word), "'\(word)' in: \(result.error)", file: file, line: line)
        }
        XCTAssertFalse(result.error.contains("Fatal error"), result.error, file: file, line: line)
        // What disturbs this host is no part of the fault.
        let lines = result.error.split(separator: "\n").filter { !$0.hasPrefix("note: ") }
        XCTAssertLessThan(lines.count, 8, result.error, file: file, line: line)
    }
}
