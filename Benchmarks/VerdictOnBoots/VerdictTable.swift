import BootComparison
import BootModel
import BootStatistics
import Foundation

/// What the verdicts on real boots say, as Markdown.
struct VerdictTable {
    private let taken: [Taken]

    init(_ taken: [Taken]) { self.taken = taken }

    /// How one kind of comparison ended, by one metric.
    fileprivate struct Count {
        var verdicts: [Verdict: Int] = [:]
        var pairs = 0
        var comparisons = 0
        /// The spread of the boots before, as a share of their middle.
        var noise: [Double] = []
    }

    /// Prints both tables: nothing changed, and what is found.
    func write() throws {
        print("Nothing changed:\n")
        print(
            "| guest | metric | tolerance | comparisons | regression | pass | inconclusive | noise | boots |")
        print("|---|---|---|---|---|---|---|---|---|")
        for guest in BenchmarkGuest.allCases {
            let same = taken.filter { $0.guest == guest && $0.percent == 0 }
            for metric in guest.metrics(slowed: false) where !same.isEmpty {
                let count = try count(same, metric)
                print(
                    "| \(guest.rawValue) | \(metric.id) | \(tolerance(metric)) | \(count.comparisons) | "
                        + "\(count[.regression]) | \(count[.pass] + count[.improvement]) | "
                        + "\(count[.inconclusive]) | \(noise(count)) | \(2 * count.pairs) |")
            }
        }
        print(
            "\nOne phase slowed: found, and the pairs that the rule took on average; saved, against always 40:\n"
        )
        let slowed = taken.filter { $0.percent > 0 }
        let percents = Set(slowed.map(\.percent)).sorted()
        let heads = percents.map { "+\(text($0)) %" }.joined(separator: " | ")
        print("| guest | metric | tolerance | noise | saved | \(heads) |")
        print("|---|---|---|---|---|" + percents.map { _ in "---|" }.joined())
        for guest in BenchmarkGuest.allCases {
            let those = slowed.filter { $0.guest == guest }
            for metric in guest.judged(slowed: true) where !those.isEmpty {
                var all = Count()
                let cells = try percents.map { percent in
                    let count = try count(those.filter { $0.percent == percent }, metric)
                    all.pairs += count.pairs
                    all.comparisons += count.comparisons
                    all.noise += count.noise
                    guard count.comparisons > 0 else { return "" }
                    let mean = Double(count.pairs) / Double(count.comparisons)
                    return "\(count[.regression]) of \(count.comparisons), \(text(mean.rounded()))"
                }
                let most = Double(all.comparisons * (SequentialRule().looks.last ?? 0))
                let saved = text((100 * (1 - Double(all.pairs) / most)).rounded())
                print(
                    "| \(guest.rawValue) | \(metric.id) | \(tolerance(metric)) | \(noise(all)) | \(saved) % | "
                        + "\(cells.joined(separator: " | ")) |")
            }
        }
    }

    private func count(_ comparisons: [Taken], _ metric: Metric) throws -> Count {
        var count = Count()
        for one in comparisons {
            let (verdict, pairs) = Self.verdict(on: one, by: metric)
            count.verdicts[verdict, default: 0] += 1
            count.pairs += pairs
            count.comparisons += 1
            let values = one.before.samples(of: metric)
            count.noise.append(try Description.robustSpread(values) / (try Description.median(values)))
        }
        return count
    }

    /// The verdict of the default rule, and after how many pairs it stood. Where fewer pairs were taken than
    /// its last look, by plan and not by the verdict, and they do not settle it, one look at all of them.
    private static func verdict(on taken: Taken, by metric: Metric) -> (Verdict, Int) {
        let timed = taken.after.boots.filter { $0.purpose == .timed }.count
        var rule = SequentialRule()
        if taken.percent == 0 { rule = rule.ending(at: timed) }
        let comparator = PairedComparator(settings: .init(rule: rule))
        for look in rule.looks where look <= timed {
            let sides = [taken.before, taken.after].map { $0.first(look).gated(on: metric) }
            let progress = comparator.progress(before: sides[0], after: sides[1])
            if progress.next == nil { return (progress.comparison.verdict, look) }
        }
        return (.inconclusive, timed)
    }

    private func tolerance(_ metric: Metric) -> String {
        Quantity.share(PairedComparator.Settings().tolerance(of: metric))
    }

    private func noise(_ count: Count) -> String {
        (try? Description.median(count.noise)).map { Quantity.share($0) } ?? "unknown"
    }

    private func text(_ number: Double) -> String {
        number == number.rounded() ? "\(Int(number))" : "\(number)"
    }
}

extension VerdictTable.Count {
    fileprivate subscript(verdict: Verdict) -> Int { verdicts[verdict, default: 0] }
}

extension Run {
    /// The run with its first timed boots only.
    fileprivate func first(_ count: Int) -> Run {
        var run = self
        let kept = Set(boots.filter { $0.purpose == .timed }.prefix(count).map(\.index))
        run.boots.removeAll { !kept.contains($0.index) }
        run.plan.boots.removeAll { !kept.contains($0.index) }
        return run
    }
}
