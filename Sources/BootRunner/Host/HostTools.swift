import BootModel
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
    public static func probe(for command: [String], collectors: [Plan.Collector]?) async -> HostTools {
        var host = await probePerf()
        let needPlugin: Set<Plan.Collector> = [.guestInstructions, .guestProfile]
        guard collectors.map({ !needPlugin.isDisjoint(with: $0) }) ?? true,
            let line = try? QEMUCommandLine(command),
            let qemu = Tools.path(of: line.program)
        else { return host }
        await host.probePlugin(qemu: qemu, accelerator: line.accelerator)
        return host
    }

    /// Runs `perf stat` on a program that does nothing.
    static func probePerf() async -> HostTools {
        do {
            let perf = try Tools.require("perf")
            let version = try await Tools.run(perf, ["version"]).output
            let number = version.split(separator: " ").last.map {
                $0.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            let answer = try await Tools.run(
                perf, ["stat", "-x", ";", "-e", "task-clock:u", "-e", "instructions:u", "true"])
            let report = PerfStat.read(answer.error, events: PerfStat.hardware)
            let counts = report.samples[Metric.hostInstructions.id] != nil
            guard answer.succeeded else {
                throw forbidden(answer.error, paranoid: paranoid, isRoot: geteuid() == 0)
            }
            var host = HostTools(perf: number ?? "unknown", perfProblem: nil, hasHardwareCounters: counts)
            // A plain user is shown what happens in user mode only: perf then renames its events, and refuses
            // those of the kernel.
            let kernel = try await Tools.run(perf, ["stat", "-x", ";", "-e", "task-clock", "true"])
            if !kernel.error.contains(";task-clock;") {
                host.kernelProblem =
                    "perf counts no events of the kernel for this user (kernel.perf_event_paranoid is \(paranoid); 1 lets it)"
            }
            return host
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

    /// Finds out whether the guest's instructions can be counted with a QEMU.
    private mutating func probePlugin(qemu: String, accelerator: String) async {
        guard accelerator == "tcg" else {
            pluginProblem = RunnerError(
                .environment,
                "Guest instructions cannot be counted under \(accelerator): only TCG runs plugins.",
                next: "Boot with -accel tcg, or leave guest-instructions out of --collect.")
            return
        }
        do {
            let found = try await GuestPlugin.prepared()
            _ = try await PluginSupport.probe(qemu: qemu, plugin: found)
            plugin = found
        } catch let error as GuestObserverError {
            pluginProblem = RunnerError(
                .environment, "Guest instructions cannot be counted: \(error.place): \(error.reason).",
                next: error.nextStep)
        } catch {
            pluginProblem = RunnerError(
                .environment, "Guest instructions cannot be counted: \(error).", next: "Run bootmark doctor.")
        }
    }

    private static var paranoid: String { Files.text("/proc/sys/kernel/perf_event_paranoid") ?? "unknown" }

    /// A recording's way with the best event that this host has, where none was named.
    func completing(_ recording: Recording) -> Recording {
        var recording = recording
        if recording.event.isEmpty { recording.event = hasHardwareCounters ? "cycles:u" : "cpu-clock:u" }
        return recording
    }

    /// Why `perf stat` did not count, from what it said.
    ///
    /// - Parameters:
    ///   - level: kernel.perf_event_paranoid as the kernel shows it.
    ///   - isRoot: whether that setting does not bind this user.
    static func forbidden(_ message: String, paranoid level: String, isRoot: Bool) -> RunnerError {
        let said = message.split(separator: "\n").first { $0 != "Error:" }.map(String.init) ?? "no message"
        guard let number = Int(level), number > 2, !isRoot else {
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
