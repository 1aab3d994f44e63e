import BootTestSupport
import Foundation
import XCTest

/// What a long recording takes of memory.
final class RecordingMemoryTests: XCTestCase {
    /// Samples of a few stacks as perf sends them, a round at a time; and how many.
    private func rounds(_ bytes: Int, from time: inout UInt64) -> (bytes: Data, samples: Int) {
        let recording = Recording(isBig: false)
        var data = Data()
        var samples = 0
        while data.count < bytes {
            for index in 0..<2_000 as Range<UInt64> {
                time += 1
                let chain = [recording.userMarker] + (0..<8).map { 0x1000 + (index * 7 + $0 * 31) % 200 }
                data.append(contentsOf: recording.sample(7, chain, time: time))
            }
            samples += 2_000
            data.append(contentsOf: recording.record(68, []))
        }
        return (data, samples)
    }

    private func peakMegabytes(of process: Process) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let line = try XCTUnwrap(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try XCTUnwrap(line.split(separator: " ").dropLast().last.flatMap { Int($0) }) / 1024
    }

    func testMemoryDoesNotGrowWithTheRecording() throws {
        var recording = Recording(isBig: false)
        recording.records = [
            recording.comm(7, "c", time: 1),
            recording.map(7, start: 0x1000, size: 0x1000, path: "/no/such/tool", time: 2),
        ]
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandRun.bootmark)
        process.arguments = ["fold", "-"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let writer = input.fileHandleForWriting
        try writer.write(contentsOf: Data(recording.pipe))
        var time: UInt64 = 10
        let first = rounds(2 << 20, from: &time)
        // What does not fit into the pipe has been read when it is written.
        try writer.write(contentsOf: first.bytes)
        let before = try peakMegabytes(of: process)
        var samples = first.samples
        for _ in 0..<8 {
            let more = rounds(2 << 20, from: &time)
            try writer.write(contentsOf: more.bytes)
            samples += more.samples
        }
        let after = try peakMegabytes(of: process)
        try writer.close()
        let folded = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        XCTAssertEqual(process.terminationStatus, 0)
        let total = folded.split(separator: "\n").compactMap {
            $0.split(separator: " ").last.flatMap { Int($0) }
        }
        XCTAssertEqual(total.reduce(0, +), samples)
        XCTAssertLessThan(
            after - before, 6, "16 MB more of the recording took it from \(before) to \(after) MB")
    }
}
