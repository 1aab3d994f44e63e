import BootStatistics
import Foundation

/// A way to tell whether an image boots slower than another.
struct Rule {
    /// What the table calls it.
    var name: String
    /// Judges a machine: boots what it needs of the old image and of one that is slower by the given share.
    var judge: (inout SimulatedMachine, Double) throws -> Answer

    enum Answer { case alarm, pass, open }
}

extension Rule {
    /// Bootmark's interleaved pairs with the sequential signed-rank rule.
    ///
    /// A pass rules out three times the tolerance, at most 3 % where the tolerance is not itself more, as in
    /// `PairedComparator.Settings`.
    static func pairs(tolerance: Double, rule: SequentialRule = SequentialRule()) -> Rule {
        let passBound = min(max(tolerance, 0.03), 3 * tolerance)
        return Rule(name: "**Bootmark, pairs, tolerance \(percent(tolerance))**") { machine, slowdown in
            var (before, after): ([Double], [Double]) = ([], [])
            while let look = rule.nextLook(after: before.count) {
                while before.count < look {
                    let pair = pair(&machine, slowdown)
                    before.append(log(pair.before))
                    after.append(log(pair.after))
                }
                let evidence = try rule.evidence(
                    before: before, after: after, tolerance: log1p(tolerance), passBound: log1p(passBound))
                switch rule.step(after: evidence) {
                case .worse: return .alarm
                case .better, .within: return .pass
                case .proceed, .undecided: break
                }
            }
            return .open
        }
    }

    /// Bootmark's unpaired fall-back: so many boots of the old image, then of the new one.
    static func unpaired(tolerance: Double, boots: Int) -> Rule {
        Rule(name: "Bootmark, unpaired, tolerance \(percent(tolerance)), n=\(boots)") { machine, slowdown in
            let before = machine.boots(boots, slowdown: 0).map { $0 * (1 + tolerance) }
            let after = machine.boots(boots, slowdown: slowdown)
            if try MannWhitney.test(after, before, alternative: .greater).pValue <= 0.01 { return .alarm }
            if try MannWhitney.test(after, before, alternative: .less).pValue <= 0.05 { return .pass }
            return .open
        }
    }

    /// A change of the mean of more than so much (package-benchmark's kind of threshold).
    static func threshold(_ threshold: Double, boots: Int) -> Rule {
        Rule(name: "\(percent(threshold)) threshold, n=\(boots)") { machine, slowdown in
            let before = mean(machine.boots(boots, slowdown: 0))
            return mean(machine.boots(boots, slowdown: slowdown)) > before * (1 + threshold) ? .alarm : .pass
        }
    }

    /// hyperfine's script: Welch's t at 0.05, two-sided.
    static func welch(boots: Int) -> Rule {
        Rule(name: "hyperfine's Welch t, n=\(boots)") { machine, slowdown in
            let before = machine.boots(boots, slowdown: 0)
            let after = machine.boots(boots, slowdown: slowdown)
            let test = Welch(after, before)
            return test.t > 0 && test.pValue < 0.05 ? .alarm : .pass
        }
    }

    /// benchstat: Mann-Whitney at 0.05, two-sided.
    static func benchstat(boots: Int) -> Rule {
        Rule(name: "benchstat's Mann-Whitney U, n=\(boots)") { machine, slowdown in
            let before = machine.boots(boots, slowdown: 0)
            let after = machine.boots(boots, slowdown: slowdown)
            let test = try MannWhitney.test(after, before, alternative: .twoSided)
            let slower = try Description.median(after) > Description.median(before)
            return slower && test.pValue < 0.05 ? .alarm : .pass
        }
    }

    /// criterion: a bootstrap of Welch's t at 0.05, and the 95 % interval of the change of the mean wholly
    /// beyond 1 %.
    static func criterion(boots: Int, resamples: Int) -> Rule {
        Rule(name: "criterion's bootstrap, n=\(boots)") { machine, slowdown in
            let before = machine.boots(boots, slowdown: 0)
            let after = machine.boots(boots, slowdown: slowdown)
            let t = Welch.statistic(after, before)
            // Only a slowdown can be an alarm, so that the resampling of an improvement can be saved.
            guard t > 0, mean(after) > mean(before) * 1.01 else { return .pass }
            let pooled = before + after
            var above = 0
            for _ in 0..<resamples {
                let one = (0..<boots).map { _ in pooled[machine.uniform(below: pooled.count)] }
                let other = (0..<boots).map { _ in pooled[machine.uniform(below: pooled.count)] }
                if Welch.statistic(one, other) >= t { above += 1 }
            }
            guard 2 * Double(above) / Double(resamples) < 0.05 else { return .pass }
            var changes = (0..<resamples).map { _ in
                let old = (0..<boots).map { _ in before[machine.uniform(below: boots)] }
                let new = (0..<boots).map { _ in after[machine.uniform(below: boots)] }
                return mean(new) / mean(old) - 1
            }
            changes.sort()
            return changes[resamples / 40] > 0.01 ? .alarm : .pass
        }
    }

    /// Firecracker's A/B test: a permutation test of the means at 0.01 and a change of 5 %, taken again up to
    /// three times until it passes.
    static func firecracker(boots: Int, resamples: Int) -> Rule {
        Rule(name: "Firecracker's permutation, n=\(boots), <= 4 rounds") { machine, slowdown in
            for _ in 0..<4 {
                let before = machine.boots(boots, slowdown: 0)
                let after = machine.boots(boots, slowdown: slowdown)
                let change = mean(after) - mean(before)
                guard change > 0.05 * mean(before) else { return .pass }
                var pooled = before + after
                var atLeast = 1
                for _ in 0..<resamples {
                    for place in 0..<boots {
                        pooled.swapAt(place, place + machine.uniform(below: pooled.count - place))
                    }
                    let (one, other) = (mean(pooled[..<boots]), mean(pooled[boots...]))
                    if (one - other).magnitude >= change { atLeast += 1 }
                }
                guard Double(atLeast) / Double(resamples + 1) < 0.01 else { return .pass }
            }
            return .alarm
        }
    }

    /// What many do by hand: a test at 0.05 after every two pairs, until it shows something.
    static func peeking(pairs: Int) -> Rule {
        Rule(name: "peeking every 2 pairs at p < 0.05, <= \(pairs)") { machine, slowdown in
            var effects: [Double] = []
            while effects.count < pairs {
                for _ in 0..<2 {
                    let pair = pair(&machine, slowdown)
                    effects.append(log(pair.after / pair.before))
                }
                if effects.count >= 6, try SignedRank.test(effects, alternative: .greater).pValue < 0.05 {
                    return .alarm
                }
            }
            return .pass
        }
    }

    /// Whether a run of 20 boots stands out against stored runs of other days, as `UnpairedComparator` tells
    /// by run, or by all their boots as if they were of one day.
    static func sittingAlarms(_ runs: Int, _ byRun: Bool, _ slowdown: Double, seed: UInt64) throws -> Bool {
        var generator = RepeatableGenerator(seed: seed)
        func sitting(_ effect: Double) -> [Double] {
            let mood = 0.03 * generator.normal()
            return (0..<20).map { _ in effect + mood + 0.01 * generator.normal() }
        }
        let stored = (0..<runs).map { _ in sitting(log1p(0.03)) }
        let new = sitting(log1p(slowdown))
        if byRun {
            let centers = try stored.map { try Description.median($0) }
            let test = try NewcomerTest(try Description.median(new), among: centers)
            guard test.pValue(above: 0) <= 0.01 else { return false }
        }
        return try MannWhitney.test(new, stored.flatMap { $0 }, alternative: .greater).pValue <= 0.01
    }

    /// One pair in a random order.
    private static func pair(
        _ machine: inout SimulatedMachine, _ slowdown: Double
    ) -> (before: Double, after: Double) {
        if machine.coin() {
            let old = machine.boot(slowdown: 0)
            return (old, machine.boot(slowdown: slowdown))
        }
        let new = machine.boot(slowdown: slowdown)
        return (machine.boot(slowdown: 0), new)
    }
}

func mean<Values: Collection<Double>>(_ values: Values) -> Double {
    values.reduce(0, +) / Double(values.count)
}

func percent(_ share: Double, places: Int = 0) -> String {
    String(format: "%.\(places)f %%", share * 100)
}

/// Welch's t test of two means.
struct Welch {
    var t: Double
    var pValue: Double

    init(_ first: [Double], _ second: [Double]) {
        let (m, n) = (Double(first.count), Double(second.count))
        let (a, b) = (Self.variance(first) / m, Self.variance(second) / n)
        t = Self.statistic(first, second)
        let freedom = (a + b) * (a + b) / (a * a / (m - 1) + b * b / (n - 1))
        pValue = 2 * Self.upperTail(t.magnitude, freedom: freedom)
    }

    static func statistic(_ first: [Double], _ second: [Double]) -> Double {
        let spread = variance(first) / Double(first.count) + variance(second) / Double(second.count)
        return (mean(first) - mean(second)) / spread.squareRoot()
    }

    static func variance(_ values: [Double]) -> Double {
        let center = mean(values)
        return values.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(values.count - 1)
    }

    /// The upper tail of Student's t by Simpson's rule on its density, after the substitution t = tan.
    static func upperTail(_ t: Double, freedom: Double) -> Double {
        // With t = sqrt(v) tan(x), the density becomes cos(x)^(v-1), up to a factor.
        let start = atan(t / freedom.squareRoot())
        let factor = exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / Double.pi.squareRoot()
        let steps = 200
        let width = (Double.pi / 2 - start) / Double(steps)
        var sum = 0.0
        for step in 0...steps {
            let weight: Double = step == 0 || step == steps ? 1 : step.isMultiple(of: 2) ? 2 : 4
            sum += weight * pow(max(cos(start + Double(step) * width), 0), freedom - 1)
        }
        return factor * sum * width / 3
    }
}
