import BootModel
import BootReports
import BootRunner
import Foundation
import Synchronization

/// Tells who watches a test what is not in its result: that it waits, and how a pass came about.
final class GateProgress: RunProgress, PairedProgress {
    private let scenario: String
    private let hasWaited = Mutex(false)
    private let tell: @Sendable (String) -> Void
    private static let told = Mutex<Set<String>>([])

    init(_ scenario: String, tell: @escaping @Sendable (String) -> Void = GateProgress.tell) {
        self.scenario = scenario
        self.tell = tell
    }

    /// Once for a scenario: tests that run side by side take turns boot by boot.
    func waitingForTheMachine() {
        let isFirst = hasWaited.withLock { hasWaited in
            defer { hasWaited = true }
            return !hasWaited
        }
        if isFirst { tell("\(scenario) waits for its turn: another boot is being measured on this machine.") }
    }

    /// Tells what may disturb the boots on this host, each once however many scenarios one process judges.
    func tellWhatDisturbs(_ findings: [Diagnosis]) {
        for finding in findings where finding.state != .good {
            guard Self.told.withLock({ $0.insert(finding.subject).inserted }) else { continue }
            tell("\(finding.subject): \(finding.finding). \(finding.advice)")
        }
    }

    func began(_ boot: Plan.PlannedBoot, of plan: Plan) {}
    func ended(_ boot: Boot, of run: Run) {}
    func began(_ side: BootFailure.Side, of pair: PairedPlan.Pair, in run: PairedRun) {}
    func ended(_ boot: Boot, on side: BootFailure.Side, in run: PairedRun) {}

    /// Writes to standard error, whole lines at once, so that those of two tests do not mix.
    static func tell(_ text: String) {
        FileHandle.standardError.write(Data("bootmark: \(text)\n".utf8))
    }
}
