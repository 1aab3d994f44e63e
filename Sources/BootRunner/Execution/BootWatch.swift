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
    /// The time between two looks at a file that QEMU or the plugin in it writes.
    static let fileInterval = Nanoseconds.milliseconds(2)
    /// How long QEMU may take to end in order.
    static let orderlyEnd = Nanoseconds.seconds(30)
    /// How long the runner waits for the rest of a panic's message.
    static let panicGrace = Nanoseconds.milliseconds(300)

    let setting: Setting
    /// Whether milestones lie in the guest's own code, where nothing tells when they are reached.
    let waitsForSymbols: Bool
    var channels: [WatchedChannel]
    var watched: [pollfd] = []
    var screen: WatchedChannel?

    var control: Int32 = -1
    var session: QMPSession?
    var screenRequest: Int?
    var screenIsRead = false
    var nextScreen = Nanoseconds(.max)
    var start = Nanoseconds.zero
    var lastHeard = Nanoseconds.zero
    var panicDeadline: Nanoseconds?
    var panic: String?
    var panicChannel: WatchedChannel?
    /// An end that waits for a last look at the screen, and until when.
    var pending: (outcome: BootOutcome, until: Nanoseconds)?
    var seen = Observation(outcome: BootOutcome(.timedOut))
    var isOver = false

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
        self.setting = setting
        waitsForSymbols = !setting.script.symbolMilestones.isEmpty
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
        if seen.end == nil, setting.collectors.contains(where: \.wantsOrderlyEnd) {
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
        for descriptor in [reports, setting.stop, control >= 0 ? control : setting.listener] {
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
        if hasFile || waitsForSymbols { rest = min(rest, Self.fileInterval) }
        if rest < .zero { rest = .zero }
        // Rounded up, or the last millisecond would be spent in a busy loop.
        let milliseconds = Int32(clamping: (rest.count + 999_999) / 1_000_000)
        let count = poll(&watched, nfds_t(watched.count), milliseconds)
        let heard = Clock.now
        for channel in channels where channel.isFile && !isOver { hear(channel, at: heard) }
        if waitsForSymbols { askForSymbols(at: heard) }
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
