import ArgumentParser
import BootModel
import BootRunner
import BootStatistics

/// How pairs are taken and judged: the options that `ab` and `bisect` share.
struct PairsOptions: ParsableArguments {
    @OptionGroup var boots: BootOptions

    @Option(
        name: .customLong("max-pairs"),
        help: ArgumentHelp(
            "The most pairs that are judged, 2 to 1000: 40 if not given, 2 with --exact.", valueName: "N"))
    var maxPairs: Int?

    @Option(help: ArgumentHelp("The chance of a false alarm, above 0, up to 0.5.", valueName: "P"))
    var alpha = 0.01

    @Option(
        help: ArgumentHelp(
            "How much worse a metric may become; the metrics named here decide, and no others. Without it: the most repeatable one.",
            valueName: "METRIC=PERCENT"))
    var tolerance: [String] = []

    @Option(
        help: ArgumentHelp(
            "What the order within each pair follows from; drawn at random and recorded if not given.",
            valueName: "N"))
    var seed: UInt64?

    func validate() throws {
        guard boots.boots == nil else {
            throw ValidationError(
                "Pairs are taken until enough is known, so --boots has no place here; --max-pairs bounds them."
            )
        }
        guard (2...PairedPlan.mostPairs).contains(maxPairs ?? 2) else {
            throw ValidationError("--max-pairs takes a number from 2 to \(PairedPlan.mostPairs).")
        }
        guard alpha > 0, alpha <= 0.5 else {
            throw ValidationError("--alpha takes a number above 0, up to 0.5.")
        }
        _ = try Tolerances.parsed(tolerance)
    }

    /// When the pairs are looked at.
    var rule: SequentialRule {
        var rule = SequentialRule()
        rule.level = alpha
        return rule.ending(at: mostPairs)
    }

    private var mostPairs: Int { maxPairs ?? (boots.exact ? 2 : 40) }

    /// Both sides, planned alike: what only one of them could be measured with is left out.
    func planned(before: [String], after: [String], reproduction: [String]) async throws -> PairedRun {
        let hosts = (
            before: await HostTools.probe(for: before, collectors: boots.collect?.collectors),
            after: await HostTools.probe(for: after, collectors: boots.collect?.collectors)
        )
        var options = boots.options()
        options.boots = mostPairs
        let name = boots.name ?? boots.nameOf(after)
        let plan = { (command: [String], host: HostTools, options: RunOptions) in
            try await Run.planned(
                scenario: name, command: command, script: boots.script(), options: options, host: host)
        }
        var old = try await plan(before, hosts.before, options)
        var new = try await plan(after, hosts.after, options)
        if old.plan.collectors != new.plan.collectors {
            options.collectors = old.plan.collectors.filter(new.plan.collectors.contains)
            old = try await plan(before, hosts.before, options)
            new = try await plan(after, hosts.after, options)
        }
        let tolerances = try Tolerances.parsed(tolerance)
        try Tolerances.checkNames(tolerances, new)
        let budgets = new.metrics.compactMap { metric in
            tolerances[metric.id].map { Budget(metric: metric, tolerance: $0) }
        }
        old.plan.budgets = budgets
        new.plan.budgets = budgets
        // Below 2^53, so that every reader of JSON sees the same number.
        let seed = seed ?? UInt64.random(in: 1..<1 << 53)
        let paired = PairedPlan(
            pairing: new.plan, seed: seed, rule: rule,
            reproduction: reproduction + (self.seed == nil ? ["--seed", "\(seed)"] : []))
        return PairedRun(plan: paired, before: old, after: new)
    }
}
