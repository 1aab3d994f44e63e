import BootModel
import BootStore
import BootTestSupport
import XCTest

/// That exact boots repeat on each QEMU, whatever is around them, and that two QEMUs' do not compare.
final class ExactRepeatsTests: CommandTestCase {
    /// What is the same in every exact boot of one image: the counts, of each phase too, and the hash.
    private struct Signature: Hashable {
        var counts: [String: Double]
        var hash: String
    }

    private func signatures(_ run: String) throws -> [Signature] {
        try RunFolder.open(at: run).load().boots.filter { $0.purpose == .timed }.map { boot in
            Signature(
                counts: boot.samples.filter { $0.key.hasPrefix("guest-") },
                hash: boot.notes.first { $0.contains("hash to") } ?? "none")
        }
    }

    /// Boots tiny exactly, from this folder or another one, with this environment or another one.
    private func take(
        _ run: String, boots: Int, on qemu: TestedQEMU, from workingFolder: String? = nil,
        environment: [String: String?] = [:]
    ) async throws {
        var arguments = try tiny(
            [
                "--name", "tiny", "--exact", "--collect", "guest-instructions,guest-profile", "--phase",
                "tables=tiny: tables",
            ], boots: boots, on: qemu)
        arguments[(arguments.firstIndex(of: "--until") ?? 0) + 1] = "tiny: booted"
        arguments[(arguments.firstIndex(of: "-o") ?? 0) + 1] = run
        let result = try await CommandRun(
            nil, arguments, environment: environment, in: folder, runningIn: workingFolder
        ).end()
        XCTAssertEqual(result.status, 0, "\(qemu): \(result.error + result.output)")
    }

    func testThreeBootsAreOneOnEachQEMUAndThoseOfTwoQEMUsAreIncomparable() async throws {
        var runs: [String] = []
        try await TestedQEMU.each { qemu in
            let here = "\(folder)/\(qemu)"
            try await take(here, boots: 2, on: qemu)
            let elsewhere = "\(folder)/another folder, with a longer name, for \(qemu)"
            try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
            try await take(
                elsewhere + "/run", boots: 1, on: qemu, from: elsewhere,
                environment: [
                    "TZ": "Asia/Tokyo", "LANG": "C", "UNRELATED": String(repeating: "x", count: 2000),
                ])
            let all = try signatures(here) + signatures(elsewhere + "/run")
            XCTAssertEqual(all.count, 3, "\(qemu)")
            XCTAssertEqual(Set(all).count, 1, "\(qemu): \(all)")
            XCTAssertEqual(all[0].counts.count, 6, "\(qemu): \(all[0])")
            XCTAssertNotEqual(all[0].hash, "none", "\(qemu)")
            XCTAssertEqual(
                File.text(here + "/guest.folded"), File.text(elsewhere + "/run/guest.folded"), "\(qemu)")
            runs.append(here)
        }
        let result = try await bootmark(
            ["compare", "-o", folder + "/reports"] + runs, environment: ["COLUMNS": "300"])
        XCTAssertEqual(result.status, 4, result.output + result.error)
        let reason = result.output.split(separator: "\n").first { $0.contains("cannot be compared") } ?? ""
        XCTAssertTrue(reason.contains("the QEMU version differs"), result.output)
        XCTAssertTrue(result.output.contains("INCOMPARABLE"), result.output)
        XCTAssertFalse(result.output.contains("most at fault"), "no function is blamed: \(result.output)")
        XCTAssertFalse(File.exists(folder + "/reports/diff-guest.svg"))
        XCTAssertTrue(File.exists(folder + "/reports/report.html"))
    }
}
