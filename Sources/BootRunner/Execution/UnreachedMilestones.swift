import BootModel
import BootStore

/// Milestones that boots waited for in vain, and what to do about them.
enum UnreachedMilestones {
    /// How the notes begin.
    static let note = "never reached: "

    /// Notes for a run: its end, where guests switched themselves off or fell silent without it; each phase that did not
    /// begin in boots which reached their end.
    static func notes(_ run: Run, in folder: RunFolder) -> [String] {
        (end(run, in: folder) + phases(run)).map { note + $0 }
    }

    private static func end(_ run: Run, in folder: RunFolder) -> [String] {
        let kinds: [BootOutcome.Kind] = [.poweredOff, .hung, .timedOut]
        let waiting = run.boots.filter { kinds.contains($0.outcome.kind) }
        guard case .reached(let end) = run.plan.script.end, let first = waiting.first else { return [] }
        let place = "\(text(end)) in \(waiting.count) of \(run.boots.count) boots"
        let advice =
            switch end.channel {
            case .symbol:
                "The compiler may have put it into its callers: wait for another function, or longer"
            case .qmp:
                "QEMU announces it for a device or an act of the guest: wait for another event, or longer"
            case .console, .serial, .vga, .firmware:
                "Compare it with what the guest wrote (\(folder.console(ofBoot: first.index))), or wait longer"
            }
        return ["\(place). \(advice) (--timeout)."]
    }

    private static func phases(_ run: Run) -> [String] {
        let boots = run.boots.filter { $0.purpose == .timed && $0.outcome.isBooted }
        return run.plan.script.phases.compactMap { phase in
            let without = boots.count { boot in !boot.milestones.contains { $0.name == phase.name } }
            guard without > 0 else { return nil }
            return
                "the phase \(phase.name) (\(text(phase))) in \(without) of \(boots.count) boots; it has no figures there"
        }
    }

    private static func text(_ milestone: BootScript.Milestone) -> String {
        switch milestone.channel {
        case .symbol: "the function \(milestone.pattern)"
        case .qmp: "QEMU's event \(milestone.pattern)"
        case .console, .serial, .vga, .firmware: "/\(milestone.pattern)/"
        }
    }
}
