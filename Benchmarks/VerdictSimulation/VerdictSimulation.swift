import BootStatistics
import Foundation

/// Runs the rules of Bootmark and of its neighbours over simulated boots, and prints their false alarms and
/// what they find as Markdown tables.
///
///     swift run -c release VerdictSimulation [TRIALS] [SEED] [rules|edge|missed|sittings|curve|layouts]
///     swift run -c release VerdictSimulation TRIALS SEED layouts-of RUNDIR...
@main
enum VerdictSimulation {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let numbers = arguments.prefix(2).compactMap { Int($0) }.filter { $0 > 0 }
        if numbers.count == 2, arguments.count > 3, arguments[2] == "layouts-of" {
            try RealLayouts(runs: Array(arguments.dropFirst(3)))
                .write(trials: numbers[0], seed: UInt64(numbers[1]))
            return
        }
        let chosen = arguments.dropFirst(2).first.map { Table(rawValue: $0) }
        guard arguments.count <= 3, numbers.count == min(arguments.count, 2), chosen != .some(.none) else {
            let tables = Table.allCases.map(\.rawValue).joined(separator: "|")
            FileHandle.standardError.write(
                Data("usage: VerdictSimulation [TRIALS] [SEED] [\(tables)|layouts-of RUNDIR...]\n".utf8))
            exit(64)
        }
        let simulation = Simulation(
            trials: numbers.first ?? 10_000, seed: UInt64(numbers.dropFirst().first ?? 1))
        print("\(simulation.trials) trials for each number.\n")
        for table in chosen.flatMap({ $0 }).map({ [$0] }) ?? Table.allCases { try simulation.write(table) }
    }
}

/// What can be simulated.
enum Table: String, CaseIterable {
    case rules, edge, missed, sittings, curve, layouts
}

/// Trials of rules on machines.
struct Simulation {
    var trials: Int
    var seed: UInt64

    /// Runs the trials of a table and prints it.
    func write(_ table: Table) throws {
        switch table {
        case .rules: try rules()
        case .edge: try edge()
        case .missed: try missed()
        case .sittings: try sittings()
        case .curve: try curve()
        case .layouts: try layouts()
        }
    }

    /// How often a rule gave each answer, and what it took.
    struct Rates {
        var alarms = 0.0
        var passes = 0.0
        var boots = 0.0
    }

    /// All rules: no change, and +5 %, in each kind of noise, 3 % wide.
    private func rules() throws {
        let resamples = 1_000
        let rules: [Rule] = [
            .threshold(0.05, boots: 20), .welch(boots: 10), .benchstat(boots: 10),
            .criterion(boots: 20, resamples: resamples), .firecracker(boots: 10, resamples: resamples),
            .peeking(pairs: 40), .unpaired(tolerance: 0.01, boots: 20), .unpaired(tolerance: 0.03, boots: 20),
            .pairs(tolerance: 0.01), .pairs(tolerance: 0.03),
        ]
        let kinds = Noise.allCases
        print("False alarms where nothing changed | found +5 %, in %, at 3 % noise:\n")
        print("| rule | " + kinds.map(\.title).joined(separator: " | ") + " | boots |")
        print("|---|" + String(repeating: "---|", count: kinds.count + 1))
        for rule in rules {
            var cells: [String] = []
            var boots = 0.0
            for noise in kinds {
                let none = try rates(rule, noise, width: 0.03, slowdown: 0)
                let some = try rates(rule, noise, width: 0.03, slowdown: 0.05)
                cells.append("\(number(none.alarms)) / \(number(some.alarms))")
                boots += (none.boots + some.boots) / Double(2 * kinds.count)
            }
            print("| \(rule.name) | \(cells.joined(separator: " | ")) | \(Int(boots.rounded())) |")
        }
        print("\ncriterion and Firecracker with \(resamples) resamples in place of 100,000 and 9,999.\n")
    }

    /// Bootmark's rules where the truth is exactly the tolerance: neither an alarm nor a pass is right.
    private func edge() throws {
        print(
            "At the edge: false alarms where the truth is the tolerance (1 % is allowed) / passes where it is"
        )
        print("the pass bound (5 % is allowed), in %, at 3 % noise:\n")
        print("| rule | " + Noise.allCases.map(\.title).joined(separator: " | ") + " |")
        print("|---|" + String(repeating: "---|", count: Noise.allCases.count))
        for tolerance in [0.01, 0.03] {
            let rules: [(Rule, Double)] = [
                (.pairs(tolerance: tolerance), 0.03), (.unpaired(tolerance: tolerance, boots: 20), tolerance),
            ]
            for (rule, passBound) in rules {
                let cells = try Noise.allCases.map { noise in
                    let alarms = try rates(rule, noise, width: 0.03, slowdown: tolerance).alarms
                    let passes = try rates(rule, noise, width: 0.03, slowdown: passBound).passes
                    return "\(number(alarms)) / \(number(passes))"
                }
                print("| \(rule.name) | \(cells.joined(separator: " | ")) |")
            }
        }
        print()
    }

    /// How Bootmark's rules end where they find no alarm although there is something to find.
    private func missed() throws {
        print("Passed / inconclusive although the boots got 5 % slower, in %, at 3 % noise:\n")
        print("| rule | " + Noise.allCases.map(\.title).joined(separator: " | ") + " |")
        print("|---|" + String(repeating: "---|", count: Noise.allCases.count))
        let rules: [Rule] = [
            .pairs(tolerance: 0.01), .pairs(tolerance: 0.03), .unpaired(tolerance: 0.01, boots: 20),
            .unpaired(tolerance: 0.03, boots: 20),
        ]
        for rule in rules {
            let cells = try Noise.allCases.map { noise in
                let rates = try rates(rule, noise, width: 0.03, slowdown: 0.05)
                return "\(number(rates.passes)) / \(number(max(100 - rates.alarms - rates.passes, 0)))"
            }
            print("| \(rule.name) | \(cells.joined(separator: " | ")) |")
        }
        print()
    }

    /// One run against stored ones of other days, on a host whose days differ by 3 %, with 1 % noise within
    /// one: alarms at a tolerance of 3 %.
    private func sittings() throws {
        let slowdowns = [0, 0.03, 0.1, 0.15, 0.2]
        // Each trial boots up to 220 times and counts exactly; a tenth of the trials shows what there is to see.
        let trials = max(trials / 10, 1)
        print("Alarms in % against stored runs of 20 boots, at a tolerance of 3 %, where days differ by 3 %")
        print("(\(trials) trials):\n")
        print("| stored runs | " + slowdowns.map { "+" + percent($0) }.joined(separator: " | ") + " |")
        print("|---|" + String(repeating: "---|", count: slowdowns.count))
        let kinds: [(String, Int, Bool)] = [
            ("1", 1, false), ("5, pooled by boot", 5, false), ("3, by run", 3, true), ("5, by run", 5, true),
            ("10, by run", 10, true),
        ]
        for (name, runs, byRun) in kinds {
            let cells = try slowdowns.map { slowdown in
                var seeds = RepeatableGenerator(seed: seed)
                var alarms = 0
                for _ in 0..<trials where try Rule.sittingAlarms(runs, byRun, slowdown, seed: seeds.next()) {
                    alarms += 1
                }
                return number(100 * Double(alarms) / Double(trials))
            }
            print("| \(name) | \(cells.joined(separator: " | ")) |")
        }
        print()
    }

    /// What the paired rule finds, by the size of the slowdown and the width of the noise.
    private func curve() throws {
        let slowdowns = [0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.07, 0.1]
        for tolerance in [0.01, 0.03] {
            print(
                "Pairs, tolerance \(percent(tolerance)): alarms / passes in %, mean pairs, independent noise:\n"
            )
            print("| noise | " + slowdowns.map { "+" + percent($0) }.joined(separator: " | ") + " |")
            print("|---|" + String(repeating: "---|", count: slowdowns.count))
            for width in [0.005, 0.01, 0.02, 0.03, 0.05, 0.16] {
                let cells = try slowdowns.map { slowdown in
                    let rates = try rates(
                        .pairs(tolerance: tolerance), .independent, width: width, slowdown: slowdown)
                    return "\(number(rates.alarms)) / \(number(rates.passes)), "
                        + String(format: "%.0f", rates.boots / 2)
                }
                print("| \(percent(width, places: 1)) | \(cells.joined(separator: " | ")) |")
            }
            print()
        }
    }

    private func rates(_ rule: Rule, _ noise: Noise, width: Double, slowdown: Double) throws -> Rates {
        var rates = Rates()
        var seeds = RepeatableGenerator(seed: seed)
        for _ in 0..<trials {
            var machine = SimulatedMachine(noise, width: width, seed: seeds.next())
            switch try rule.judge(&machine, slowdown) {
            case .alarm: rates.alarms += 100 / Double(trials)
            case .pass: rates.passes += 100 / Double(trials)
            case .open: break
            }
            rates.boots += Double(machine.boots) / Double(trials)
        }
        return rates
    }

    private func number(_ percentage: Double) -> String {
        percentage > 0 && percentage < 9.95
            ? String(format: percentage < 0.995 ? "%.2f" : "%.1f", percentage)
            : String(format: "%.0f", percentage)
    }
}
