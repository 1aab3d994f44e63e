import BootProfiles

/// The profiles of two boots that were taken one behind the other, so that what disturbed both cancels.
public struct ProfilePair: Sendable {
    /// The number of pairs from which on the test of pairs is taken where it is not asked for: with fewer, its
    /// smallest p-value is larger than that of five boots a side whose pairs are not looked at.
    public static let enough = 8

    /// The reference's profile.
    public var before: Profile
    /// The profile of the boot that is judged.
    public var after: Profile

    /// A pair of both.
    public init(before: Profile, after: Profile) {
        self.before = before
        self.after = after
    }

    /// Whether both have stacks.
    var hasWeight: Bool { before.total > 0 && after.total > 0 }
}
