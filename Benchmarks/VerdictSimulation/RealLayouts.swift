import BootModel
import BootProfiles
import BootStatistics
import BootStore
import Foundation

/// Boots of one image in other layouts, and of builds that differ in nothing else, as exact runs keep them.
struct RealLayouts {
    private let graphs: [GuestCallGraph]

    /// The boots whose call stacks the run folders hold, those of controls too.
    init(runs: [String]) throws {
        var graphs: [GuestCallGraph] = []
        for path in runs {
            let folder = try RunFolder.open(at: path)
            for boot in try folder.load().boots where boot.outcome.isBooted {
                let own = folder.bootPath(boot.index)
                switch boot.purpose {
                case .profiled:
                    let stacks = "\(own)/guest.folded"
                    graphs.append(
                        GuestCallGraph(
                            try FoldedReader(origin: .guest, unit: "instructions").read(.file(stacks))))
                case .control:
                    if let graph = try GuestFunctionsFile.read("\(own)/\(GuestFunctionsFile.name)") {
                        graphs.append(graph)
                    }
                default: break
                }
            }
        }
        self.graphs = graphs
    }

    /// Draws an image's boot, controls and another build from them, again and again, and prints how often layout alone is
    /// taken for a change.
    func write(trials: Int, seed: UInt64) {
        var generator = RepeatableGenerator(seed: seed)
        print("\(graphs.count) real layouts, \(trials) draws each: called changed in %:\n")
        print("| controls | the whole | any function | functions, on the average |\n|---|---|---|---|")
        for controls in [1, 2, 3, 4, 8, 16] where controls + 2 <= graphs.count {
            var (whole, any, functions) = (0, 0, 0)
            for _ in 0..<trials {
                var drawn = graphs.shuffled(using: &generator).prefix(controls + 2).map { $0 }
                let after = drawn.removeLast()
                var before = drawn.removeFirst()
                let floor = Simulation.floor([before.total] + drawn.map(\.total))
                before.takeSpreads(from: drawn)
                let changed = GuestDifferences(before: before, after: after).summary.changed
                if abs(after.total - before.total) > floor { whole += 1 }
                if changed > 0 { any += 1 }
                functions += changed
            }
            let shares = [whole, any].map { String(format: "%.1f", 100 * Double($0) / Double(trials)) }
            let average = String(format: "%.2f", Double(functions) / Double(trials))
            print("| \(controls) | \(shares.joined(separator: " | ")) | \(average) |")
        }
    }
}
