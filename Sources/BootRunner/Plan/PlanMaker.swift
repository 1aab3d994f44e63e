import BootModel
import BootStore
import Foundation

extension Run {
    /// A run that has been planned and checked, and has no boots yet.
    ///
    /// Everything that can be found wrong without booting is found here: patterns that do not compile, files
    /// that are missing, tools that are not installed, an accelerator that hangs.
    ///
    /// - Parameters:
    ///   - scenario: its name.
    ///   - command: the QEMU command, its program first.
    ///   - script: how the boot is followed.
    ///   - machine: the machine in one line; nil to read it from the command.
    ///   - budgets: what the scenario asks.
    ///   - options: what is asked of the run.
    ///   - host: what this host can measure with.
    /// - Throws: `RunnerError`.
    public static func planned(
        scenario: String, command: [String], script: BootScript, machine: String? = nil,
        budgets: [Budget] = [],
        options: RunOptions = RunOptions(), host: HostTools
    ) async throws -> Run {
        if let problem = Scenario.problem(withName: scenario) {
            throw RunnerError(.usage, problem, next: "Give another name with --name.")
        }
        guard (1...10_000).contains(options.boots) else {
            throw RunnerError(
                .usage, "\(options.boots) boots cannot be taken.",
                next: "--boots takes a number from 1 to 10000.")
        }
        let processors = ProcessInfo.processInfo.processorCount
        if let pinned = options.pinnedTo, !(0..<processors).contains(pinned) {
            throw RunnerError(
                .usage, "This host has no processor \(pinned).",
                next: "--pin takes a number from 0 to \(processors - 1).")
        }
        guard options.limits.boot > .zero, (1...50_000).contains(options.recording.frequency) else {
            throw RunnerError(
                .usage, "A time limit and a sampling frequency have to be more than nothing.",
                next: "--timeout takes seconds, --frequency takes samples a second (1 to 50000).")
        }
        guard options.controls == 0 || options.isExact && (0...32).contains(options.controls) else {
            throw RunnerError(
                .usage,
                options.isExact
                    ? "\(options.controls) controls cannot be taken." : "Only exact boots have controls.",
                next: options.isExact ? "--controls takes a number from 0 to 32." : "Add --exact.")
        }
        _ = try ScriptPatterns(script)
        var line = try QEMUCommandLine(command)
        let qemu = try Tools.require(line.program)
        try line.checkFiles()
        var notes = line.values("plugin").map {
            "QEMU loads the plugin \($0) in every boot: what it costs is in all figures"
        }
        try await script.checkEvents(line, qemu: qemu, isExact: options.isExact)
        if options.isExact { notes += try line.makeExact() }
        try line.checkKVM(qemu: qemu)
        let collectors = try options.usableCollectors(host)
        let fingerprint = try await Fingerprint.read(line, host: host)
        if collectors.contains(.perfStat) && !host.hasHardwareCounters {
            notes.append("the host offers no hardware counters: perf counts software events only")
        }
        if let problem = host.perfProblem, options.collectors == nil {
            notes.append("without perf: \(problem.problem)")
        }
        if collectors.contains(.guestInstructions) {
            notes.append(
                "counting guest instructions makes a boot take up to 1.15 times as long; --collect perf-stat leaves it out"
            )
        } else if let problem = host.pluginProblem, options.collectors == nil {
            notes.append("without guest instructions: \(problem.problem)")
        }
        var plan = Plan(
            command: line.words, script: script, boots: options.plannedBoots(collectors),
            collectors: collectors,
            limits: options.limits, machine: machine ?? line.machineSummary, budgets: budgets,
            pinnedTo: options.pinnedTo, recording: host.completing(options.recording),
            isExact: options.isExact, symbols: options.symbols, rules: options.rules,
            instruments: options.instruments.isEmpty ? nil : options.instruments)
        try await plan.checkTraces(line, qemu: qemu)
        let waitsForSymbols = !script.symbolMilestones.isEmpty
        if waitsForSymbols { try host.checkSymbolMilestones(accelerator: line.accelerator) }
        if waitsForSymbols || plan.boots.contains(where: \.purpose.looksIntoGuest) {
            let own = try PrivateFolder()
            var profiled = options.isExact ? try line.exactBoot(in: own.path) : line
            let symbols = try GuestSymbolFiles(plan, kernel: profiled.kernelImage(in: own.path))
            if profiled.discMovesLinux(in: own.path) {
                notes.append(
                    "the Linux on the CD runs at a random address, where its symbols do not fit: write nokaslr into the CD's menu, or boot exactly"
                )
            }
            if collectors.contains(.guestProfile) { notes += try symbols.check() }
            try plan.checkSamplers(line, symbols)
            if waitsForSymbols { plan.addresses = try symbols.addresses(of: script.symbolMilestones) }
            if profiled.fixAddresses() {
                notes.append(
                    waitsForSymbols
                        ? "booted with nokaslr, so that functions are where their symbols say"
                        : "the guest's stacks are followed with nokaslr, so that its functions have names")
            }
        }
        return Run(
            scenario: scenario, plan: plan, fingerprint: fingerprint, metrics: plan.metrics(host),
            notes: notes)
    }
}

extension HostTools {
    /// Makes sure that functions of the guest can be waited for.
    /// - Throws: `RunnerError` that says why not.
    func checkSymbolMilestones(accelerator: String) throws {
        guard accelerator == "tcg" else {
            throw RunnerError(
                .usage, "A function (symbol:NAME) cannot be waited for with the accelerator \(accelerator).",
                next: "Boot with -accel tcg, or give a milestone that the guest writes.")
        }
        if let pluginProblem { throw pluginProblem }
    }
}

extension RunOptions {
    /// The collectors that were asked for, or all that work here.
    /// - Throws: `RunnerError` where one that was asked for does not work here.
    func usableCollectors(_ host: HostTools) throws -> [Plan.Collector] {
        guard let asked = collectors else {
            // An exact boot is judged by what its guest executes; perf has nothing to add to that.
            let statistics: [Plan.Collector] = isExact || host.perf == nil ? [] : [.perfStat]
            let recordings: [Plan.Collector] = recordedBoots == 0 || host.perf == nil ? [] : [.perfRecord]
            let guest: [Plan.Collector] =
                recordedBoots == 0 ? [.guestInstructions] : [.guestInstructions, .guestProfile]
            if isExact, let problem = host.pluginProblem { throw problem }
            return statistics + recordings + (host.plugin == nil ? [] : guest)
        }
        if let problem = host.perfProblem, asked.contains(.perfStat) || asked.contains(.perfRecord) {
            throw problem
        }
        if let problem = host.pluginProblem,
            asked.contains(where: \.needsPlugin)
        {
            throw problem
        }
        return asked
    }

    /// The boots in their order: one to warm up, the timed ones, those that are recorded, those whose guest's
    /// stacks are followed, those in other layouts, those that are sampled, inspected and traced. Exact boots warm
    /// nothing up, and the second profile of one would be the first's.
    func plannedBoots(_ collectors: [Plan.Collector]) -> [Plan.PlannedBoot] {
        let records = collectors.contains(.perfRecord) ? max(1, recordedBoots) : 0
        let profiles = collectors.contains(.guestProfile) ? isExact ? 1 : max(1, recordedBoots) : 0
        let samples = Plan.samplers(collectors).isEmpty ? 0 : max(1, recordedBoots)
        let purposes: [Boot.Purpose] =
            (warmUp && !isExact ? [.warmUp] : []) + Array(repeating: .timed, count: boots)
            + Array(repeating: .recorded, count: records) + Array(repeating: .profiled, count: profiles)
            + Array(repeating: .control, count: isExact ? controls : 0)
            + Array(repeating: .sampled, count: samples)
            + Array(repeating: .inspected, count: collectors.contains(where: \.countsWhatIsHot) ? 1 : 0)
            + Array(
                repeating: .traced, count: instruments.traces == nil ? 0 : isExact ? 1 : max(1, recordedBoots)
            )
        return purposes.enumerated().map { Plan.PlannedBoot(index: $0.offset + 1, purpose: $0.element) }
    }
}

extension Plan {
    /// The metrics that its boots will yield on a host, in the order in which reports list them.
    func metrics(_ host: HostTools) -> [Metric] {
        var phases: [Metric] = []
        if !script.phases.isEmpty {
            phases = ([BootScript.powerOn] + script.phases.map(\.name)).map { Metric.bootTime.of(phase: $0) }
        }
        var counted: Set<Metric> = [.bootTime, .userTime, .systemTime, .peakMemory]
        if collectors.contains(.perfStat) {
            counted.formUnion((PerfStat.software + PerfStat.hardware).map(\.metric))
        }
        if collectors.contains(.guestInstructions) {
            counted.formUnion(isExact ? [.guestInstructions, .guestBlocks] : [.guestInstructions])
            let names = phases.compactMap(\.phase)
            for metric in isExact ? [Metric.guestInstructions, .guestBlocks] : [.guestInstructions] {
                phases += names.map(metric.of(phase:))
            }
        }
        let metrics = [.bootTime] + phases + Metric.all.dropFirst().filter(counted.contains)
        return isExact ? metrics.map { $0.isOfTheGuest ? $0.exactly : $0 } : metrics
    }
}

extension QEMUCommandLine {
    /// The machine in one line, as far as the command names it: `i386 pc, pentium3, 2 CPUs, 512 MiB`.
    var machineSummary: String {
        let name = program.lastPathPart
        let architecture =
            name.hasPrefix("qemu-system-") ? String(name.dropFirst("qemu-system-".count)) : name
        let named = options.last { ["M", "machine"].contains($0.name) }
        let type = named.flatMap { $0.part("type") ?? $0.part("") } ?? "default"
        let cpu = values("cpu").last.map { ", \($0)" } ?? ""
        let count = processors
        let memory = values("m").last.map { ", \(Self.memory($0))" } ?? ""
        return "\(architecture) \(type)\(cpu), \(count) CPU\(count == 1 ? "" : "s")\(memory)"
    }

    /// The number of the machine's processors; 1 where the command does not say, or in words of its own.
    var processors: Int {
        values("smp").last.flatMap { smp -> Int? in
            let option = QEMUOption("smp", smp)
            return Int(option.part("cpus") ?? option.part("") ?? "")
        } ?? 1
    }

    private static func memory(_ value: String) -> String {
        let option = QEMUOption("m", value)
        let size = option.part("size") ?? option.part("") ?? value
        let factors = ["": 1, "M": 1, "m": 1, "G": 1024, "g": 1024, "T": 1 << 20, "t": 1 << 20]
        let digits = size.prefix { $0.isASCII && $0.isNumber }
        // What QEMU itself will refuse is shown as it was written.
        guard let factor = factors[String(size.dropFirst(digits.count))], let number = Int(digits),
            case let (mebibytes, false) = number.multipliedReportingOverflow(by: factor)
        else { return value }
        return "\(mebibytes) MiB"
    }
}

extension Run {
    /// Makes sure that the boots which are still to be taken would be like those that were.
    /// - Throws: `RunnerError` that names what has changed since the run was begun.
    public func checkThatItCanGoOn(host: HostTools) async throws {
        let line = try QEMUCommandLine(plan.command)
        try line.checkFiles()
        try line.checkKVM(qemu: try Tools.require(line.program))
        let now = try await Fingerprint.read(line, host: host)
        let changes = fingerprint.changes(to: now)
        guard changes.isEmpty else {
            throw RunnerError(
                .environment,
                "The run cannot go on: \(changes.joined(separator: ", ")) changed since it was begun.",
                next: "Take a new run into another folder with -o.")
        }
    }
}

extension Fingerprint {
    /// The names of what differs between this fingerprint and another.
    func changes(to other: Fingerprint) -> [String] {
        var changes: [String] = []
        if host != other.host { changes.append("the host") }
        if qemu != other.qemu { changes.append("QEMU's version") }
        if accelerator != other.accelerator { changes.append("the accelerator") }
        if perf != other.perf { changes.append("perf's version") }
        for role in Set(digests.keys).union(other.digests.keys).sorted()
        where digests[role] != other.digests[role] {
            changes.append("the \(role)")
        }
        return changes
    }
}

extension QEMUCommandLine {
    /// Makes sure that KVM runs a guest, where it is asked for.
    fileprivate func checkKVM(qemu: String) throws {
        if accelerator == "kvm", case .fails(let reason) = try KVMProbe.run(qemu: qemu) {
            throw RunnerError(
                .environment, "KVM does not run a guest on this host: \(reason).",
                next: "Boot with -accel tcg, or make KVM work first; bootmark doctor looks at it.")
        }
    }
}
