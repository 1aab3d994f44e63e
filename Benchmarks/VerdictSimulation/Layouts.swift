import BootModel
import BootProfiles
import BootStatistics
import Foundation

/// How layout moves a count, around 0 and about 1 wide.
enum LayoutNoise: String, CaseIterable {
    /// A bell curve.
    case bell
    /// Whole steps, as the rounds of a loop that fit before a timer fires.
    case steps = "few steps"
    /// A bell curve, and one layout in ten adds 10 widths: a timer that fires inside a wait.
    case jumps
    /// Student's t of 3 degrees of freedom.
    case heavyTailed = "heavy-tailed"
    /// What most functions do: one layout in twenty moves it, by up to 3 widths.
    case still = "mostly still"

    func draw(_ generator: inout RepeatableGenerator) -> Double {
        switch self {
        case .bell: return generator.normal()
        case .steps: return generator.normal().rounded()
        case .jumps: return generator.normal() + (generator.unit() < 0.1 ? 10 : 0)
        case .heavyTailed:
            let squares = (0..<3).map { _ in generator.normal() }.reduce(0) { $0 + $1 * $1 }
            return generator.normal() / (squares / 3).squareRoot()
        case .still: return generator.unit() < 0.05 ? (6 * generator.unit() - 3).rounded() : 0
        }
    }
}

extension Simulation {
    private static let controls = [1, 2, 3, 4, 8, 16]

    /// The floor of exact counts: how often layout alone passes it, and what is found beyond it.
    func layouts() throws {
        var generator = RepeatableGenerator(seed: seed)
        print(
            "A count that layout alone moves: called changed by the floor (0.1 % is allowed) / by twice the range of"
        )
        print("the controls / found by the floor where 12 widths are added, in %:\n")
        print("| controls | " + LayoutNoise.allCases.map(\.rawValue).joined(separator: " | ") + " |")
        print("|---|" + String(repeating: "---|", count: LayoutNoise.allCases.count))
        for controls in Self.controls {
            let cells = LayoutNoise.allCases.map { noise in
                var (alarms, byRange, found) = (0, 0, 0)
                for _ in 0..<trials {
                    let layouts = (0...controls).map { _ in noise.draw(&generator) }
                    let change = noise.draw(&generator) - layouts[0]
                    let floor = Self.floor(layouts)
                    if abs(change) > floor { alarms += 1 }
                    if abs(change) > 2 * ((layouts.max() ?? 0) - (layouts.min() ?? 0)) { byRange += 1 }
                    if change + 12 > floor { found += 1 }
                }
                return [alarms, byRange, found].map { share($0, of: trials) }.joined(separator: " / ")
            }
            print("| \(controls) | \(cells.joined(separator: " | ")) |")
        }
        try functions(&generator)
    }

    /// The floor of a count, in these layouts of the images before and one of those after, as comparisons take it; without
    /// bound where few layouts agree.
    static func floor(_ layouts: [Double]) -> Double {
        let spread = LayoutSpread(of: layouts.map { $0 * 1_000 })
        guard let test = PooledTest(layouts.count, 1), spread.deviation > 0 || layouts.count > 8 else {
            return .infinity
        }
        return (test.margin(level: 0.001) * test.deviation(spread.deviation, 0) + spread.offset) / 1_000
    }

    /// The floors of all functions of a kernel: how often any is called changed, and whether one that is gets named.
    ///
    /// 2,000 functions, as a Linux boot moves them: nine in ten hardly ever move, the widths of the others are spread over
    /// three powers of ten.
    private func functions(_ generator: inout RepeatableGenerator) throws {
        let count = 2_000
        let kinds: [(noise: LayoutNoise, width: Double)] = (0..<count).map { place in
            guard place.isMultiple(of: 10) else { return (.still, 10) }
            let noise = LayoutNoise.allCases[place / 10 % LayoutNoise.allCases.count]
            return (noise, 10 * pow(1_000, generator.unit()))
        }
        let names = (0..<count).map { "f\($0)" }
        func graph(adding added: Double, _ generator: inout RepeatableGenerator) -> GuestCallGraph {
            let functions = kinds.enumerated().map { place, kind in
                let moved = 500_000 + (kind.width * kind.noise.draw(&generator)).rounded()
                let own = moved + (place == 1 ? added : 0)
                return GuestCallGraph.Function(name: names[place], own: own, total: own)
            }
            return GuestCallGraph(total: functions.reduce(0) { $0 + $1.own }, functions: functions)
        }
        let trials = max(trials / 20, 20)
        print(
            "\n\(count) functions (\(trials) trials): comparisons of layouts alone in which any is called changed (5 % is"
        )
        print(
            "allowed), in %; how many are on the average; the first three name one that executes 0.05 % more, in %:\n"
        )
        print("| controls | any changed | on the average | named |\n|---|---|---|---|")
        for controls in Self.controls {
            var (alarms, changed, named) = (0, 0, 0)
            for _ in 0..<trials {
                var before = graph(adding: 0, &generator)
                before.takeSpreads(from: (0..<controls).map { _ in graph(adding: 0, &generator) })
                let alone = GuestDifferences(before: before, after: graph(adding: 0, &generator))
                changed += alone.summary.changed
                if alone.summary.changed > 0 { alarms += 1 }
                let slowed = GuestDifferences(
                    before: before, after: graph(adding: before.total / 2_000, &generator))
                if slowed.functions.prefix(3).contains(where: { $0.name == names[1] }) { named += 1 }
            }
            let average = String(format: "%.2f", Double(changed) / Double(trials))
            print("| \(controls) | \(share(alarms, of: trials)) | \(average) | \(share(named, of: trials)) |")
        }
        print()
    }

    private func share(_ count: Int, of trials: Int) -> String {
        String(format: "%.1f", 100 * Double(count) / Double(trials))
    }
}
