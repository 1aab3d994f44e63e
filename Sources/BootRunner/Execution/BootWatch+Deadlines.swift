import BootModel

/// When a boot has taken too long.
extension BootWatch {
    func nextDeadline() -> Nanoseconds {
        var next = min(start + setting.limits.boot, nextScreen)
        if let silence = setting.limits.silence { next = min(next, lastHeard + silence) }
        if let panicDeadline { next = min(next, panicDeadline) }
        if let pending { next = min(next, pending.until) }
        if let deadlineOfRun = setting.deadlineOfRun { next = min(next, deadlineOfRun) }
        return next
    }

    func checkDeadlines(at now: Nanoseconds) {
        if let pending {
            if now >= pending.until { conclude(pending.outcome) }
        } else if let panicDeadline, now >= panicDeadline {
            conclude(BootOutcome(.panicked, detail: panicText))
        } else if let deadlineOfRun = setting.deadlineOfRun, now >= deadlineOfRun {
            conclude(
                BootOutcome(.interrupted, detail: "the run's time limit came during this boot; \(lastSeen)"))
        } else if let silence = setting.limits.silence, now >= lastHeard + silence {
            conclude(BootOutcome(.hung, detail: "silent for \(Self.text(now - lastHeard)); \(lastSeen)"))
        } else if now >= start + setting.limits.boot {
            // A guest that still talks needs more time; one that has fallen silent needs a debugger.
            let silent = now - lastHeard
            let isSilent = silent.count > setting.limits.boot.count / 4
            let detail = isSilent ? "silent for \(Self.text(silent)); \(lastSeen)" : lastSeen
            conclude(
                BootOutcome(
                    isSilent ? .hung : .timedOut,
                    detail: "not booted after \(Self.text(setting.limits.boot)), \(detail)"))
        } else if now >= nextScreen {
            // A screen that is still on its way is not asked for again.
            if screenRequest == nil { lookAtScreen() } else { nextScreen = now + Self.screenInterval }
        }
    }

    private static func text(_ time: Nanoseconds) -> String {
        let tenths = (time.seconds * 10).rounded() / 10
        return "\(tenths) s"
    }
}
