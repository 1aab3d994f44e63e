import BootModel
import CBootLauncher
import Glibc

/// Follows one boot from QEMU's first instruction to its end, on a thread of its own.
///
/// One loop over everything that can be heard: the guest's channels, QEMU's control connection, the guard's
/// reports, the clock. Bytes are stamped when they are read; while a guest writes, reads are at least
/// `pace` apart, which keeps the runner's own cost below a per cent of the boot's.
final class BootWatch {
    /// What was seen.
    struct Observation {
        var outcome: BootOutcome
        var milestones: [MilestoneReached] = []
        /// When QEMU was let go.
        var start = Nanoseconds.zero
        /// QEMU's end with what it used; nil where it never ran.
        var end: GuardedProcess.End?
        var notes: [String] = []
        /// A fault that ends the run, as a full disk does.
        var fault: RunnerError?
    }

    /// The least time between two reads of a guest's bytes.
    static let pace: useconds_t = 200
    /// How often a guest that talks is read before anything else is looked at.
    static let readsInARow = 20
    /// The time between two looks at the screen.
    static let screenInterval = Nanoseconds.milliseconds(50)
    /// The time between two looks at a file that QEMU writes.
    static let fileInterval = Nanoseconds.milliseconds(2)
    /// How long QEMU may take to end in order.
    static let orderlyEnd = Nanoseconds.seconds(30)
    /// How long the runner waits for the rest of a panic's message.
    static let panicGrace = Nanoseconds.milliseconds(300)

    private let script: BootScript
    private let limits: Limits
    private let deadlineOfRun: Nanoseconds?
    private let collectors: [any BootCollector]
    private let listener: Int32
    private let stop: Int32
    private let screenCopy: String
    private let qemuLog: String
    private var channels: [WatchedChannel]
    private var watched: [pollfd] = []
    private var screen: WatchedChannel?

    private var control: Int32 = -1
    private var session: QMPSession?
    private var screenRequest: Int?
    private var screenIsRead = false
    private var nextScreen = Nanoseconds(.max)
    private var start = Nanoseconds.zero
    private var lastHeard = Nanoseconds.zero
    private var panicDeadline: Nanoseconds?
    private var panic: String?
    private var panicChannel: WatchedChannel?
    /// An end that waits for a last look at the screen, and until when.
    private var pending: (outcome: BootOutcome, until: Nanoseconds)?
    private var seen = Observation(outcome: BootOutcome(.timedOut))
    private var isOver = false

    /// What a watch needs beside QEMU itself.
    struct Setting {
        var script: BootScript
        var limits: Limits
        var deadlineOfRun: Nanoseconds?
        var collectors: [any BootCollector]
        /// Where QEMU's control connection arrives.
        var listener: Int32
        /// Becomes readable when the run is to stop.
        var stop: Int32
        /// A file in the boot's private folder for copies of the screen's memory.
        var screenCopy: String
        var qemuLog: String
    }

    init(_ setting: Setting, channels: [WatchedChannel], screen: WatchedChannel) {
        script = setting.script
        limits = setting.limits
        deadlineOfRun = setting.deadlineOfRun
        collectors = setting.collectors
        listener = setting.listener
        stop = setting.stop
        screenCopy = setting.screenCopy
        qemuLog = setting.qemuLog
        self.channels = channels
        self.screen = screen
    }

    deinit { if control >= 0 { close(control) } }

    /// Lets QEMU go and follows it to its end. QEMU and its process group are gone when this returns.
    func follow(_ qemu: consuming GuardedProcess) -> Observation {
        let reports = qemu.reports
        start = Clock.now
        seen.start = start
        lastHeard = start
        qemu.release()
        while !isOver {
            // One report a look: asking whether there is another would cost as much as the next look.
            guard wait(on: reports), !isOver else { continue }
            guard let report = qemu.nextReport() else {
                conclude(BootOutcome(.crashed, detail: "the guard of QEMU is gone"))
                break
            }
            hear(report)
        }
        if seen.end == nil, collectors.contains(where: \.wantsOrderlyEnd) {
            session?.send("quit")
            let deadline = Clock.now + Self.orderlyEnd
            while seen.end == nil, let report = qemu.nextReport(within: max(.zero, deadline - Clock.now)) {
                if case .ended(let end) = report { seen.end = end }
            }
        }
        if seen.end == nil {
            // At once: QEMU's own tidying up belongs to no boot.
            qemu.signal(SIGKILL)
            seen.end = qemu.end(within: .seconds(20))
        }
        for channel in channels + [screen].compactMap({ $0 }) {
            channel.finish()
            if channel.isCut {
                seen.notes.append("the \(channel.name) log was cut at \(ConsoleLog.limit >> 20) MiB")
            }
            seen.fault = seen.fault ?? channel.failure
        }
        if screenIsRead, channels.first?.hasSpoken == false {
            seen.notes.append(
                "the serial port was silent; milestones come from the screen, looked at every 50 ms")
        }
        for pattern in Set((channels + [screen].compactMap { $0 }).flatMap(\.givenUp)).sorted() {
            seen.notes.append(
                "the pattern '\(pattern)' was given up: it searches without end in what this guest wrote")
        }
        return seen
    }

    /// Waits until something is to be heard, hears it, and looks at the clock; true where the guard has a report.
    private func wait(on reports: Int32) -> Bool {
        watched.removeAll(keepingCapacity: true)
        for descriptor in [reports, stop, control >= 0 ? control : listener] {
            watched.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        }
        // poll says of a file that it can always be read, and passes over negative descriptors.
        for channel in channels {
            let descriptor = channel.isFile ? -1 : channel.descriptor
            watched.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        }
        let hasFile = channels.contains(where: \.isFile)
        let now = Clock.now
        var rest = nextDeadline() - now
        if hasFile { rest = min(rest, Self.fileInterval) }
        if rest < .zero { rest = .zero }
        // Rounded up, or the last millisecond would be spent in a busy loop.
        let milliseconds = Int32(clamping: (rest.count + 999_999) / 1_000_000)
        let count = poll(&watched, nfds_t(watched.count), milliseconds)
        let heard = Clock.now
        for channel in channels where channel.isFile && !isOver { hear(channel, at: heard) }
        var isTalking = false
        if count > 0 {
            for (place, channel) in channels.enumerated() where watched[3 + place].revents != 0 {
                isTalking = true
                if !isOver { hear(channel, at: heard) }
            }
            if !isOver, watched[2].revents != 0 { hearControl() }
            if !isOver, watched[1].revents != 0 {
                conclude(BootOutcome(.interrupted, detail: "the run was told to stop"))
            }
        }
        if !isOver { checkDeadlines(at: heard) }
        if isTalking, watched[0].revents == 0 { listen() }
        return watched[0].revents != 0
    }

    /// Reads on while the guest talks: a guest writes letter by letter, and to be woken and to look around at each
    /// would cost more than to come back for what has gathered.
    private func listen() {
        for _ in 0..<Self.readsInARow where !isOver {
            usleep(Self.pace)
            let now = Clock.now
            var any = false
            for channel in channels where !channel.isFile && !isOver { any = hear(channel, at: now) || any }
            if !any { return }
        }
    }
}

// MARK: - What is heard

extension BootWatch {
    /// Takes what a channel has to say; false where that is nothing.
    @discardableResult
    private func hear(_ channel: WatchedChannel, at now: Nanoseconds) -> Bool {
        guard channel.read() else { return false }
        lastHeard = now
        examine(channel, at: now)
        return true
    }

    /// Looks for milestones and panics in what a channel has newly delivered.
    private func examine(_ channel: WatchedChannel, at now: Nanoseconds) {
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

    /// The panic, with what has come of its line since it was first seen.
    private var panicText: String { panicChannel?.panic()?.line ?? panic ?? "" }

    private func note(_ milestone: String, at now: Nanoseconds, byte: Int?) {
        guard !seen.milestones.contains(where: { $0.name == milestone }) else { return }
        seen.milestones.append(MilestoneReached(name: milestone, elapsed: now - start))
        for collector in collectors { collector.reached(milestone, atByte: byte) }
    }

    private func hear(_ report: GuardedProcess.Report) {
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
                let said = QEMULog.message(qemuLog) ?? "QEMU ended with status \(status) and no message"
                conclude(BootOutcome(.refused, detail: said))
            }
        }
    }

    private func hearControl() {
        guard control >= 0 else {
            control = bootmark_accept(listener)
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
        for message in messages where !isOver { hear(message) }
    }

    private func hear(_ message: QMPSession.Message) {
        switch message {
        case .greeting:
            session?.send("qmp_capabilities")
            planScreen()
        case .shutdown(let reason):
            // What the guest wrote before its last act is in the pipes by now.
            drainChannels()
            guard !isOver else { return }
            let outcome = outcome(ofShutdown: reason)
            if lookAtScreen() {
                pending = (outcome, Clock.now + .seconds(2))
            } else {
                conclude(outcome)
            }
        case .panicked:
            panic = panic ?? "the guest reported a panic to QEMU"
            panicDeadline = Clock.now + Self.panicGrace
        case .answer(let number, let succeeded):
            if number == screenRequest { hearScreen(succeeded) }
        case .other: break
        }
    }

    private func outcome(ofShutdown reason: String) -> BootOutcome {
        if panic != nil { return BootOutcome(.panicked, detail: panicText) }
        switch reason {
        case "guest-shutdown":
            return script.end == .poweredOff
                ? BootOutcome(.booted) : BootOutcome(.poweredOff, detail: lastSeen)
        case "guest-reset", "subsystem-reset": return BootOutcome(.reset, detail: lastSeen)
        case "guest-panic": return BootOutcome(.panicked, detail: "the guest reported a panic to QEMU")
        default: return BootOutcome(.refused, detail: "QEMU shut down: \(reason)")
        }
    }

    private func drainChannels() {
        for channel in channels where !isOver { hear(channel, at: Clock.now) }
    }

    private func conclude(_ outcome: BootOutcome, at time: Nanoseconds? = nil, byte: Int? = nil) {
        let now = time ?? Clock.now
        isOver = true
        seen.outcome = outcome
        if outcome.isBooted { note(BootScript.booted, at: now, byte: byte) }
        for collector in collectors { collector.freeze() }
    }

    /// The last thing that the guest said or showed.
    private var lastSeen: String {
        let lines = (channels + [screen].compactMap { $0 }).map(\.lastLine)
        return lines.first { !$0.isEmpty }.map { "last seen: \($0)" } ?? "nothing was seen"
    }

}

// MARK: - The screen

extension BootWatch {
    /// The screen is read where a milestone is to be seen there, and where the serial port has said nothing
    /// for a second: from then on it is what a console's milestones are looked for on.
    private func planScreen() {
        guard let screen else { return }
        nextScreen = screen.hasOwnMilestones ? Clock.now : start + .seconds(1)
    }

    /// Whether the screen has anything to say that the serial port does not.
    private var screenMatters: Bool {
        guard let screen, session != nil else { return false }
        return screen.hasOwnMilestones || !(channels.first?.hasSpoken ?? false)
    }

    /// Asks for the screen's memory; false where there is nothing to see.
    @discardableResult
    private func lookAtScreen() -> Bool {
        guard screenMatters else {
            nextScreen = Nanoseconds(.max)
            return false
        }
        nextScreen = Clock.now + Self.screenInterval
        if pending == nil {
            screenRequest = session?.send(
                "pmemsave", ["val": VGAScreen.address, "size": VGAScreen.size, "filename": screenCopy])
        }
        return true
    }

    private func hearScreen(_ succeeded: Bool) {
        screenRequest = nil
        defer { if let pending, !isOver { conclude(pending.outcome) } }
        guard succeeded, let screen else { return }
        let now = Clock.now
        guard screen.show(VGAScreen.text(Files.bytes(screenCopy, limit: VGAScreen.size))) else { return }
        lastHeard = now
        screenIsRead = true
        examine(screen, at: now)
    }
}

// MARK: - The clock

extension BootWatch {
    private func nextDeadline() -> Nanoseconds {
        var next = min(start + limits.boot, nextScreen)
        if let silence = limits.silence { next = min(next, lastHeard + silence) }
        if let panicDeadline { next = min(next, panicDeadline) }
        if let pending { next = min(next, pending.until) }
        if let deadlineOfRun { next = min(next, deadlineOfRun) }
        return next
    }

    private func checkDeadlines(at now: Nanoseconds) {
        if let pending {
            if now >= pending.until { conclude(pending.outcome) }
        } else if let panicDeadline, now >= panicDeadline {
            conclude(BootOutcome(.panicked, detail: panicText))
        } else if let deadlineOfRun, now >= deadlineOfRun {
            conclude(
                BootOutcome(.interrupted, detail: "the run's time limit came during this boot; \(lastSeen)"))
        } else if let silence = limits.silence, now >= lastHeard + silence {
            conclude(BootOutcome(.hung, detail: "silent for \(Self.text(now - lastHeard)); \(lastSeen)"))
        } else if now >= start + limits.boot {
            // A guest that still talks needs more time; one that has fallen silent needs a debugger.
            let silent = now - lastHeard
            let isSilent = silent.count > limits.boot.count / 4
            let detail = isSilent ? "silent for \(Self.text(silent)); \(lastSeen)" : lastSeen
            conclude(
                BootOutcome(
                    isSilent ? .hung : .timedOut,
                    detail: "not booted after \(Self.text(limits.boot)), \(detail)"))
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
