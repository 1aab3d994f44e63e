import BootRunner

/// What a user should know of the host before boots are measured on it.
enum HostNotes {
    /// Says on standard error what may disturb the boots; nothing on a quiet host.
    static func say() {
        for finding in Diagnosis.disturbances() where finding.state != .good {
            Standard.error(
                "note: \(ConsoleLine.clean("\(finding.subject): \(finding.finding)")). \(finding.advice)")
        }
    }
}
