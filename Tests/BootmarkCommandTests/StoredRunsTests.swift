import BootModel
import BootReports
import BootStore
import BootTestSupport
import Foundation
import XCTest

/// What `compare` and `accept` make of runs that lie on disk, good and bad; nothing is booted.
final class StoredRunsTests: CommandTestCase {
    func testAMetricOfAnotherUnitIsIncomparable() async throws {
        var counted = Metric.bootTime
        counted.unit = .count
        let before = try store("before", run(3e9))
        let after = try store("after", run(3e9, metric: counted))
        let result = try await bootmark(["compare", before, after])
        XCTAssertEqual(result.status, 4, result.output + result.error)
        XCTAssertTrue(result.output.contains("the unit of boot-time differs"), result.output)
    }

    func testOneBootOnASideIsInconclusive() async throws {
        let many = try store("many", run(3e9))
        let one = try store("one", run(3e9, boots: 1))
        for sides in [[many, one], [one, many], [one, one]] {
            let result = try await bootmark(["compare"] + sides)
            XCTAssertEqual(result.status, 2, "\(sides): \(result.output)\(result.error)")
            XCTAssertTrue(result.output.contains("INCONCLUSIVE"), result.output)
        }
    }

    func testASideWhereEveryBootFailedFails() async throws {
        let good = try store("good", run(3e9))
        let dead = try store("dead", run(3e9, outcome: BootOutcome(.panicked, detail: "no root")))
        for sides in [[good, dead], [dead, good], [dead, dead]] {
            let result = try await bootmark(["compare"] + sides)
            XCTAssertEqual(result.status, 3, "\(sides): \(result.output)\(result.error)")
            XCTAssertTrue(result.output.contains("FAILED"), result.output)
        }
    }

    func testTimesThatCannotBeAreFaultsWithTheirPlace() async throws {
        let good = try store("good", run(3e9))
        let text = File.text(good + "/run.json")
        let cases = [
            (#""boot-time" : 3000000000"#, #""boot-time" : -5"#, "boots[0].samples.boot-time"),
            (#""boot-time" : 3000000000"#, #""boot-time" : NaN"#, "run.json"),
            (#""boot-time" : 3000000000"#, #""boot-time" : 1e999"#, "run.json"),
            (#""elapsed" : 3000000000"#, #""elapsed" : -1"#, "boots[0].milestones[0]"),
        ]
        let bad = folder + "/bad"
        try FileManager.default.createDirectory(atPath: bad, withIntermediateDirectories: true)
        for (old, new, place) in cases {
            let there = try XCTUnwrap(text.range(of: old), old)
            try File.write(Array(text.replacingCharacters(in: there, with: new).utf8), to: bad + "/run.json")
            for sides in [[good, bad], [bad, good]] {
                assertFault(try await bootmark(["compare"] + sides), 66, says: "bad/run.json", place)
            }
            assertFault(
                try await bootmark(["accept", bad, "--baselines", folder + "/none"]), 66, says: place)
        }
    }

    func testAHistoryThatCannotBeWrittenIsNoSilentPass() async throws {
        let run = try store("run", run(3e9))
        let history = folder + "/history.sqlite"
        let compare = ["compare", run, run, "--history", history, "--commit", "c1"]
        try File.write(Array(String(repeating: "junk ", count: 400).utf8), to: history)
        let damaged = try await bootmark(compare)
        XCTAssertEqual(damaged.status, 66, damaged.error)
        XCTAssertTrue(damaged.error.contains(history), damaged.error)

        try FileManager.default.removeItem(atPath: history)
        let made = try await bootmark(compare)
        XCTAssertEqual(made.status, 0, made.error)
        // What another process that writes holds: SQLite's pending, reserved and shared bytes.
        let descriptor = open(history, O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        var lock = flock(
            l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0x4000_0000, l_len: 512, l_pid: 0)
        XCTAssertEqual(fcntl(descriptor, F_SETLK, &lock), 0)
        let locked = try await bootmark(compare)
        XCTAssertNotEqual(locked.status, 0, locked.error)
        XCTAssertTrue(locked.error.contains("in use by another process"), locked.error)
    }

    func testSmallStepsAreSeenFromTheFixedAndTheMiddleReference() async throws {
        let baselines = folder + "/Baselines"
        for (step, time) in [3e9, 3.06e9, 3.12e9].enumerated() {
            let run = try store("run\(step)", run(time))
            let accepted = try await bootmark(
                ["accept", run, "--baselines", baselines, "--keep", "3"] + (step == 0 ? ["--fix"] : []))
            XCTAssertEqual(accepted.status, 0, accepted.error)
        }
        let baseline = baselines + "/tiny"
        XCTAssertEqual(
            try FileManager.default.contentsOfDirectory(atPath: baseline + "/earlier").count, 2)
        let newest = try store("newest", run(3.18e9))
        for (policy, status) in [("last", 0), ("fixed", 1), ("median:3", 0)] {
            let result = try await bootmark([
                "compare", baseline, newest, "--against", policy, "--tolerance", "boot-time=5", "-o",
                "\(folder)/\(status)-\(policy.prefix(3))",
            ])
            XCTAssertEqual(result.status, Int32(status), "\(policy): \(result.output)\(result.error)")
        }
        // 2.6 % above the newest, but 4.6 % above the one in the middle.
        let slower = try store("slower", run(3.2e9))
        let middle = try await bootmark([
            "compare", baseline, slower, "--against", "median:3", "--tolerance", "boot-time=4",
        ])
        XCTAssertEqual(middle.status, 1, middle.output)
        let last = try await bootmark(["compare", baseline, slower, "--tolerance", "boot-time=4"])
        XCTAssertEqual(last.status, 0, last.output)
    }

    func testPooledRunsCountByRunSoThatOneSlowSittingIsNoRegression() async throws {
        let baselines = folder + "/Baselines"
        for (sitting, mood) in [1.04, 0.97, 1.02, 0.96, 0.99].enumerated() {
            let run = try store("sitting\(sitting)", run(3e9 * mood))
            let accepted = try await bootmark(["accept", run, "--baselines", baselines, "--keep", "5"])
            XCTAssertEqual(accepted.status, 0, accepted.error)
        }
        let slowDay = try store("slow-day", run(3e9 * 1.05))
        let slower = try store("slower", run(3e9 * 1.25))
        for (after, policy, status, boots) in [
            (slowDay, "last", Int32(1), 12), (slowDay, "pooled:5", 2, 60), (slowDay, "pooled:3", 2, 36),
            (slower, "pooled:5", 1, 60),
        ] {
            let report = "\(folder)/\(policy.suffix(1))-\(status)"
            let result = try await bootmark([
                "compare", baselines + "/tiny", after, "--against", policy, "-o", report,
            ])
            XCTAssertEqual(result.status, status, "\(policy): \(result.output)\(result.error)")
            let comparison = try XCTUnwrap(JSONReporter.comparisons(inFolder: report).first)
            XCTAssertEqual(comparison.results.first?.before.count, boots, "\(after) \(policy)")
        }
    }

    func testKeepingOneRunForgetsTheOthersAndTheFixedOneStays() async throws {
        let baselines = folder + "/Baselines"
        for (step, options) in [["--fix"], ["--keep", "2"], []].enumerated() {
            let run = try store("run\(step)", run(3e9 + Double(step)))
            let accepted = try await bootmark(["accept", run, "--baselines", baselines] + options)
            XCTAssertEqual(accepted.status, 0, accepted.error)
        }
        let earlier = try FileManager.default.contentsOfDirectory(atPath: baselines + "/tiny/earlier")
        XCTAssertEqual(earlier.count, 1, "\(earlier): no fewer than were there, no more than were asked for")
        XCTAssertTrue(File.text(baselines + "/tiny/fixed.json").contains("\"boot-time\" : 3000000000"))
        for arguments in [
            ["accept", folder + "/run0", "--keep", "0"], ["accept", folder + "/run0", "--keep", "101"],
            ["compare", baselines + "/tiny", folder + "/run0", "--against", "median:2"],
        ] {
            assertFault(try await bootmark(arguments), 64, says: arguments[arguments.count - 2])
        }
    }

    func testARunUnderKVMGoesOnOnlyWhereKVMRunsAGuest() async throws {
        var begun = run(3e9)
        begun.plan.command = ["qemu-system-i386", "-enable-kvm"]
        begun.plan.collectors = []
        begun.boots.removeLast()
        let path = try store("begun", begun)
        let bin = folder + "/bin"
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
        try File.writeScript("exec false", to: bin + "/qemu-system-i386")
        let variables = ["PATH": "\(bin):" + (ProcessInfo.processInfo.environment["PATH"] ?? "")]
        let before = File.text(path + "/run.json")
        assertFault(
            try await bootmark(["boot", "--resume", "-o", path], environment: variables), 4,
            says: "KVM does not run a guest on this host")
        XCTAssertEqual(File.text(path + "/run.json"), before)
    }

    /// Keeps a run as `bootmark boot` leaves it.
    private func store(_ name: String, _ run: Run) throws -> String {
        let path = "\(folder)/\(name)"
        try RunFolder.create(at: path).save(run)
        return path
    }

    /// A run whose boots took about `time` nanoseconds, the first of them exactly.
    private func run(
        _ time: Double, metric: Metric = .bootTime, boots: Int = 12, outcome: BootOutcome = .init(.booted)
    ) -> Run {
        let taken = (1...boots).map { index in
            var boot = Boot(
                index: index, purpose: .timed, startedAt: 1_700_000_000 + Double(index), outcome: outcome)
            guard outcome.isBooted else { return boot }
            let elapsed = time + Double((index - 1) % 6) * 1e6
            boot.milestones = [MilestoneReached(name: BootScript.booted, elapsed: .seconds(elapsed / 1e9))]
            boot.samples = [metric.id: elapsed]
            return boot
        }
        let end = BootScript.Milestone(name: BootScript.booted, pattern: "booted")
        return Run(
            scenario: "tiny",
            plan: Plan(
                command: ["qemu-system-i386"], script: BootScript(end: .reached(end)),
                boots: taken.map { .init(index: $0.index, purpose: $0.purpose) }, collectors: [.perfStat],
                machine: "i386 pc", budgets: [Budget(metric: metric, tolerance: 0.03)]),
            fingerprint: Fingerprint(
                host: .init(
                    processor: "Example", processors: 2, kernel: "6.1", governor: "none", hypervisor: "kvm"),
                qemu: "7.2.22", accelerator: "tcg"),
            metrics: [metric], boots: taken)
    }
}
