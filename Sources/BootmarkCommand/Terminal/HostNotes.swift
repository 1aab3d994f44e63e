import BootModel
import BootRunner

/// What a user should know of the host before boots are measured on it.
enum HostNotes {
    /// Says on standard error what may disturb the boots; nothing on a quiet host.
    ///
    /// - Parameter runs: the runs that are about to be taken.
    static func say(before runs: Run...) {
        for finding in Diagnosis.disturbances(before: runs) {
            Standard.error(
                "note: \(ConsoleLine.clean("\(finding.subject): \(finding.finding)")). \(finding.advice)")
        }
    }
}
