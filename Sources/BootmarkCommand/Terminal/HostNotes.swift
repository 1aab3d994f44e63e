import BootModel
import BootRunner

/// What a user should know of the host before boots are measured on it.
enum HostNotes {
    /// Says on standard error what may disturb the boots; nothing on a quiet host.
    ///
    /// - Parameter runs: the runs that are about to be taken.
    static func say(before runs: Run...) {
        let collectors = Set(runs.flatMap(\.plan.collectors))
        let frequency = runs.map(\.plan.recording.frequency).max() ?? Recording().frequency
        let findings = Diagnosis.disturbances(measuringBy: collectors, frequency: frequency)
        for finding in findings where finding.state != .good {
            Standard.error(
                "note: \(ConsoleLine.clean("\(finding.subject): \(finding.finding)")). \(finding.advice)")
        }
    }
}
