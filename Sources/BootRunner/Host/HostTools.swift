import BootModel
import CBootLauncher
import Foundation
import GuestObserver

/// What this host can measure with, found out once for a run.
public struct HostTools: Sendable, Hashable {
    /// perf's version, or nil where perf is missing or may not count.
    public var perf: String?
    /// Why perf is of no use here, and what to do; nil where it is of use.
    public var perfProblem: RunnerError?
    /// Whether the processor's own counters can be read.
    public var hasHardwareCounters: Bool
    /// Why events of the kernel cannot be counted, and what to do; nil where they can be.
    var kernelProblem: String?
    /// What counts guest instructions, once `probePlugin` has found that it works.
    var plugin: GuestPlugin?
    /// Why guest instructions cannot be counted, once that was found.
    var pluginProblem: RunnerError?

    /// The events that `perf stat` counts here.
    var events: [PerfStat.Event] {
        let all = (hasHardwareCounters ? PerfStat.hardware : []) + PerfStat.software
        return kernelProblem == nil ? all : all.filter { !$0.isOfTheKernel }
    }
    /// Why events are not counted here, by `Metric.id`.
    var withheld: [String: String] {
        guard let kernelProblem else { return [:] }
        let all = (hasHardwareCounters ? PerfStat.hardware : []) + PerfStat.software
        return Dictionary(
            uniqueKeysWithValues: all.filter(\.isOfTheKernel).map { ($0.metric.id, kernelProblem) })
    }

    /// Finds out what can measure the boots of a QEMU command.
    ///
    /// - Parameters:
    ///   - command: the QEMU command, its program first.
    ///   - collectors: what was asked for; nil for all that works.
    ///   - script: how the boots are followed.
    public static func probe(
        for command: [String], collectors: [Plan.Collector]?, script: BootScript
    ) async -> HostTools {
        let cache = ProbeCache.usual
        var host = await probePerf(cache: cache)
        let isNeeded = collectors?.contains(where: \.needsPlugin) ?? true
        guard isNeeded || !script.symbolMilestones.isEmpty,
            let line = try? QEMUCommandLine(command),
            let qemu = Tools.path(of: line.program)
        else { return host }
        await host.probePlugin(qemu: qemu, accelerator: line.accelerator, cache: cache)
        return host
    }

    /// Runs `perf stat` on a program that does nothing; what worked before under the same circumstances is
    /// taken from `cache`.
    static func probePerf(cache: ProbeCache = .usual) async -> HostTools {
        do {
            let perf = try Tools.require("perf")
            let circumstances = FileStamp.ofProgram(perf).map { [$0] + rights }
            let known = try await cache.answer(to: "counting by \(perf)", under: circumstances) {
                try await askPerf(perf)
            }
            guard known.count == 3 else { return try await HostTools(askPerf(perf).answer) }
            return HostTools(known)
        } catch let error as RunnerError {
            return HostTools(perf: nil, perfProblem: error, hasHardwareCounters: false)
        } catch {
            return HostTools(
                perf: nil,
                perfProblem: RunnerError(
                    .environment, "perf failed: \(error).", next: "Run perf stat true by hand."),
                hasHardwareCounters: false)
        }
    }

    /// What perf can do here: its version, whether it counts by hardware, why it does not count the kernel's events.
    private static func askPerf(_ perf: String) async throws -> (answer: [String], lasts: Bool) {
        let version = try await Tools.run(perf, ["version"]).output
        let number = version.split(separator: " ").last.map {
            $0.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let answer = try await Tools.run(
            perf, ["stat", "-x", ";", "-e", "task-clock:u", "-e", "instructions:u", "true"])
        guard answer.succeeded else {
            let status = Files.whole("/proc/self/status") ?? ""
            throw forbidden(answer.error, paranoid: paranoid, isPrivileged: isPrivileged(status))
        }
        let counts =
            PerfStat.read(answer.error, events: PerfStat.hardware)
            .samples[Metric.hostInstructions.id] != nil
        // A plain user is shown what happens in user mode only: perf then renames its events, and refuses
        // those of the kernel.
        let kernel = try await Tools.run(perf, ["stat", "-x", ";", "-e", "task-clock", "true"])
        let problem =
            kernel.error.contains(";task-clock;")
            ? ""
            : "perf counts no events of the kernel for this user (kernel.perf_event_paranoid is \(paranoid); 1 lets it)"
        // Counters that others hold at the moment may be free for the next run.
        let lasts = counts || answer.error.contains("<not supported>")
        return ([number ?? "unknown", counts ? "hardware" : "software", problem], lasts)
    }

    /// What decides beside perf itself what it may count: the kernel, since when it runs, its setting, this user's
    /// rights, and the container.
    private static var rights: [String] {
        let kept = ["CapEff", "NoNewPrivs", "Seccomp"]
        let status = (Files.whole("/proc/self/status") ?? "").split(separator: "\n").filter { line in
            kept.contains { line.hasPrefix($0 + ":") }
        }
        let spaces = ["user", "pid", "cgroup"].map { name in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/\(name)")) ?? ""
        }
        return [
            Files.text("/proc/sys/kernel/random/boot_id") ?? "", Files.text("/proc/version") ?? "",
            "perf_event_paranoid \(paranoid)", "user \(geteuid())",
        ] + status.map(String.init) + spaces
    }

    /// Finds out what the boots of a plan need.
    public static func probe(for plan: Plan) async -> HostTools {
        await probe(for: plan.command, collectors: plan.collectors, script: plan.script)
    }

    /// Finds out whether the guest's instructions can be counted with a QEMU.
    private mutating func probePlugin(qemu: String, accelerator: String, cache: ProbeCache) async {
        guard accelerator == "tcg" else {
            pluginProblem = RunnerError(
                .environment,
                "Guest instructions cannot be counted under \(accelerator): only TCG runs plugins.",
                next: "Boot with -accel tcg, or leave guest-instructions out of --collect.")
            return
        }
        do {
            let known = try await cache.answer(
                to: "plugin of \(qemu)", under: Self.pluginCircumstances(qemu)
            ) {
                let found = try await GuestPlugin.prepared()
                _ = try await PluginSupport.probe(qemu: qemu, plugin: found)
                return ([found.path], lasts: true)
            }
            // A plugin that has gone from its cache since has to be made again.
            if let path = known.first, access(path, R_OK) == 0 {
                plugin = GuestPlugin(prebuiltAt: path)
            } else {
                plugin = try await GuestPlugin.prepared()
            }
        } catch let error as GuestObserverError {
            pluginProblem = RunnerError(
                .environment, "Guest instructions cannot be counted: \(error.place): \(error.reason).",
                next: error.nextStep)
        } catch {
            pluginProblem = RunnerError(
                .environment, "Guest instructions cannot be counted: \(error).", next: "Run bootmark doctor.")
        }
    }

    /// What decides which plugin a QEMU gets and whether it loads it: the QEMU, the compiler, the plugin's source,
    /// which this program carries, and what the environment says. Nil where that cannot be told.
    private static func pluginCircumstances(_ qemu: String) -> [String]? {
        let variables = ProcessInfo.processInfo.environment
        let compiler = GuestPlugin.compilers.lazy.compactMap { Tools.path(of: $0) }.first
        guard let qemu = FileStamp.ofProgram(qemu),
            let carrier = FileStamp(String(cString: bootmark_image())),
            let compiler = compiler.flatMap(FileStamp.ofProgram)
        else { return nil }
        return [qemu, carrier.text, compiler]
            + ["BOOTMARK_PLUGIN", "XDG_CACHE_HOME", "HOME"].map { "\($0)=\(variables[$0] ?? "")" }
    }

    private static var paranoid: String { Files.text("/proc/sys/kernel/perf_event_paranoid") ?? "unknown" }

    /// A recording's way with the best event that this host has, where none was named.
    func completing(_ recording: Recording) -> Recording {
        var recording = recording
        if recording.event.isEmpty { recording.event = hasHardwareCounters ? "cycles:u" : "cpu-clock:u" }
        return recording
    }

    /// Whether perf_event_paranoid does not bind a process with this /proc/PID/status: it has CAP_PERFMON or CAP_SYS_ADMIN
    /// (perf_event_open(2)), which root in a container may lack, and a plain user may have.
    static func isPrivileged(_ status: String) -> Bool {
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let digits = line.flatMap { $0.split(whereSeparator: \.isWhitespace).last }
        let capabilities = digits.flatMap { UInt64($0, radix: 16) } ?? 0
        let (administrator, performance) = (UInt64(1) << 21, UInt64(1) << 38)
        return capabilities & (administrator | performance) != 0
    }

    /// Why `perf stat` did not count, from what it said.
    ///
    /// - Parameters:
    ///   - level: kernel.perf_event_paranoid as the kernel shows it.
    ///   - isPrivileged: whether that setting does not bind this process.
    static func forbidden(_ message: String, paranoid level: String, isPrivileged: Bool) -> RunnerError {
        let said = message.split(separator: "\n").first { $0 != "Error:" }.map(String.init) ?? "no message"
        guard let number = Int(level), number > 2, !isPrivileged else {
            return RunnerError(
                .environment, "perf stat does not work here: \(said)",
                next:
                    "Install the perf of the running kernel (Debian: linux-perf), or go without: --collect guest-instructions."
            )
        }
        return RunnerError(
            .environment, "perf may not count here: kernel.perf_event_paranoid is \(level).",
            next:
                "sudo sysctl kernel.perf_event_paranoid=2, or go without perf: --collect guest-instructions.")
    }
}

extension HostTools {
    /// A host as `askPerf` answers.
    private init(_ answer: [String]) {
        self.init(perf: answer.first, perfProblem: nil, hasHardwareCounters: answer.contains("hardware"))
        kernelProblem = answer.count > 2 && !answer[2].isEmpty ? answer[2] : nil
    }
}
