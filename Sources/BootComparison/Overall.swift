import BootModel

/// One verdict over all boots and all metrics that decide.
struct Overall {
    /// The verdict.
    var verdict: Verdict
    /// Why, for a person.
    var reason: String

    /// A failed boot outweighs everything, a regression all that is left; a pass needs every gate to pass.
    ///
    /// A boot of the run after that failed is a failure even where there is nothing to compare with: that it
    /// did not come up is no question of a baseline. One of the run before only counts where it is compared.
    init(
        results: [MetricComparison], failures: [BootFailure], before: ComparedRun?, after: ComparedRun,
        objection: String?
    ) {
        let gates = results.filter { $0.role == .gates }
        let comparable = gates.filter { $0.verdict != .incomparable }
        let compared = !comparable.isEmpty || objection == nil
        let counted = failures.filter { compared || $0.side == .after }
        func those(_ verdict: Verdict) -> [MetricComparison] { gates.filter { $0.verdict == verdict } }
        if let first = counted.first(where: { $0.side == .after }) ?? counted.first {
            verdict = .failed
            reason = Self.failed(first, counted, before, after)
        } else if comparable.isEmpty {
            verdict = .incomparable
            reason = objection ?? gates.first?.reason ?? Self.nothing(after)
        } else if !those(.regression).isEmpty {
            verdict = .regression
            reason = Self.join(those(.regression), of: gates.count, "got worse by more than allowed")
        } else if !those(.invalidEnvironment).isEmpty {
            verdict = .invalidEnvironment
            reason = Self.join(those(.invalidEnvironment), of: gates.count, "cannot be judged on this host")
        } else if !(those(.inconclusive) + those(.incomparable)).isEmpty {
            verdict = .inconclusive
            let open = those(.inconclusive) + those(.incomparable)
            reason = Self.join(open, of: gates.count, "cannot be answered for")
        } else if !those(.improvement).isEmpty {
            verdict = .improvement
            reason = Self.join(those(.improvement), of: gates.count, "got better, and none worse")
        } else {
            verdict = .pass
            reason = Self.join(gates, of: gates.count, "stay within what is allowed")
        }
    }

    private static func join(_ results: [MetricComparison], of gates: Int, _ summary: String) -> String {
        guard let first = results.first else { return "" }
        guard gates > 1 else { return first.reason }
        return "\(results.count) of \(gates) metrics that decide \(summary). "
            + results.prefix(3).map(\.reason).joined(separator: " ")
    }

    private static func failed(
        _ first: BootFailure, _ failures: [BootFailure], _ before: ComparedRun?, _ after: ComparedRun
    ) -> String {
        let run = first.side == .after ? after : before ?? after
        let count = failures.filter { $0.side == first.side }.count
        let side = first.side == .after ? "" : " before"
        let detail = first.outcome.detail.isEmpty ? "" : ": \(first.outcome.detail.prefix(300))"
        return "\(count) of \(run.run.boots.count) boots\(side) failed. Boot \(first.boot) "
            + "\(words(first.outcome.kind))\(detail)"
    }

    private static func words(_ kind: BootOutcome.Kind) -> String {
        switch kind {
        case .booted: "booted"
        case .panicked: "panicked"
        case .reset: "reset itself"
        case .poweredOff: "switched itself off before it was booted"
        case .hung: "hung"
        case .refused: "was refused by QEMU"
        case .crashed: "ended with a crash of QEMU"
        case .timedOut: "ran out of time"
        case .interrupted: "was interrupted"
        }
    }

    private static func nothing(_ after: ComparedRun) -> String {
        "No metric has values in both runs, so there is nothing to compare. "
            + "\(after.judgedBoots.count) boots after were timed and reached their end."
    }
}
