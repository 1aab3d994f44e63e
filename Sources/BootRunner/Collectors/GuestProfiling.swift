import BootModel
import BootStore
import Foundation
import GuestObserver

/// Follows the guest's own call stacks, weighted by the instructions that it executed.
final class GuestProfiling: BootCollector {
    let qemuArguments: [String]
    private let counters: GuestCounters
    private let request: GuestProfileRequest
    private let output: String
    /// The milestones at each of which the plugin writes a phase's stacks; none where there are no phases.
    private let parts: [String]
    private let counts: Bool
    private let isExact: Bool
    /// Whether the plugin knows the boot's end when it comes.
    private let marksEnd: Bool
    private var hasEnded = false
    private var symbols: WatchedSymbols
    private var moments: CountedMoments

    /// Follows a boot; its stacks go to the folder `output`: `guest.folded`, and a file for each phase.
    ///
    /// - Parameters:
    ///   - plan: its script has the boot's milestones. Where all are plain text or functions, the stacks stop at the
    ///     last of them to the instruction; else they go on until QEMU has been told to end.
    ///   - serialFile: in an exact boot, the file that QEMU writes the serial port to.
    ///   - counts: whether the boot's instructions are counted too, for a control's sake.
    init(
        plugin: GuestPlugin, following request: GuestProfileRequest, plan: Plan, folder: String,
        serialFile: String?, counts: Bool = false, output: String
    ) throws {
        let symbols = WatchedSymbols(plan)
        let watched = plan.watched
        marksEnd = watched.final != nil
        var observation = GuestObservation(
            milestones: watched.milestones, final: watched.final,
            serialFile: serialFile, logsSerial: counts, profile: request)
        observation.omitsBlocks = !counts
        counters = try .prepared(plugin, in: folder, observing: observation)
        qemuArguments = counters.qemuArguments
        self.request = request
        self.output = output
        let names = plan.script.milestones.map(\.name)
        parts = watched.isWhole && !plan.script.phases.isEmpty ? names : []
        self.counts = counts
        isExact = serialFile != nil
        self.symbols = symbols
        moments = CountedMoments(symbols)
    }

    var wantsOrderlyEnd: Bool { true }

    func attach(to process: Int32) {}

    func newMilestones() -> [String] { symbols.newlyReached(counters) }

    func reached(_ milestone: String, atByte byte: Int?) {
        hasEnded = hasEnded || milestone == BootScript.booted
        if counts { moments.reached(milestone, atByte: byte, of: counters) }
    }

    func freeze() {}

    func collect() -> Collected {
        let counted = counts ? moments.collect(from: counters, isExact: true) : Collected()
        var collected = stacks()
        collected.samples = counted.samples
        collected.unavailable = counted.unavailable
        return collected
    }

    private func stacks() -> Collected {
        do {
            guard FileManager.default.fileExists(atPath: counters.foldedStacks) else {
                return Collected(notes: [
                    "\(Self.note) were not written: the boot did not reach its end"
                ])
            }
            let summary = try counters.profileSummary()
            if let contradiction = summary.contradiction(symbols: request.symbols.symbols.count) {
                return Collected(notes: ["\(Self.note) are not kept: \(contradiction)"])
            }
            try keep(counters.foldedStacks, of: nil)
            try keepPhases()
            let warnings = summary.warnings(
                symbols: request.symbols.symbols.count, programs: request.programs.map(\.name))
            return Collected(notes: (try endings() + warnings).map { "\(Self.note): \($0)" })
        } catch {
            return Collected(notes: ["\(Self.note) could not be kept: \(error)"])
        }
    }

    /// How all its notes begin.
    static let note = "the guest's stacks"

    /// What a reader should know of where the stacks end.
    private func endings() throws -> [String] {
        guard hasEnded else { return ["they end where QEMU did: the boot's end never came"] }
        guard marksEnd else {
            return isExact
                ? ["they end some time behind the boot's end: only plain text or a function marks it exactly"]
                : []
        }
        guard case .some(.some) = try counters.milestones().last else {
            return ["they end where QEMU did, since the boot's end was not seen on the serial port"]
        }
        return []
    }

    /// Keeps each phase's stacks: what ran between two milestones, in the order in which the guest reached them.
    private func keepPhases() throws {
        var phase = BootScript.powerOn
        let readings = try counters.milestones()
        let reached = parts.indices.filter { readings[$0] != nil }.sorted {
            (readings[$0]?.reading.instructions ?? 0, $0) < (readings[$1]?.reading.instructions ?? 0, $1)
        }
        for index in reached {
            try keep(counters.foldedStacks(upTo: index), of: phase)
            phase = parts[index]
        }
        // Where no milestone ends the last phase, the rest of the boot is its.
        if !parts.isEmpty, !marksEnd { try keep(counters.foldedStacks(upTo: parts.count), of: phase) }
    }

    /// Keeps a file of stacks of the plugin; a phase that was not reached has none.
    private func keep(_ stacks: String, of phase: String?) throws {
        guard FileManager.default.fileExists(atPath: stacks) else { return }
        let name = RunFolder.foldedName(.guest, phase: phase)
        try FileManager.default.copyItem(atPath: stacks, toPath: "\(output)/\(name)")
    }
}

extension Plan {
    /// What the plugin watches for in a boot that it looks into.
    ///
    /// `final`: the milestone at which it ends, to the instruction; nil where only the runner can see that.
    /// `isWhole`: whether all milestones of the script are among them.
    var watched: (milestones: [GuestObservation.Milestone], final: Int?, isWhole: Bool) {
        let milestones = script.milestones
        let known = milestones.compactMap(observed)
        if !known.isEmpty, known.count == milestones.count {
            // A guest that switches itself off marks no end: all its milestones begin phases.
            return (known, script.end == .poweredOff ? nil : known.count - 1, true)
        }
        let symbols = WatchedSymbols(self).milestones
        let endsAtSymbol = milestones.last?.name == BootScript.booted && milestones.last?.channel == .symbol
        return (symbols, endsAtSymbol ? symbols.count - 1 : nil, false)
    }

    /// What the plugin watches for at a milestone; nil for one that only the runner can see.
    fileprivate func observed(_ milestone: BootScript.Milestone) -> GuestObservation.Milestone? {
        milestone.channel == .symbol
            ? addresses?[milestone.pattern].map { .address($0) } : milestone.plainText.map { .serialText($0) }
    }
}

extension BootScript.Milestone {
    /// The text that the pattern matches, where it matches one text only; nil for a real expression.
    ///
    /// `(?m)^` at its beginning is left out: what a guest writes at a line's start it hardly writes elsewhere
    /// before.
    var plainText: String? {
        let text = pattern.hasPrefix("(?m)^") ? String(pattern.dropFirst(5)) : pattern
        let isPlain =
            (channel == .console || channel == .serial) && !text.contains { "\\^$.|?*+()[]{}".contains($0) }
        return isPlain && (1...256).contains(text.utf8.count) ? text : nil
    }
}
