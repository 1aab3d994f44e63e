import BootModel
import CBootLauncher
import Glibc

/// What comes from the guest's channels, from QEMU and from its guard.
extension BootWatch {
    /// Takes what a channel has to say; false where that is nothing.
    @discardableResult
    func hear(_ channel: WatchedChannel, at now: Nanoseconds) -> Bool {
        guard channel.read() else { return false }
        lastHeard = now
        // Functions that ran before these bytes were written: of them only the plugin knows.
        if waitsForSymbols { askForSymbols(at: now) }
        if !isOver { examine(channel, at: now) }
        return true
    }

    /// Looks for milestones and panics in what a channel has newly delivered.
    func examine(_ channel: WatchedChannel, at now: Nanoseconds) {
        let panicking = panic == nil ? channel.panic() : nil
        if let panicking {
            panic = panicking.line
            panicChannel = channel
            panicDeadline = now + Self.panicGrace
        }
        for milestone in channel.newMilestones() {
            let byte = channel === channels.first ? milestone.byte : nil
            guard milestone.name == BootScript.booted else {
                note(milestone.name, at: now, byte: byte)
                continue
            }
            // A guest that panics and goes on has panicked; one that panics after its marker had booted.
            let hasPanicked = panic != nil && milestone.byte > panicking?.byte ?? -1
            // Counters first: they run on until they are told to stop.
            conclude(
                hasPanicked ? BootOutcome(.panicked, detail: panicText) : BootOutcome(.booted), at: now,
                byte: byte)
            return
        }
    }

    /// Looks whether functions of the guest have run that the script waits for.
    func askForSymbols(at now: Nanoseconds) {
        let reached = setting.collectors.flatMap { $0.newMilestones() }
        guard !reached.isEmpty, !isOver else { return }
        lastHeard = now
        for milestone in reached where milestone != BootScript.booted { note(milestone, at: now, byte: nil) }
        guard reached.contains(BootScript.booted) else { return }
        // What the guest wrote before that function ran can be read by now.
        for channel in channels where !isOver {
            _ = channel.read()
            examine(channel, at: now)
        }
        guard !isOver else { return }
        conclude(panic == nil ? BootOutcome(.booted) : BootOutcome(.panicked, detail: panicText), at: now)
    }

    /// The panic, with what has come of its line since it was first seen.
    var panicText: String { panicChannel?.panic()?.line ?? panic ?? "" }

    func note(_ milestone: String, at now: Nanoseconds, byte: Int?) {
        guard !seen.milestones.contains(where: { $0.name == milestone }) else { return }
        seen.milestones.append(MilestoneReached(name: milestone, elapsed: now - start))
        for collector in setting.collectors { collector.reached(milestone, atByte: byte) }
    }

    func hear(_ report: GuardedProcess.Report) {
        switch report {
        case .started(let at):
            start = at
            lastHeard = at
        case .notExecuted(let number):
            conclude(BootOutcome(.refused, detail: "QEMU could not be executed: \(systemMessage(number))"))
        case .ended(let end):
            seen.end = end
            drainChannels()
            guard !isOver else { return }
            if let signal = end.signal {
                conclude(
                    BootOutcome(
                        .crashed,
                        detail: "QEMU was ended by signal \(signal) (\(String(cString: strsignal(signal))))"))
            } else if panic != nil {
                conclude(BootOutcome(.panicked, detail: panicText))
            } else if end.exitStatus == 0 {
                conclude(BootOutcome(.poweredOff, detail: lastSeen))
            } else {
                let status = end.exitStatus.map(String.init) ?? "?"
                let said =
                    QEMULog.message(setting.qemuLog) ?? "QEMU ended with status \(status) and no message"
                conclude(BootOutcome(.refused, detail: said))
            }
        }
    }

    func drainChannels() {
        for channel in channels where !isOver { hear(channel, at: Clock.now) }
        if waitsForSymbols { askForSymbols(at: Clock.now) }
    }

    func conclude(_ outcome: BootOutcome, at time: Nanoseconds? = nil, byte: Int? = nil) {
        let now = time ?? Clock.now
        isOver = true
        seen.outcome = outcome
        if outcome.isBooted { note(BootScript.booted, at: now, byte: byte) }
        for collector in setting.collectors { collector.freeze() }
    }

    /// The last thing that the guest said or showed.
    var lastSeen: String {
        let lines = (channels + [screen].compactMap { $0 }).map(\.lastLine)
        return (lines.first { !$0.isEmpty }.map { "last seen: \($0)" } ?? "nothing was seen") + awaited
    }

    /// What was waited for in vain, where nothing on the console shows that it never came.
    private var awaited: String {
        guard case .reached(let end) = setting.script.end else { return "" }
        switch end.channel {
        case .symbol: return "; the function \(end.pattern) never ran"
        case .qmp: return "; QEMU's event \(end.pattern) never came"
        case .console, .serial, .vga, .firmware: return ""
        }
    }
}
