import BootModel
import CBootLauncher
import Glibc

/// What comes over QEMU's control connection.
extension BootWatch {
    func hearControl() {
        guard control >= 0 else {
            control = bootmark_accept(setting.listener)
            if control >= 0 { session = QMPSession(socket: control) }
            return
        }
        guard let messages = session?.receive() else {
            // QEMU is going; the guard's report says how.
            close(control)
            control = -1
            session = nil
            return
        }
        let now = Clock.now
        for message in messages where !isOver { hear(message, at: now) }
    }

    private func hear(_ message: QMPSession.Message, at now: Nanoseconds) {
        switch message {
        case .greeting:
            session?.send("qmp_capabilities")
            planScreen()
        case .event(let name, let reason): hear(event: name, reason: reason, at: now)
        case .answer(let number, let succeeded):
            if number == screenRequest { hearScreen(succeeded) }
        case .other: break
        }
    }

    private func hear(event: String, reason: String?, at now: Nanoseconds) {
        let awaited = setting.script.milestones.filter { $0.channel == .qmp && $0.pattern == event }
        if !awaited.isEmpty {
            // What the guest wrote before it is in the pipes by now.
            drainChannels()
            guard !isOver else { return }
            lastHeard = now
            for milestone in awaited where milestone.name != BootScript.booted {
                note(milestone.name, at: now, byte: nil)
            }
        }
        let isEnd = awaited.contains { $0.name == BootScript.booted }
        switch event {
        case "SHUTDOWN": shutDown(reason ?? "unknown", isAwaited: isEnd, at: now)
        case "GUEST_PANICKED", "GUEST_CRASHLOADED":
            // A panic that is waited for is none.
            if isEnd {
                conclude(BootOutcome(.booted), at: now)
            } else if awaited.isEmpty {
                panic = panic ?? "the guest reported a panic to QEMU"
                panicDeadline = now + Self.panicGrace
            }
        default:
            guard isEnd else { return }
            conclude(
                panic == nil ? BootOutcome(.booted) : BootOutcome(.panicked, detail: panicText), at: now)
        }
    }

    private func shutDown(_ reason: String, isAwaited: Bool, at now: Nanoseconds) {
        // What the guest wrote before its last act is in the pipes by now.
        drainChannels()
        guard !isOver else { return }
        let outcome = outcome(ofShutdown: reason, isAwaited: isAwaited)
        if isAwaited, outcome.isBooted {
            conclude(outcome, at: now)
        } else if lookAtScreen() {
            pending = (outcome, Clock.now + .seconds(2))
        } else {
            conclude(outcome)
        }
    }

    private func outcome(ofShutdown reason: String, isAwaited: Bool) -> BootOutcome {
        if panic != nil { return BootOutcome(.panicked, detail: panicText) }
        switch reason {
        case "guest-shutdown":
            return isAwaited || setting.script.end == .poweredOff
                ? BootOutcome(.booted) : BootOutcome(.poweredOff, detail: lastSeen)
        case "guest-reset", "subsystem-reset": return BootOutcome(.reset, detail: lastSeen)
        case "guest-panic": return BootOutcome(.panicked, detail: "the guest reported a panic to QEMU")
        default: return BootOutcome(.refused, detail: "QEMU shut down: \(reason)")
        }
    }
}
