import BootModel
import BootReports
import BootStore
import BootTestSupport
import Foundation
import Glibc
import XCTest

/// The samplers of the guest by the command: beside the plugin, in baselines and comparisons, and killed.
final class SamplerTests: CommandTestCase {
    private static let phases = ["memory", "tables", "decompress"]
    /// Long enough in each phase for a sampler to see it.
    private static let knobs = phases.map { "slow=\($0):250" }.joined(separator: " ")

    func testSamplesAreWhereThePluginCountsInstructions() async throws {
        let phases =
            Self.phases.flatMap { ["--phase", "\($0)=tiny: \($0)"] } + ["--phase", "drivers=tiny: drivers"]
        var arguments = try tiny(
            ["--collect", "guest-profile,guest-stacks", "--sample-rate", "250"] + phases, knobs: Self.knobs,
            boots: 1)
        // The plugin finds plain text alone.
        arguments[(arguments.firstIndex(of: "^tiny: booted$") ?? 0)] = "tiny: booted"
        let result = try await bootmark(arguments)
        XCTAssertEqual(result.status, 0, result.output + result.error)
        for phase in Self.phases {
            let counted = shares(File.text("\(runFolder)/guest@\(phase).folded"))
            let sampled = shares(File.text("\(runFolder)/guest-samples@\(phase).folded"))
            XCTAssertFalse(counted.isEmpty || sampled.isEmpty, phase)
            // The fewest functions that carry nine tenths of the phase's instructions.
            var heavy: [String] = []
            var carried = 0.0
            for (name, share) in counted.sorted(by: { $0.value > $1.value }) where carried < 0.9 {
                heavy.append(name)
                carried += share
            }
            let there = heavy.map { sampled[$0] ?? 0 }.reduce(0, +)
            XCTAssertGreaterThan(there, 0.5, "\(phase): \(heavy) have \(there) of \(sampled)")
        }
    }

    func testABaselineKeepsSamplesAndAComparisonShowsTheirShares() async throws {
        let baselines = folder + "/baselines"
        var runs: [String] = []
        for (name, slow) in [("before", "tables"), ("after", "decompress")] {
            let path = "\(folder)/\(name)"
            var arguments = try tiny(
                ["--collect", "guest-registers", "--name", "sampled"], knobs: "slow=\(slow):500", boots: 1)
            arguments[(arguments.firstIndex(of: runFolder) ?? 0)] = path
            let result = try await bootmark(arguments)
            XCTAssertEqual(result.status, 0, result.output + result.error)
            runs.append(path)
        }
        let accepted = try await bootmark(["accept", runs[0], "--baselines", baselines])
        XCTAssertEqual(accepted.status, 0, accepted.output + accepted.error)
        let kept = "\(baselines)/sampled"
        let stacks = try Gzip.decompress(
            try File.bytes("\(kept)/guest-samples.folded.gz"), limit: 1 << 20, path: kept)
        XCTAssertEqual(
            String(decoding: stacks, as: UTF8.self), File.text(runs[0] + "/guest-samples.folded"))
        XCTAssertFalse(File.exists("\(kept)/guest.folded.gz"))

        let compared = try await bootmark(["compare", kept, runs[1], "-o", folder + "/out"])
        XCTAssertTrue([0, 2].contains(compared.status), compared.output + compared.error)
        let comparison = try JSONReporter.comparisons(in: File.bytes(folder + "/out/comparison.json")).first
        let functions = try XCTUnwrap(comparison).functions
        XCTAssertEqual(Set(functions.map(\.origin)), [.guestSamples])
        // Shares of each side's own total: what one side gains, the other loses.
        let mapping = try XCTUnwrap(functions.first { $0.name == "map_page" })
        XCTAssertNil(mapping.basis)
        XCTAssertGreaterThan(mapping.selfBefore, mapping.selfAfter)
        XCTAssertTrue(
            functions.allSatisfy { (0...1).contains($0.selfBefore) && (0...1).contains($0.selfAfter) })
        let picture = File.text(folder + "/out/diff-guest-samples.svg")
        XCTAssertTrue(picture.contains("map_page"), String(picture.prefix(300)))
        XCTAssertFalse(File.exists(folder + "/out/diff-guest.svg"))
    }

    func testKillingTheRunnerLeavesNoGuestWhetherItRunsOrIsStopped() async throws {
        for (sampler, isStopped) in [
            ("guest-registers", false), ("guest-stacks", false), ("guest-stacks", true),
        ] {
            let mark = "sampled-\(UUID().uuidString)"
            let boot = try await sampledBoot(sampler, mark: mark)
            if isStopped {
                let hasStopped = await stopped(boot.runner, with: boot.qemu)
                XCTAssertTrue(hasStopped, "the guest never stood still")
            }
            boot.runner.signal(SIGKILL)
            let result = await boot.runner.end(within: 10)
            XCTAssertEqual(result.status, 128 + SIGKILL)
            let isGone = await eventually(within: 5) {
                !Processes.isAlive(boot.qemu) && Processes.withArgument(mark).isEmpty
            }
            XCTAssertTrue(isGone, "\(sampler): QEMU outlived its runner")
            // The boot that ended is there, and the run can be gone on with.
            XCTAssertEqual(try savedRun().boots.map(\.purpose), [.timed])
            try FileManager.default.removeItem(atPath: runFolder)
        }
    }

    /// A run whose second boot, the sampled one, takes minutes.
    private func sampledBoot(_ sampler: String, mark: String) async throws -> (
        runner: CommandRun, qemu: pid_t
    ) {
        let bin = folder + "/bin"
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
        let qemu = try RequiredTool.qemu()
        try File.writeScript(
            """
            case "$*" in
            *bootmark-sampler*) exec \(qemu) "$@" -append slow=decompress:100000 ;;
            esac
            exec \(qemu) "$@"
            """, to: bin + "/qemu-system-i386")
        let path = "\(bin):" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        let runner = try start(
            try tiny(
                ["--collect", sampler, "--sample-rate", "1000"], boots: 1, qemu: ["-name", mark]),
            environment: ["PATH": path])
        var found: pid_t?
        let isSampled = await eventually(within: 60) {
            found = Processes.withArgument(mark).first {
                Processes.name(of: $0).hasPrefix("qemu")
                    && File.text("/proc/\($0)/cmdline").contains("bootmark-sampler")
            }
            return found != nil && File.exists("\(runFolder)/boots/002/console.log")
        }
        XCTAssertTrue(isSampled, runner.errorSoFar)
        // Until QEMU has connected and the guest runs.
        try await Task.sleep(for: .milliseconds(500))
        return (runner, try XCTUnwrap(found))
    }

    /// Stops the runner at a moment at which it holds the guest: then QEMU uses no more of the processor.
    private func stopped(_ runner: CommandRun, with qemu: pid_t) async -> Bool {
        for _ in 0..<100 {
            runner.signal(SIGSTOP)
            // What was under way may end first.
            try? await Task.sleep(for: .milliseconds(30))
            let before = Processes.ticks(of: qemu)
            try? await Task.sleep(for: .milliseconds(150))
            if Processes.ticks(of: qemu) == before { return true }
            runner.signal(SIGCONT)
            try? await Task.sleep(for: .milliseconds(7))
        }
        return false
    }

    /// The own share of each function.
    private func shares(_ folded: String) -> [String: Double] {
        var weights: [String: Double] = [:]
        for line in folded.split(separator: "\n") {
            guard let space = line.lastIndex(of: " "), let weight = Double(line[line.index(after: space)...]),
                let leaf = line[..<space].split(separator: ";").last
            else { continue }
            weights[String(leaf), default: 0] += weight
        }
        let total = weights.values.reduce(0, +)
        return weights.mapValues { $0 / total }
    }
}
