import BootModel
import BootStore
import Foundation
import GuestObserver

/// Whether the boots of an exact run were the same boot, block by block; where not, where they parted.
enum ExactRepetition {
    /// The file in a boot's folder that holds the hashes of the blocks which it executed.
    static let file = "guest-hashes.json"

    private static let largestFile = 64 << 20

    /// How the notes begin.
    static let note = "not the same boot: "
    /// How the note begins that names boots without a count.
    static let withoutCount = "no exact count in "

    /// Keeps a boot's hashes, up to its end.
    static func keep(_ hashes: BlockHashes, upTo end: GuestCounters.Reading, in folder: String) throws {
        let kept = BlockHashes(checkpoints: hashes.checkpoints.filter { $0.blocks <= end.blocks })
        let path = "\(folder)/\(file)"
        try AtomicFile.write(CanonicalJSON.encode(kept, for: path), to: path)
    }

    /// Notes for a run: boots without an exact count; each timed boot that parted from the first, between which
    /// instructions, in which phase and between which functions.
    static func notes(_ run: Run, in folder: RunFolder) -> [String] {
        guard run.plan.isExact else { return [] }
        let boots = run.boots.filter { $0.purpose == .timed && $0.outcome.isBooted }
        return uncounted(boots) + partings(boots, in: folder, of: run.plan)
    }

    /// Boots that have no exact count, and why: nothing else in a run says so.
    private static func uncounted(_ boots: [Boot]) -> [String] {
        let reasons = boots.compactMap { $0.unavailable[Metric.guestInstructions.id] }
        return reasons.first.map {
            let line = $0.split(separator: "\n").joined(separator: " ")
            return ["\(withoutCount)\(reasons.count) of \(boots.count) boots: \(line)"]
        } ?? []
    }

    private static func partings(_ boots: [Boot], in folder: RunFolder, of plan: Plan) -> [String] {
        var names: FunctionNames?
        guard let first = boots.first, let mine = hashes(of: first, in: folder) else { return [] }
        return boots.dropFirst().compactMap { boot in
            guard let others = hashes(of: boot, in: folder) else { return nil }
            let total = Metric.guestInstructions.id
            let place: String
            if let parted = mine.divergence(from: others) {
                // Reading a kernel's names takes a moment: only where boots parted.
                let known = names ?? FunctionNames(plan)
                names = known
                place =
                    "between instruction \(text(parted.after)) and \(text(parted.before))"
                    + phase(of: first, at: Double(parted.after)) + known.way(parted)
            } else if first.samples[total] != boot.samples[total] {
                let after = mine.checkpoints.last { others.checkpoints.contains($0) }?.instructions ?? 0
                place = "after instruction \(text(after))" + phase(of: first, at: Double(after))
            } else {
                return nil
            }
            return
                "\(note)boots \(first.index) and \(boot.index) parted \(place), so something of the host reaches the guest: look at the command's devices"
        }
    }

    private static func hashes(of boot: Boot, in folder: RunFolder) -> BlockHashes? {
        let path = "\(folder.bootPath(boot.index))/\(file)"
        return (try? BoundedFile.read(path, limit: largestFile)).flatMap {
            try? CanonicalJSON.decode(BlockHashes.self, from: $0, path: path)
        }
    }

    /// The phase in which a boot was at an instruction, for a boot with phases.
    private static func phase(of boot: Boot, at instruction: Double) -> String {
        var end = 0.0
        for name in [BootScript.powerOn] + boot.milestones.dropLast().map(\.name) {
            guard let length = boot.samples[Metric.guestInstructions.of(phase: name).id] else { return "" }
            end += length
            if instruction < end { return ", in the phase \(name)" }
        }
        return ""
    }

    private static func text(_ number: UInt64) -> String { Quantity.exactText(Double(number)) }
}

/// The names of the guest's functions, for addresses at which two boots were seen.
private struct FunctionNames {
    private let index: SymbolIndex?

    /// Those of the plan's files and of the kernel on its command line; none where they cannot be read.
    init(_ plan: Plan) {
        let kernel = (try? QEMUCommandLine(plan.command))?.values("kernel").last
        index = (try? GuestSymbolFiles(plan, kernel: kernel).read()).map { SymbolIndex($0.symbols) }
    }

    /// What both ran last together, and what each ran when they were seen to differ.
    func way(_ parted: BlockHashes.Divergence) -> String {
        var text = parted.lastCommon.map { ", behind \(name($0))" } ?? ""
        let apart = parted.firstApart.map(name)
        if let mine = apart.first, let other = apart.last {
            text += mine == other ? ", before \(mine)" : ", before \(mine) in one and \(other) in the other"
        }
        return text
    }

    private func name(_ address: UInt64) -> String {
        index?.place(of: address) ?? "0x\(String(address, radix: 16))"
    }
}
