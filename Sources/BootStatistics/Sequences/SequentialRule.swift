import Foundation

/// When to stop taking pairs, and what they say: the signed-rank test at a few planned looks.
///
/// All parameters of the procedure stand here, and nowhere else. The numbers that it judges are effects, one
/// for each pair: ln(candidate) - ln(baseline), turned so that more is worse.
///
/// At look k, with the first n_k pairs, three one-sided exact signed-rank tests give p-values for *worse than
/// the tolerance*, *not as bad as the pass bound* and *better than before*. The p-value of a whole sequence is
/// the smallest of p_k / w_k over the looks so far. Since the weights w_k add up to 1, the chance that any
/// look is fooled stays at the level, whatever the dependence between looks (Bonferroni's union bound). What
/// rules out a slowdown is weighed in the same way, so *pass* is wrong as rarely as it says.
///
/// Where the values take two ways, most of a pair's difference is which of them took the longer one. Then
/// *worse* is looked for twice at each look: among the pairs as they are, and among them without their ways
/// (`MatchedModes`). Both share the look's error, so the level stays.
public struct SequentialRule: Sendable, Hashable, Codable {
    /// How many pairs are taken before each look; rising.
    public var looks: [Int]
    /// The share of the error that each look may spend; adding up to 1.
    public var weights: [Double]
    /// The chance of calling an effect at the edge of the tolerance a regression (or none an improvement).
    public var level: Double
    /// The chance of passing an effect as large as the pass bound.
    public var passLevel: Double

    /// A rule, by default with looks at 12, 24 and 40 pairs, the weights 0.15, 0.30 and 0.55, and the levels
    /// 0.01 for an alarm and 0.05 for a pass.
    public init(
        looks: [Int] = [12, 24, 40], weights: [Double] = [0.15, 0.30, 0.55], level: Double = 0.01,
        passLevel: Double = 0.05
    ) {
        self.looks = looks
        self.weights = weights
        self.level = level
        self.passLevel = passLevel
    }

    /// The same rule with its last look at `pairs` pairs: looks from there on fall away, and the last one gets
    /// their weight. To be chosen before the first pair is taken.
    public func ending(at pairs: Int) -> SequentialRule {
        var rule = self
        let kept = looks.dropLast().prefix { $0 < pairs }
        rule.looks = kept + [pairs]
        rule.weights = weights.prefix(kept.count) + [1 - weights.prefix(kept.count).reduce(0, +)]
        return rule
    }

    /// What the pairs so far say of one metric.
    public struct Evidence: Sendable, Hashable {
        /// The pairs that were looked at: those of the last look that was reached.
        public var pairs: Int
        /// The sequence's p-value of "worse by more than the tolerance".
        public var pWorse: Double
        /// The sequence's p-value of "not worse by as much as the pass bound".
        public var pWithin: Double
        /// The sequence's p-value of "better than before".
        public var pBetter: Double
        /// The pairs' effects at the last look without their ways, where the values take two (`MatchedModes`).
        public var matched: [Double]?
        /// Whether these are what says "worse" at the last look, rather than the pairs as they are.
        public var isByMode = false
    }

    /// Where values take two ways, the share of an alarm's error that `MatchedModes` may spend; the rest goes to
    /// the pairs as they are. Passes and improvements always have to hold for the pairs as they are.
    public static let matchedShare = 0.8

    /// What to do next.
    public enum Step: String, Sendable, Hashable {
        /// Take more pairs.
        case proceed
        /// Stop: worse by more than the tolerance.
        case worse
        /// Stop: better than before.
        case better
        /// Stop: an effect as large as the pass bound is ruled out.
        case within
        /// Stop: the last look was reached, and the pairs cannot tell.
        case undecided
    }

    /// What the pairs so far say.
    ///
    /// - Parameters:
    ///   - effects: one for each pair, in the order in which they were taken, which more pairs only extend.
    ///   - tolerance: the largest effect that is allowed.
    ///   - passBound: the effect that a pass has to rule out; nil for the tolerance. Where it is larger, what
    ///     lies between may end either way, and fewer pairs do.
    /// - Throws: `StatisticsError.unusable`, or `.parameter` where the rule contradicts itself or the pass
    ///   bound lies below the tolerance.
    public func evidence(
        _ effects: [Double], tolerance: Double, passBound: Double? = nil
    ) throws(StatisticsError) -> Evidence {
        try evidence(effects, matching: nil, tolerance, passBound)
    }

    /// What the pairs so far say, where both values of each are at hand: as above, and where they take two ways,
    /// the pairs are looked at without their ways too.
    ///
    /// - Parameters:
    ///   - before: the first value of each pair, on a scale on which a change is a shift, and more is worse.
    ///   - after: the second value of each pair.
    ///   - tolerance: the largest effect that is allowed.
    ///   - passBound: the effect that a pass has to rule out; nil for the tolerance.
    /// - Throws: as above, and `StatisticsError.lengthsDiffer`.
    public func evidence(
        before: [Double], after: [Double], tolerance: Double, passBound: Double? = nil
    ) throws(StatisticsError) -> Evidence {
        guard before.count == after.count else { throw .lengthsDiffer(before.count, after.count) }
        let effects = zip(before, after).map { $1 - $0 }
        return try evidence(effects, matching: (before, after), tolerance, passBound)
    }

    private func evidence(
        _ effects: [Double], matching values: (before: [Double], after: [Double])?, _ tolerance: Double,
        _ passBound: Double?
    ) throws(StatisticsError) -> Evidence {
        try checkParameters()
        let passBound = passBound ?? tolerance
        guard passBound >= tolerance else {
            throw .parameter("the pass bound \(passBound) lies below the tolerance \(tolerance)")
        }
        var evidence = Evidence(pairs: 0, pWorse: 1, pWithin: 1, pBetter: 1)
        for (look, weight) in zip(looks, weights) where look <= effects.count {
            let seen = Array(effects.prefix(look))
            let worse = try SignedRank.test(seen, center: tolerance, alternative: .greater)
            let within = try SignedRank.test(seen, center: passBound, alternative: .less)
            let better = try SignedRank.test(seen, alternative: .less)
            evidence.pairs = look
            var pWorse = worse.pValue
            evidence.matched = nil
            evidence.isByMode = false
            if let values,
                let matched = try MatchedModes(
                    Array(values.before.prefix(look)), Array(values.after.prefix(look)), shift: tolerance)
            {
                let test = try SignedRank.test(matched.differences, alternative: .greater)
                let (plain, alike) = (pWorse / (1 - Self.matchedShare), test.pValue / Self.matchedShare)
                pWorse = min(plain, alike)
                evidence.matched = matched.differences.map { $0 + tolerance }
                evidence.isByMode = alike < plain
            }
            evidence.pWorse = min(evidence.pWorse, pWorse / weight)
            evidence.pWithin = min(evidence.pWithin, within.pValue / weight)
            evidence.pBetter = min(evidence.pBetter, better.pValue / weight)
        }
        return evidence
    }

    /// What to do after the evidence on one metric.
    public func step(after evidence: Evidence) -> Step {
        if evidence.pWorse <= level { return .worse }
        if evidence.pBetter <= level { return .better }
        if evidence.pWithin <= passLevel { return .within }
        return evidence.pairs >= looks.last ?? 0 ? .undecided : .proceed
    }

    /// The number of pairs at the next look after `pairs`, or nil after the last.
    public func nextLook(after pairs: Int) -> Int? { looks.first { $0 > pairs } }

    private func checkParameters() throws(StatisticsError) {
        try check(probability: level, named: "the level")
        try check(probability: passLevel, named: "the level of a pass")
        guard looks.count == weights.count else { throw .lengthsDiffer(looks.count, weights.count) }
        guard let first = looks.first, first > 0, zip(looks, looks.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw .parameter("the looks must rise from 1 pair or more: \(looks)")
        }
        guard weights.allSatisfy({ $0 > 0 }), weights.reduce(0, +) <= 1 + 1e-9 else {
            throw .parameter("the looks' weights must be positive and add up to 1 at most: \(weights)")
        }
    }
}
