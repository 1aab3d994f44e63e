import BootModel
import BootReports
import BootStore
import BootTestSupport
import Foundation
import XCTest

/// What exact boots find in a Linux: one try of those that `Benchmarks/exact-sensitivity` counts.
final class ExactLinuxTests: CommandTestCase {
    /// The guest's initial RAM disk with an archive behind it that holds one file.
    private func ramDisk(_ name: String, holding bytes: [UInt8]) throws -> String {
        func entry(_ name: String, _ bytes: [UInt8], mode: Int) -> [UInt8] {
            let fields = [1, mode, 0, 0, 1, 0, bytes.count, 0, 0, 0, 0, name.utf8.count + 1, 0]
            let numbers = fields.map { field in
                let digits = String(field, radix: 16)
                return String(repeating: "0", count: 8 - digits.count) + digits
            }
            var entry = Array("070701\(numbers.joined())\(name)\0".utf8)
            entry += [UInt8](repeating: 0, count: (4 - entry.count % 4) % 4) + bytes
            return entry + [UInt8](repeating: 0, count: (4 - entry.count % 4) % 4)
        }
        let archive = entry("more", bytes, mode: 0o100644) + entry("TRAILER!!!", [], mode: 0)
        let path = "\(folder)/\(name).gz"
        let original = try Data(contentsOf: URL(fileURLWithPath: try Guests.linuxCloud().initialRAMDisk))
        try (original + Data(Gzip.compress(archive, path: path))).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func take(_ name: String, _ bytes: [UInt8]) async throws -> String {
        let run = "\(folder)/\(name)"
        let result = try await bootmark(
            [
                "boot", "--exact", "--name", "linux", "--boots", "1", "--collect",
                "guest-instructions,guest-profile",
                "--until", "BOOT-COMPLETE", "-o", run,
                "--", "qemu-system-x86_64", "-m", "256", "-nodefaults", "-kernel",
                try Guests.linuxCloud().kernel,
                "-initrd", try ramDisk(name, holding: bytes), "-append", "console=ttyS0 panic=-1",
            ])
        XCTAssertEqual(result.status, 0, result.error + result.output)
        return run
    }

    private func compare(_ before: String, _ after: String) async throws -> Comparison {
        let result = try await bootmark([
            "compare", "--json", "--tolerance", "guest-instructions=0.02", before, after,
        ])
        return try XCTUnwrap(JSONReporter.comparisons(in: Array(result.output.utf8)).first)
    }

    func testATwentiethOfAPercentInOneFunctionIsFoundAndNamed() async throws {
        let line = Array("never read, only unpacked\n".utf8)
        let before = try await take("before", line)
        let more = try await compare(
            before, take("more", Array(repeating: line, count: 4_800).flatMap { $0 }))
        let result = try XCTUnwrap(more.results.first { $0.metric.id == "guest-instructions" })
        let share = try XCTUnwrap(result.change?.estimate)
        XCTAssertTrue((0.0003..<0.002).contains(share), "\(share)")
        XCTAssertEqual(more.verdict, .regression, result.reason)
        XCTAssertTrue(
            more.functions.prefix(3).contains { $0.name == "inflate_fast" && $0.caller == "zlib_inflate" },
            "\(more.functions.prefix(3))")
    }
}
