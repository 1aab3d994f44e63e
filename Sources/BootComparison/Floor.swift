import BootModel
import BootStatistics

/// The change of an exact metric that layout alone can make, as the controls of either side show.
///
/// The boots of a side and its controls are draws of one distribution, the layouts; a build that differs in nothing else
/// is another draw of it. How far the means of two such samples lie apart by chance is told by Student's t, whatever
/// their number: few controls make a wide floor and not a false one. What is compared is no mean but one boot of each
/// side, so the floor holds also how far these lie from the means of their layouts.
///
/// A count that moved in no control has no spread to tell by. Few such controls prove nothing; `enoughControls` are taken
/// for proof that layout does not move it.
struct Floor {
    /// In the metric's unit: what layouts alone pass with the probability that was asked for, at most.
    let value: Double
    /// How many controls both sides have.
    let controls: Int

    /// The floor of a metric; nil where no side has controls, or few that agree.
    ///
    /// - Parameter level: the level of a verdict, of which the floor takes a tenth: in either direction.
    init?(_ metric: Metric, before: ComparedRun?, after: ComparedRun, level: Double) {
        guard let before, metric.determinism == .exact else { return nil }
        let layouts = [before, after].map { $0.run.layouts(of: metric) }
        let spreads = layouts.map { LayoutSpread(of: $0) }
        guard let test = PooledTest(layouts[0].count, layouts[1].count) else { return nil }
        controls = layouts.reduce(0) { $0 + $1.count - 1 }
        let deviation = test.deviation(spreads[0].deviation, spreads[1].deviation)
        guard deviation > 0 || controls >= Self.enoughControls else { return nil }
        // A verdict that may never err has no finite floor.
        let margin = test.margin(level: max(level * Self.shareOfLevel, 1e-6))
        value = margin * deviation + spreads[0].offset + spreads[1].offset
    }

    /// The controls that a side should have: fewer make a floor that is many times what layout moves.
    static let enoughControls = 8
    /// The level of a floor as a part of that of a verdict. The controls of one baseline judge every later build, so that a
    /// floor which is too low by chance would cry wolf again and again: one of twenty in 4 % of baselines, without this.
    static let shareOfLevel = 0.1
}
