import BootModel
import Foundation
import Glibc

/// Takes boots in a real QEMU.
public struct QEMUExecutor: BootExecutor {
    private let host: HostTools

    /// An executor with the tools that were found on this host.
    public init(_ host: HostTools) { self.host = host }

    /// Starts QEMU, follows the boot to its end and gives what was measured.
    public func boot(
        _ planned: Plan.PlannedBoot, of plan: Plan, folder: String, deadline: Nanoseconds?, stop: StopSignal
    ) async throws -> Boot {
        try await withCheckedThrowingContinuation { continuation in
            // A thread of its own: the boot is followed by waiting, and waiting would starve Swift's pool.
            let thread = Thread {
                continuation.resume(
                    with: Result {
                        try follow(planned, of: plan, folder: folder, deadline: deadline, stop: stop)
                    })
            }
            thread.name = "bootmark-boot"
            thread.start()
        }
    }

    private func follow(
        _ planned: Plan.PlannedBoot, of plan: Plan, folder: String, deadline: Nanoseconds?, stop: StopSignal
    ) throws -> Boot {
        let own = try PrivateFolder()
        var command = try QEMUCommandLine(plan.command)
        if plan.isExact { command = try command.exactBoot(in: own.path) }
        let needsNames = planned.purpose.looksIntoGuest || plan.addresses != nil
        if needsNames { command.fixAddresses() }
        var notes: [String] = []
        if planned.purpose == .control {
            let place = plan.boots.prefix { $0.index <= planned.index }.count { $0.purpose == .control }
            let (varied, note) = try LayoutControl(number: place).applied(to: command, in: own.path)
            command = varied
            notes.append(note)
        }
        let kernel = command.values("kernel").last ?? (needsNames ? command.kernelImage(in: own.path) : nil)
        let symbols = try GuestSymbolFiles(plan, kernel: kernel)
        if plan.isExact { command.show(own.path, as: GuardedProcess.sharedFolder) }
        let qemu = try Tools.require(command.program)
        let environment = Tools.environment(temporary: own.path)
        let collectors = try collectors(
            of: planned, plan: plan, symbols: symbols, kernel: kernel, folder: folder,
            own: own.path, environment: environment)

        let serial = try SerialEnd(in: own.path, asFile: planned.writesSerialToFile(plan))
        let listensToFirmware = plan.script.milestones.contains { $0.channel == .firmware }
        let firmwarePath = listensToFirmware ? "\(own.path)/firmware" : nil
        let firmware = try firmwarePath.map(NamedPipe.opened)
        defer { if let firmware { close(firmware) } }
        let control = try ControlSocket(at: "\(own.path)/control")
        let wiring = QEMUCommandLine.Wiring(
            serial: serial.path, firmware: firmwarePath, control: control.path,
            extra: collectors.flatMap(\.qemuArguments))

        let patterns = try ScriptPatterns(plan.script)
        var channels = [
            try patterns.channel(
                "serial", serial.descriptor, isFile: planned.writesSerialToFile(plan), own: .serial,
                log: "\(folder)/console.log")
        ]
        if let firmware {
            channels.append(
                try patterns.channel(
                    "firmware", firmware, own: .firmware, log: "\(folder)/firmware.log"))
        }
        let screen = try patterns.channel("screen", -1, own: .vga, log: "\(folder)/screen.txt")

        let log = "\(folder)/qemu.log"
        let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard output >= 0 else {
            throw RunnerError(
                .environment, "\(log) could not be written: \(systemMessage(errno)).",
                next: "Free some space or check the folder's rights, then go on with --resume.")
        }
        defer { close(output) }

        let conditions = HostConditions()
        let startedAt = Date().timeIntervalSince1970
        let began = Clock.now
        let process = try GuardedProcess(
            [qemu] + command.wired(wiring), environment: environment, output: output, error: output,
            processor: plan.pinnedTo, sharing: own.path)
        for collector in collectors { try collector.attach(to: process.identifier) }
        let watch = BootWatch(
            .init(
                script: plan.script, limits: plan.limits, deadlineOfRun: deadline, collectors: collectors,
                listener: control.descriptor, stop: stop.descriptor, screenCopy: "\(own.path)/screen",
                qemuLog: log), channels: channels, screen: screen)
        let seen = watch.follow(process)
        let used = seen.end.map { $0.user + $0.system } ?? .zero
        let disturbed = conditions.since(used: used, elapsed: Clock.now - began)
        let collected = collectors.map { $0.collect() }
        if let fault = seen.fault { throw fault }
        var boot = Boot(
            planned, startedAt: startedAt, seen: seen, collected: collected, script: plan.script)
        boot.conditions = disturbed
        boot.notes += notes
        return boot
    }

    private func collectors(
        of planned: Plan.PlannedBoot, plan: Plan, symbols: GuestSymbolFiles, kernel: String?, folder: String,
        own: String, environment: [String: String]
    ) throws -> [any BootCollector] {
        var collectors: [any BootCollector] = []
        let perfLog = "\(folder)/perf.log"
        let isControl = planned.purpose == .control
        let follows =
            planned.purpose == .profiled || isControl && plan.collectors.contains(.guestProfile)
        let isMeasured =
            planned.purpose == .timed || planned.purpose == .warmUp || isControl && !follows
        let serialFile = planned.writesSerialToFile(plan) ? SerialEnd.path(in: own) : nil
        let watched = WatchedSymbols(plan)
        let counts = isMeasured && plan.collectors.contains(.guestInstructions)
        if counts, let plugin = host.plugin {
            // First: its readings at a milestone come before perf is told to stop.
            collectors.append(
                try GuestCounting(
                    plugin: plugin, folder: own, watching: watched, of: watched.image(kernel),
                    exactWith: serialFile,
                    output: folder))
        } else if !follows, planned.purpose != .inspected, !watched.names.isEmpty, let plugin = host.plugin {
            collectors.append(
                try SymbolWatching(plugin: plugin, folder: own, symbols: watched, of: watched.image(kernel)))
        }
        if follows, let plugin = host.plugin {
            collectors.append(
                try GuestProfiling(
                    plugin: plugin, following: try symbols.read(), plan: plan, folder: own,
                    serialFile: serialFile, counts: isControl, output: folder))
        }
        if planned.purpose == .sampled {
            collectors += try plan.samplers.map { sampler in
                try GuestSampling(
                    sampler, rate: plan.sampleRate(of: sampler), command: try QEMUCommandLine(plan.command),
                    request: try symbols.read(), folder: own, output: folder)
            }
        }
        if planned.purpose == .inspected, let plugin = host.plugin {
            collectors.append(
                try HotSpotting(
                    plugin: plugin, plan: plan, naming: symbols, folder: own,
                    serialFile: serialFile,
                    output: folder))
        }
        if planned.purpose == .traced {
            collectors.append(try EventTracing(plan.traces, folder: own, output: folder))
        }
        if planned.purpose == .recorded, plan.collectors.contains(.perfRecord) {
            collectors.append(
                PerfRecord(
                    perf: try Tools.require("perf"), recording: host.completing(plan.recording),
                    output: "\(folder)/perf.data", environment: environment, log: perfLog))
        }
        if isMeasured, plan.collectors.contains(.perfStat) {
            collectors.append(
                PerfStat(
                    perf: try Tools.require("perf"), events: host.events, withheld: host.withheld,
                    folder: own,
                    environment: environment, log: perfLog))
        }
        return collectors
    }
}

/// A script's patterns, compiled once for a boot.
struct ScriptPatterns {
    private let milestones: [(milestone: BootScript.Milestone, pattern: BytePattern)]
    private let panics: [BytePattern]

    /// Compiles the patterns.
    /// - Throws: `RunnerError` of code `.usage` for one that does not compile.
    init(_ script: BootScript) throws {
        milestones = try script.milestones.filter { $0.channel != .symbol && $0.channel != .qmp }.map {
            ($0, try BytePattern($0.pattern))
        }
        panics = try script.panics.map(BytePattern.init)
    }

    /// A channel with what is looked for there.
    func channel(
        _ name: String, _ descriptor: Int32, isFile: Bool = false, own: BootScript.Channel, log: String
    ) throws -> WatchedChannel {
        let sought = milestones.filter {
            $0.milestone.channel == own || ($0.milestone.channel == .console && own != .firmware)
        }
        return try WatchedChannel(
            name: name, descriptor: descriptor, isFile: isFile,
            milestones: sought.map { ($0.milestone.name, $0.pattern) },
            ownMilestones: sought.count { $0.milestone.channel == own },
            panics: own == .firmware ? [] : panics,
            log: log)
    }
}

extension Plan.PlannedBoot {
    /// Whether QEMU writes the serial port to a file rather than a pipe: so that the plugin sees which
    /// instruction wrote which byte. Looked at every other millisecond, it is of no use where time is measured.
    fileprivate func writesSerialToFile(_ plan: Plan) -> Bool {
        plan.isExact || purpose == .profiled || purpose == .inspected
    }
}

extension BootScript {
    /// The phases' beginnings, then the end where it is a milestone too.
    var milestones: [Milestone] {
        guard case .reached(let end) = end else { return phases }
        return phases + [end]
    }
}

extension Boot {
    /// A boot from what was seen and collected.
    init(
        _ planned: Plan.PlannedBoot, startedAt: Double, seen: BootWatch.Observation, collected: [Collected],
        script: BootScript
    ) {
        self.init(
            index: planned.index, purpose: planned.purpose, startedAt: startedAt, outcome: seen.outcome,
            milestones: seen.milestones, notes: seen.notes, clockAtStart: seen.start)
        addTimes(script)
        if let end = seen.end {
            samples[Metric.userTime.id] = Double(end.user.count)
            samples[Metric.systemTime.id] = Double(end.system.count)
            samples[Metric.peakMemory.id] = Double(end.peakMemory)
        }
        for part in collected {
            samples.merge(part.samples) { _, new in new }
            unavailable.merge(part.unavailable) { _, new in new }
            notes += part.notes
        }
    }

    /// The whole time, and each phase's: from its milestone to the next that was reached.
    private mutating func addTimes(_ script: BootScript) {
        guard outcome.isBooted, let whole = milestones.last?.elapsed else { return }
        samples[Metric.bootTime.id] = Double(whole.count)
        guard !script.phases.isEmpty else { return }
        var begins = [(name: BootScript.powerOn, at: Nanoseconds.zero)]
        begins += milestones.dropLast().map { ($0.name, $0.elapsed) }
        let ends = begins.dropFirst().map(\.at) + [whole]
        for (phase, end) in zip(begins, ends) {
            samples[Metric.bootTime.of(phase: phase.name).id] = Double((end - phase.at).count)
        }
        for phase in script.phases where !begins.contains(where: { $0.name == phase.name }) {
            unavailable[Metric.bootTime.of(phase: phase.name).id] =
                "the phase never began: '\(phase.pattern)' was not seen before the boot's end"
        }
    }
}
