import BootProfiles

extension Standard {
    /// Says on standard error what a reader of `profile` should know: what was left out, what is estimated.
    static func notes(of profile: Profile) {
        for note in profile.notes { error("note: \(ConsoleLine.clean(note))") }
    }
}
