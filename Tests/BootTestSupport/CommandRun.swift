import Foundation
import XCTest

/// The built command, run as a user runs it.
public final class CommandRun {
    /// What a command left when it had ended.
    public struct Result: Sendable {
        /// Its exit status; 128 and the signal's number where a signal ended it, as a shell has it.
        public var status: Int32
        /// What it wrote to standard output.
        public var output: String
        /// What it wrote to standard error.
        public var error: String
    }

    /// Its process id.
    public var identifier: pid_t { process.processIdentifier }
    private let process = Process()
    private let outputPath: String
    private let errorPath: String

    /// Starts a program, `bootmark` unless another is named.
    ///
    /// - Parameters:
    ///   - program: its full path; nil for `bootmark` beside the tests.
    ///   - arguments: its arguments.
    ///   - environment: what differs from the tests' own environment; nil removes a variable.
    ///   - folder: where its output is kept.
    ///   - workingFolder: where it runs; nil for where the tests do.
    /// - Throws: where it cannot be started.
    public init(
        _ program: String? = nil, _ arguments: [String], environment: [String: String?] = [:],
        in folder: String, runningIn workingFolder: String? = nil
    ) throws {
        let name = UUID().uuidString
        outputPath = "\(folder)/\(name).out"
        errorPath = "\(folder)/\(name).err"
        try File.write([], to: outputPath)
        try File.write([], to: errorPath)
        process.executableURL = URL(fileURLWithPath: program ?? Self.bootmark)
        process.arguments = arguments
        var variables = ProcessInfo.processInfo.environment
        for (name, value) in environment { variables[name] = value }
        process.environment = variables
        if let workingFolder { process.currentDirectoryURL = URL(fileURLWithPath: workingFolder) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: outputPath)
        process.standardError = FileHandle(forWritingAtPath: errorPath)
        try process.run()
    }

    /// The command that was built with these tests.
    public static var bootmark: String { Package.buildFolder + "/bootmark" }

    /// Sends it a signal.
    public func signal(_ number: Int32) { kill(identifier, number) }

    /// What it has written to standard error so far.
    public var errorSoFar: String { File.text(errorPath) }

    /// Waits for its end, and kills it where that does not come within `seconds`.
    public func end(within seconds: Double = 60, file: StaticString = #filePath, line: UInt = #line) async
        -> Result
    {
        let hasEnded = await eventually(within: seconds) { !process.isRunning }
        if !hasEnded {
            XCTFail("the command did not end within \(seconds) s", file: file, line: line)
            signal(SIGKILL)
        }
        process.waitUntilExit()
        let isSignal = process.terminationReason == .uncaughtSignal
        return Result(
            status: process.terminationStatus + (isSignal ? 128 : 0), output: File.text(outputPath),
            error: File.text(errorPath))
    }
}
