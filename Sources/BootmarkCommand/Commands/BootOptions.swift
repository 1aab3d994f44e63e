import ArgumentParser
import BootModel
import BootRunner
import BootStore
import Foundation

/// How boots are taken: the options that `boot` and its like share.
struct BootOptions: ParsableArguments {
    @Option(help: ArgumentHelp("What the run is called.", valueName: "N"))
    var name: String?

    @Option(
        help: ArgumentHelp(
            "The guest is booted when this regular expression matches its console, with symbol:NAME when that function of it runs, with qmp:EVENT when QEMU announces that; without it, when it switches itself off.",
            valueName: "REGEX"))
    var until: String?

    @Option(
        name: .customLong("phase"),
        help: ArgumentHelp(
            "A phase begins where this regular expression matches, where NAME=symbol:FUNCTION runs, or at NAME=qmp:EVENT. Give it once for each phase, in their order.",
            valueName: "NAME=REGEX"))
    var phases: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where patterns are looked for: console (serial, or the screen where serial is silent), serial, vga, firmware, symbol (the guest's functions), qmp (QEMU's events).",
            valueName: "CHANNEL"))
    var channel: BootScript.Channel = .console

    @Option(
        help: ArgumentHelp(
            "The guest has panicked when this matches; in place of the usual panics.", valueName: "REGEX"))
    var panic: [String] = []

    @Option(
        help: ArgumentHelp(
            "How many boots are timed, 1 to 10000: 10 if not given, 2 with --exact.", valueName: "N"))
    var boots: Int?

    @Option(
        name: .customLong("record-boots"),
        help: ArgumentHelp(
            "How many more boots each profiler follows: perf record, the guest's call stacks, samplers of the guest. At least 1 for each that --collect names.",
            valueName: "N"))
    var recordedBoots = 0

    @Flag(name: .customLong("no-warm-up"), help: "Leave out the first boot, which is not judged.")
    var noWarmUp = false

    @Option(help: ArgumentHelp("The longest that one boot may take, in seconds.", valueName: "S"))
    var timeout = 120.0

    @Option(
        name: .customLong("run-timeout"),
        help: ArgumentHelp("The longest that the whole run may take, in seconds.", valueName: "S"))
    var runTimeout: Double?

    @Option(
        name: .customLong("silence"),
        help: ArgumentHelp(
            "A guest from which nothing is heard for this long has hung, in seconds.", valueName: "S"))
    var silence: Double?

    @Option(
        help: ArgumentHelp(
            "What measures the boots, separated by commas: perf-stat, perf-record, guest-instructions, guest-profile, guest-registers, guest-stacks, hot-blocks, hot-pages. Without it: all that this host offers.",
            valueName: "LIST"))
    var collect: CollectorList?

    @Option(
        name: .customLong("call-graph"),
        help: ArgumentHelp("How perf record finds callers: fp, dwarf or lbr.", valueName: "HOW"))
    var callGraph: Recording.CallGraph = .framePointer

    @Option(help: ArgumentHelp("How often perf record samples, a second.", valueName: "HZ"))
    var frequency = 499

    @Option(help: ArgumentHelp("The processor that QEMU is pinned to.", valueName: "CPU"))
    var pin: Int?

    @Flag(
        help:
            "Make every boot execute the same instructions: counts are exact, and two boots are enough. One processor, no disk; of a CD, its kernel."
    )
    var exact = false

    @Option(
        help: ArgumentHelp(
            "With --exact: how many more boots, of the same images in other layouts, show what layout alone moves, 0 to 32. What moves further is a change, and decides. Take 8: what can be told from layout is 5 standard deviations of it with 8, 9 with 4, 36 with 2, 780 with 1.",
            valueName: "N"))
    var controls = 0

    @Option(
        help: ArgumentHelp(
            "A file that names the guest's functions: ELF, System.map, kallsyms of the kernel, its modules, its programs; repeat it for several. The kernel itself is asked too.",
            valueName: "FILE[@OFFSET]"))
    var symbols: [String] = []

    @Option(
        help: ArgumentHelp(
            "How the guest's calls are followed: a JSON file, or linux-x86_64, linux-i386, gnumach, tiny, unknown. Without it the symbols decide.",
            valueName: "FILE"))
    var rules: String?

    @Option(
        name: .customLong("sample-rate"),
        help: ArgumentHelp(
            "How often guest-registers and guest-stacks look, a second: 1 to 1000; 199 and 97 if not given.",
            valueName: "HZ"))
    var sampleRate: Int?

    @Option(
        help: ArgumentHelp(
            "Follow QEMU's trace events of this name, in which * stands for anything, in a boot of their own: boots/NNN/trace.log. Repeat it for several; qemu-system-… -trace help lists them.",
            valueName: "PATTERN"))
    var trace: [String] = []

    @Option(
        help: ArgumentHelp(
            "A plugin of yours that QEMU loads in every boot, with its arguments; repeat it for several. What it costs is in all figures.",
            valueName: "FILE[,ARG=VALUE]"))
    var plugin: [String] = []

    func validate() throws {
        for seconds in [timeout, runTimeout ?? 1, silence ?? 1] where !(seconds > 0 && seconds < 1e7) {
            throw ValidationError("A time limit has to be a number of seconds above 0.")
        }
        guard (1...10_000).contains(boots ?? 1) else {
            throw ValidationError("--boots takes a number from 1 to 10000.")
        }
        guard (0...32).contains(controls) else {
            throw ValidationError("--controls takes a number from 0 to 32.")
        }
        guard controls == 0 || exact else { throw ValidationError("--controls needs --exact.") }
        guard (1...Instruments.fastest).contains(sampleRate ?? 1) else {
            throw ValidationError("--sample-rate takes a number from 1 to \(Instruments.fastest).")
        }
        guard (0...1_000).contains(recordedBoots) else {
            throw ValidationError("--record-boots takes a number from 0 to 1000.")
        }
        for phase in phases where phase.split(separator: "=", maxSplits: 1).count < 2 {
            throw ValidationError("--phase '\(phase)' is not of the form NAME=REGEX.")
        }
        for written in phases + [until ?? "x"] {
            if written.hasSuffix(Self.symbol) {
                throw ValidationError(
                    "'\(written)' names no function: write \(Self.symbol)NAME or \(Self.symbol)0xADDRESS.")
            }
            if written.hasSuffix(Self.event) {
                throw ValidationError(
                    "'\(written)' names no event: write \(Self.event)SHUTDOWN, or another of QEMU's events.")
            }
        }
        for written in plugin + trace where written.isEmpty || written.hasPrefix("-") {
            throw ValidationError("'\(written)' is no plugin and no event: --plugin FILE, --trace PATTERN.")
        }
        let names = phases.map { $0.split(separator: "=", maxSplits: 1)[0] }
        guard Set(names).count == names.count else { throw ValidationError("Two phases have the same name.") }
        let reserved = [BootScript.booted, BootScript.powerOn]
        for name in names where reserved.contains(String(name)) {
            throw ValidationError("'\(name)' is a name of Bootmark's own; call the phase something else.")
        }
    }

    /// How the boot is followed.
    func script() -> BootScript {
        let milestones = phases.map { phase in
            let parts = phase.split(separator: "=", maxSplits: 1)
            return milestone(String(parts[0]), String(parts[1]))
        }
        let end = until.map { BootScript.End.reached(milestone(BootScript.booted, $0)) }
        return BootScript(
            phases: milestones, end: end ?? .poweredOff,
            panics: panic.isEmpty ? BootScript.usualPanics : panic)
    }

    /// A milestone as it is written: a regular expression, `symbol:` and a function of the guest, or `qmp:` and an event.
    private func milestone(_ name: String, _ written: String) -> BootScript.Milestone {
        for (prefix, channel) in [(Self.symbol, BootScript.Channel.symbol), (Self.event, .qmp)]
        where written.hasPrefix(prefix) {
            return .init(name: name, pattern: String(written.dropFirst(prefix.count)), channel: channel)
        }
        return .init(name: name, pattern: written, channel: channel)
    }

    private static let symbol = "symbol:"
    private static let event = "qmp:"

    /// What is asked of the run.
    func options() -> RunOptions {
        RunOptions(
            boots: boots ?? (exact ? 2 : 10), recordedBoots: recordedBoots, warmUp: !noWarmUp,
            collectors: collect?.collectors,
            limits: Limits(
                boot: .seconds(timeout), run: runTimeout.map(Nanoseconds.seconds),
                silence: silence.map(Nanoseconds.seconds)),
            pinnedTo: pin, recording: Recording(callGraph: callGraph, frequency: frequency),
            isExact: exact, controls: controls, symbols: symbols, rules: rules,
            instruments: Instruments(sampleRate: sampleRate, traces: trace.isEmpty ? nil : trace))
    }

    /// A QEMU command with the plugins that were asked for.
    func loading(_ command: [String]) -> [String] {
        command + plugin.flatMap { ["-plugin", Self.absolute($0)] }
    }

    /// A plugin with a path that holds from any folder.
    private static func absolute(_ plugin: String) -> String {
        let written = plugin.hasPrefix("file=") ? String(plugin.dropFirst(5)) : plugin
        let here = FileManager.default.currentDirectoryPath.replacing(",", with: ",,")
        return written.hasPrefix("/") ? written : "\(here)/\(written)"
    }

    /// A name for a run that was given none: what it boots.
    func nameOf(_ command: [String]) -> String {
        let booted =
            ["-cdrom", "-kernel", "-hda"].lazy.compactMap { option in
                command.firstIndex(of: option).flatMap { $0 + 1 < command.count ? command[$0 + 1] : nil }
            }.first ?? command.first ?? "boot"
        let stem = Self.stem(booted.lastPathPart)
        let plain = stem.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.+".contains($0)) ? $0 : "-" }
        // A name becomes a folder's: no two dots in a row, and neither dot nor hyphen first.
        let name = String(plain).replacing(/\.+/, with: ".").drop { ".-".contains($0) }.prefix(100)
        return name.isEmpty ? "boot" : String(name)
    }

    /// A file's name without what lies behind its last dot.
    private static func stem(_ name: String) -> String {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
        return String(name[..<dot])
    }
}

/// Collectors, separated by commas.
struct CollectorList: ExpressibleByArgument {
    var collectors: [Plan.Collector]

    init?(argument: String) {
        let named = argument.split(separator: ",").map { Plan.Collector(rawValue: String($0)) }
        guard !named.isEmpty, !named.contains(nil) else { return nil }
        collectors = named.compactMap { $0 }
    }

    static var allValueStrings: [String] { Plan.Collector.allCases.map(\.rawValue) }
}

extension BootScript.Channel: ExpressibleByArgument {}
extension Recording.CallGraph: ExpressibleByArgument {}
