import BootModel
import GuestObserver

extension BootScript {
    /// The milestones on the guest's own code, in the script's order.
    var symbolMilestones: [Milestone] { milestones.filter { $0.channel == .symbol } }
}

extension GuestSymbolFiles {
    /// Where the functions lie that a script waits for, by the patterns of its milestones.
    ///
    /// - Throws: `RunnerError` for a function that has no place, or several.
    func addresses(of milestones: [BootScript.Milestone]) throws -> [String: UInt64] {
        var addresses: [String: UInt64] = [:]
        var symbols: GuestSymbols?
        for pattern in milestones.map(\.pattern) where addresses[pattern] == nil {
            if let address = try Self.address(written: pattern) {
                addresses[pattern] = address
                continue
            }
            let known = try symbols ?? read().symbols
            symbols = known
            addresses[pattern] = try place(of: pattern, in: known)
        }
        return addresses
    }

    /// The address that a pattern is; nil where it is a name.
    private static func address(written pattern: String) throws -> UInt64? {
        guard pattern.hasPrefix("0x") else { return nil }
        guard let address = UInt64(pattern.dropFirst(2), radix: 16) else {
            throw RunnerError(
                .usage, "symbol:\(pattern) is no address.",
                next: "Write it in hexadecimal: symbol:0xffffffff81000000.")
        }
        return address
    }

    private func place(of name: String, in symbols: GuestSymbols) throws -> UInt64 {
        let places = symbols.addresses(of: name)
        if let place = places.first, places.count == 1 { return place }
        guard places.isEmpty else {
            let written = places.prefix(4).map { "symbol:0x\(String($0, radix: 16))" }
            throw RunnerError(
                .usage, "\(places.count) functions of the guest are called \(name).",
                next: "Name the one by its address: \(written.joined(separator: ", ")).")
        }
        let similar = symbols.names(like: name)
        throw RunnerError(
            .input,
            symbols.symbols.isEmpty
                ? "symbol:\(name) cannot be found: neither --symbols nor the kernel names any function."
                : "symbol:\(name) cannot be found among the \(symbols.symbols.count) functions of \(shownFiles).",
            next: similar.isEmpty
                ? "Give a file that names it with --symbols FILE, or its address: symbol:0xADDRESS."
                : "Did you mean \(similar.joined(separator: ", "))? --symbols FILE gives more names.")
    }
}

/// The functions that a boot waits for, as the plugin in QEMU watches for them.
struct WatchedSymbols {
    /// The milestones' names and what the plugin is told, in one order.
    let names: [String]
    let milestones: [GuestObservation.Milestone]
    private var reached: Set<String> = []

    /// The functions that a plan's script waits for.
    init(_ plan: Plan) {
        let placed = plan.script.symbolMilestones.compactMap { milestone in
            plan.addresses?[milestone.pattern].map {
                (milestone.name, GuestObservation.Milestone.address($0))
            }
        }
        names = placed.map(\.0)
        milestones = placed.map(\.1)
    }

    /// What is known of the image at `path`; nothing where nobody waits for its functions.
    func image(_ path: String?) -> KernelImage {
        names.isEmpty ? KernelImage() : path.map(KernelImage.init(path:)) ?? KernelImage()
    }

    /// The names of the milestones that were reached since the last look, in the order in which they were.
    ///
    /// A moment's fault is no end: the next look comes in milliseconds, and the boot's time limit behind it.
    mutating func newlyReached(_ counters: GuestCounters) -> [String] {
        guard reached.count < names.count, let readings = try? counters.milestones() else { return [] }
        var new: [(name: String, instructions: UInt64)] = []
        for (milestone, reading) in zip(counters.observation.milestones, readings) {
            guard let reading, let place = milestones.firstIndex(of: milestone) else { continue }
            if reached.insert(names[place]).inserted {
                new.append((names[place], reading.reading.instructions))
            }
        }
        return new.sorted { $0.instructions < $1.instructions }.map(\.name)
    }

    /// What was counted at the milestone of this name; nil for one that is none of these, or was not reached.
    func reading(_ name: String, _ counters: GuestCounters) throws -> GuestCounters.Reading? {
        guard let place = names.firstIndex(of: name),
            let index = counters.observation.milestones.firstIndex(of: milestones[place])
        else { return nil }
        return try counters.milestones()[index]?.reading
    }
}
