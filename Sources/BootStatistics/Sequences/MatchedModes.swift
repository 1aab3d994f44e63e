/// Pairs of values that take two ways, compared as if each had taken the same.
///
/// Whether one value of a pair took the longer way and the other did not says nothing about the two systems, but
/// is the most of their difference. So each value is told which way it took, and the distance of the ways is taken
/// off those that took the longer one.
///
/// A signed-rank test of the differences stays exact. Where both values of a pair come from one distribution, but
/// for the shift that is tested, exchanging them changes only the sign of their difference, and neither the ways
/// nor the distance between them: those are found among all values at once, with the shift taken off.
public struct MatchedModes: Sendable, Hashable {
    /// One for each pair: the second value less the first and less the shift that is tested, each value without
    /// its way.
    public var differences: [Double]
    /// The ways, among the first values moved by the shift, and then the second ones.
    public var modes: TwoModes

    /// How far apart the ways have to lie, in their widths. Less than for a remark, since nothing is claimed: where
    /// a single way was split in two, the test is still exact, and only finds less.
    public static let leastSeparation = 3.0
    /// The least share of the pairs whose values take the same way. Where the second values lie clearly above the
    /// first ones, these are the two ways, and what is looked for would be taken off.
    public static let leastAgreement = 0.25

    /// The pairs with their ways taken off; nil where they do not take two.
    ///
    /// - Parameters:
    ///   - first: the first value of each pair, on a scale on which a change is a shift.
    ///   - second: the second value of each pair.
    ///   - shift: the change that is tested.
    /// - Throws: `StatisticsError.empty`, `.unusable` or `.lengthsDiffer`.
    public init?(_ first: [Double], _ second: [Double], shift: Double) throws(StatisticsError) {
        guard first.count == second.count else { throw .lengthsDiffer(first.count, second.count) }
        try check([shift])
        let moved = first.map { $0 + shift }
        guard let modes = try TwoModes(in: moved + second, leastSeparation: Self.leastSeparation) else {
            return nil
        }
        var away = [Double](repeating: 0, count: 2 * first.count)
        for place in modes.upperPlaces { away[place] = modes.upper - modes.lower }
        // As many as where any pair is exchanged, so that the test stays exact.
        let agreeing = first.indices.filter { away[$0] == away[first.count + $0] }.count
        guard Double(agreeing) >= Self.leastAgreement * Double(first.count) else { return nil }
        self.modes = modes
        differences = moved.indices.map { place in
            (second[place] - away[first.count + place]) - (moved[place] - away[place])
        }
    }
}
