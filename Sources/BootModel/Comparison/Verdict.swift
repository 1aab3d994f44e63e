/// The answer of a comparison.
public enum Verdict: String, Sendable, Hashable, Codable, CaseIterable {
    /// A slowdown as large as the tolerance is ruled out.
    case pass
    /// Better, beyond doubt.
    case improvement
    /// Worse by more than the tolerance, beyond doubt.
    case regression
    /// These boots cannot tell.
    case inconclusive
    /// A boot failed, hung or never reached its marker.
    case failed
    /// There is nothing to compare with: no baseline, or one of another machine.
    case incomparable
    /// The environment changed or disturbed the run so much that any answer would be wrong.
    case invalidEnvironment

    /// What the command line exits with.
    public var exitCode: Int32 {
        switch self {
        case .pass, .improvement: 0
        case .regression: 1
        case .inconclusive: 2
        case .failed: 3
        case .incomparable, .invalidEnvironment: 4
        }
    }
}
