import BootComparison
import BootModel
import XCTest

final class ComparabilityTests: XCTestCase {
    private let same = [(Metric.hostInstructions, Runs.values(20e9)), (.bootTime, Runs.values(3e9))]

    private func compare(_ before: ComparedRun?, _ after: ComparedRun) -> Comparison {
        UnpairedComparator().compare(before: before, after: after, reproduction: [])
    }

    func testWithoutABaselineThereIsNothingToCompare() {
        let comparison = compare(nil, Runs.run(same))
        XCTAssertEqual(comparison.verdict, .incomparable)
        XCTAssert(comparison.reason.contains("bootmark accept runs/tiny"), comparison.reason)
        XCTAssertEqual(comparison.results.map(\.verdict), [.incomparable, .incomparable])
        XCTAssertNil(comparison.before)
        XCTAssertEqual(comparison.after.boots, 10)
        XCTAssertEqual(comparison.after.duration, .seconds(30))
    }

    func testEveryFieldThatDiffersIsNamed() {
        let changes: [(String, (inout Fingerprint) -> Void)] = [
            ("host's processor", { $0.host.processor = "Other" }),
            ("host's number of processors", { $0.host.processors = 64 }),
            ("host's kernel", { $0.host.kernel = "6.12" }),
            ("host's frequency governor", { $0.host.governor = "powersave" }),
            ("host's hypervisor", { $0.host.hypervisor = "none" }),
            ("QEMU version", { $0.qemu = "9.0" }), ("accelerator", { $0.accelerator = "kvm" }),
            ("perf version", { $0.perf = nil }),
        ]
        let budgets = [Budget(metric: .hostInstructions, tolerance: 0.03)]
        for (field, change) in changes {
            let comparison = compare(
                Runs.run(same, fingerprint: Runs.fingerprint(change)), Runs.run(same, budgets: budgets))
            XCTAssertEqual(comparison.verdict, .incomparable, field)
            XCTAssert(comparison.reason.contains("the \(field) differs"), comparison.reason)
        }
        let all = Runs.fingerprint { fingerprint in changes.forEach { $0.1(&fingerprint) } }
        let reason = compare(Runs.run(same, fingerprint: all), Runs.run(same, budgets: budgets)).reason
        for (field, _) in changes { XCTAssert(reason.contains(field), "\(field): \(reason)") }
    }

    func testAnotherMachineIsIncomparableWhateverTheMetric() {
        let exact = [(Metric.guestInstructions.exactly, [1e6])]
        let comparison = compare(
            Runs.run(exact, machine: "i386 pc, pentium2"), Runs.run(exact, machine: "i386 pc, athlon"))
        XCTAssertEqual(comparison.verdict, .incomparable)
        XCTAssert(comparison.reason.contains("(i386 pc, pentium2 before, i386 pc, athlon after)"))
    }

    func testAnotherUnitIsIncomparable() {
        var metric = Metric.bootTime
        metric.unit = .count
        let budget = Budget(metric: .bootTime, tolerance: 0.03)
        let comparison = compare(Runs.run([(metric, Runs.values(3))]), Runs.run(same, budgets: [budget]))
        XCTAssertEqual(comparison.verdict, .incomparable)
        XCTAssert(comparison.reason.contains("unit of boot-time"), comparison.reason)
    }

    func testExactMetricsNeedNoMoreThanTheSameQEMU() {
        let exact = [(Metric.guestInstructions.exactly, [1e6]), (.bootTime, Runs.values(3e9))]
        let elsewhere = Runs.fingerprint {
            $0.host.processor = "Other"
            $0.perf = nil
        }
        let comparison = compare(Runs.run(exact, fingerprint: elsewhere), Runs.run(exact))
        XCTAssertEqual(comparison.verdict, .pass)
        XCTAssertEqual(comparison.results.map(\.verdict), [.pass, .incomparable])
        let newer = Runs.fingerprint { $0.qemu = "9.0" }
        XCTAssertEqual(compare(Runs.run(exact, fingerprint: newer), Runs.run(exact)).verdict, .incomparable)
    }

    func testExactAndVaryingCountsOfOneNameDoNotCompare() {
        let comparison = compare(
            Runs.run([(.guestInstructions, Runs.values(1e6))]),
            Runs.run([(.guestInstructions.exactly, [1e6])]))
        XCTAssertEqual(comparison.verdict, .incomparable)
        XCTAssert(comparison.reason.contains("way of counting"), comparison.reason)
    }

    func testWhatWasBootedMayDifferAndIsNamed() {
        let changed = Runs.fingerprint { $0.digests = ["kernel": "bb", "initrd": "cc"] }
        let comparison = compare(Runs.run(same), Runs.run(same, fingerprint: changed))
        XCTAssertEqual(comparison.verdict, .pass)
        XCTAssert(comparison.notes.contains { $0.contains("initrd and kernel") }, "\(comparison.notes)")
    }

    func testAnotherScenarioIsIncomparableUnlessItIsMeant() {
        let (before, after) = (Runs.run(same), Runs.run(same, scenario: "other"))
        let refused = compare(before, after)
        XCTAssertEqual(refused.verdict, .incomparable)
        XCTAssertEqual(Set(refused.results.map(\.verdict)), [.incomparable])
        XCTAssert(
            refused.reason.contains("the scenario differs (tiny before, other after)"), refused.reason)
        XCTAssert(refused.reason.contains("--across-scenarios"), refused.reason)
        let meant = UnpairedComparator(settings: .init(acrossScenarios: true))
        let allowed = meant.compare(before: before, after: after, reproduction: [])
        XCTAssertEqual(allowed.verdict, .pass)
        XCTAssert(allowed.notes.contains { $0.contains("different names") }, "\(allowed.notes)")
        for policy in [ReferencePolicy.last, .fixed, .median(3), .pooled(3)] {
            let accepted = [before, before, before]
            func verdict(_ comparator: UnpairedComparator) -> Verdict {
                comparator.compare(
                    policy, accepted: accepted, fixed: nil, after: after, reproduction: []
                ).verdict
            }
            XCTAssertEqual(verdict(UnpairedComparator()), .incomparable, "\(policy)")
            XCTAssertNotEqual(verdict(meant), .incomparable, "\(policy)")
        }
        // What else differs is named beside it.
        let both = compare(before, Runs.run(same, machine: "other machine", scenario: "other")).reason
        XCTAssert(both.contains("the scenario differs") && both.contains("the machine differs"), both)
    }

    func testTheMostPreciseComparableMetricDecidesWithoutBudgets() {
        let none = compare(Runs.run(same), Runs.run(same, unavailable: ["guest-instructions": "no plugin"]))
        XCTAssertEqual(none.results.filter { $0.role == .gates }.map(\.metric.id), ["host-instructions"])
        XCTAssert(none.notes[0].contains("Not guest-instructions: no plugin."), none.notes[0])
        let otherPerf = Runs.fingerprint { $0.perf = "5.0" }
        let time = compare(Runs.run(same, fingerprint: otherPerf), Runs.run(same))
        XCTAssertEqual(time.results.filter { $0.role == .gates }.map(\.metric.id), ["boot-time"])
        let own = Metric(name: "turns", unit: .count)
        let custom = compare(Runs.run([(own, Runs.values(5))]), Runs.run([(own, Runs.values(9))]))
        XCTAssertEqual(custom.verdict, .regression)
    }

    func testABudgetWithoutValuesIsNeverASilentPass() {
        let budgets = [
            Budget(metric: .hostInstructions, tolerance: 0.03), Budget(metric: .cycles, tolerance: 0.03),
        ]
        let after = Runs.run(same, budgets: budgets, unavailable: ["cycles": "the host counts no cycles"])
        let comparison = compare(Runs.run(same), after)
        XCTAssertEqual(comparison.verdict, .inconclusive)
        XCTAssert(comparison.reason.contains("the host counts no cycles"), comparison.reason)
        XCTAssertEqual(
            comparison.results.first { $0.metric == .cycles }?.verdict, .incomparable)
        let alone = compare(Runs.run(same), Runs.run([], budgets: [budgets[1]]))
        XCTAssertEqual(alone.verdict, .incomparable)
        // The budget of a metric that neither run names is a result all the same.
        XCTAssertEqual(alone.results.map(\.metric.id), ["cycles"])
    }

    func testAFailedBootOutweighsEveryNumber() {
        let outcome = BootOutcome(.hung, detail: "last seen: Freeing unused memory")
        let comparison = compare(Runs.run(same), Runs.run(same, failing: [outcome, outcome]))
        XCTAssertEqual(comparison.verdict, .failed)
        XCTAssertEqual(comparison.failures.map(\.boot), [11, 12])
        XCTAssertEqual(
            comparison.reason, "2 of 12 boots failed. Boot 11 hung: last seen: Freeing unused memory")
        XCTAssertEqual(comparison.results.map(\.verdict), [.pass, .pass])
        XCTAssertEqual(compare(Runs.run(same, failing: [outcome]), Runs.run(same)).verdict, .failed)
    }

    func testAFailedBootIsAFailureEvenWithNothingToCompareWith() {
        let outcome = BootOutcome(.panicked, detail: "Kernel panic")
        XCTAssertEqual(compare(nil, Runs.run(same, failing: [outcome])).verdict, .failed)
        // A baseline's own failures count only where it is compared.
        let elsewhere = Runs.run(same, machine: "q35", failing: [outcome])
        XCTAssertEqual(compare(elsewhere, Runs.run(same)).verdict, .incomparable)
        XCTAssertEqual(compare(Runs.run(same), Runs.run([], failing: [outcome])).verdict, .failed)
    }

    func testTheConsoleOfAFailedBootIsKept() {
        var after = Runs.run(same, failing: [BootOutcome(.reset)])
        after.failures = [
            BootFailure(side: .before, boot: 11, outcome: .init(.reset), consoleTail: "triple fault")
        ]
        let failures = compare(Runs.run(same), after).failures
        XCTAssertEqual(failures.map(\.consoleTail), ["triple fault"])
        XCTAssertEqual(failures.map(\.side), [.after])
    }

    func testAnInterruptedBootIsNoFailureAndIsSaid() {
        let comparison = compare(Runs.run(same), Runs.run(same, failing: [BootOutcome(.interrupted)]))
        XCTAssertEqual(comparison.verdict, .pass)
        XCTAssert(comparison.notes.contains { $0.contains("boot 11 was interrupted") })
    }

    func testRunsWithoutBootsAreIncomparable() {
        XCTAssertEqual(compare(Runs.run([]), Runs.run([])).verdict, .incomparable)
        XCTAssertEqual(compare(Runs.run(same), Runs.run([])).verdict, .incomparable)
    }

    func testAnUnreadableClockDoesNotSpoilTheReport() {
        var after = Runs.run(same)
        after.run.boots[0].startedAt = .nan
        after.run.boots[0].milestones[0].elapsed = Nanoseconds(.max)
        after.run.boots[1].milestones[0].elapsed = Nanoseconds(.min)
        let side = compare(Runs.run(same), after).after
        XCTAssertEqual(side.startedAt, 0)
        XCTAssertEqual(side.duration, Nanoseconds(.max))
    }
}
