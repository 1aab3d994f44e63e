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

    @Flag(
        name: .customLong("no-pin"),
        help:
            "Let QEMU run on every processor. Without it, a guest with one processor is pinned to one of the host's, where there are two."
    )
    var noPin = false

    func validate() throws {
        guard !(noPin && boots.pin != nil) else {
            throw ValidationError("--pin and --no-pin exclude each other.")
        }
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
        var options = boots.options()
        options.boots = mostPairs
        return try await PairedRun.planned(
            scenario: boots.name ?? boots.nameOf(after), script: boots.script(),
            before: await .init(
                boots.loading(before), collectors: options.collectors, script: boots.script()),
            after: await .init(boots.loading(after), collectors: options.collectors, script: boots.script()),
            options: options, pins: !noPin,
            rule: rule, seed: seed,
            reproduction: { reproduction + (seed == nil ? ["--seed", "\($0)"] : []) }
        ) { run in
            let tolerances = try Tolerances.parsed(tolerance)
            try Tolerances.checkNames(tolerances, run)
            return run.metrics.compactMap { metric in
                tolerances[metric.id].map { Budget(metric: metric, tolerance: $0) }
            }
        }
    }
}
