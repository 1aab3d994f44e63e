import BootModel
import BootStore
import Foundation

/// A run in a few lines.
enum RunText {
    /// What was measured, where it lies, and what may be done next.
    static func summary(_ run: Run, at path: String) -> String {
        let timed = run.boots.filter { $0.purpose == .timed }
        var lines = [
            "\(run.scenario) (\(run.plan.machine)): \(timed.count { $0.outcome.isBooted }) of \(timed.count) timed boots reached their end"
        ]
        for metric in run.metrics {
            let values = run.samples(of: metric).sorted()
            guard let least = values.first, let most = values.last else { continue }
            let middle = (values[values.count / 2] + values[(values.count - 1) / 2]) / 2
            lines.append(
                "  \(metric.id.padding(toLength: 28, withPad: " ", startingAt: 0)) median \(text(middle, metric)), \(text(least, metric)) to \(text(most, metric))"
            )
        }
        lines += run.notes.map { "  note: \(ConsoleLine.clean($0))" }
        for boot in run.failures {
            lines.append(
                "  boot \(boot.index): \(boot.outcome.kind.text): \(ConsoleLine.clean(boot.outcome.detail))")
        }
        lines.append("The run is in \(path).")
        if !run.isComplete { lines.append("Take the rest with: bootmark boot --resume -o \(path)") }
        return lines.joined(separator: "\n")
    }

    private static func text(_ value: Double, _ metric: Metric) -> String {
        Quantity.text(value, unit: metric.unit)
    }
}

/// A plan in words.
enum PlanText {
    /// Prints what a run would do.
    static func print(_ run: Run, asJSON: Bool) throws {
        if asJSON {
            Standard.output(String(decoding: try CanonicalJSON.encode(run, for: "the plan"), as: UTF8.self))
            return
        }
        let plan = run.plan
        let purposes = Dictionary(grouping: plan.boots, by: \.purpose).mapValues(\.count)
        var lines = ["Scenario   \(run.scenario) (\(plan.machine))"]
        lines.append("Command    \(plan.command.map(ShellWord.quoted).joined(separator: " "))")
        let order: [Boot.Purpose] = [
            .warmUp, .timed, .recorded, .profiled, .control, .sampled, .inspected, .traced,
        ]
        let counts = order.compactMap { purpose in
            purposes[purpose].map { "\($0) \(purpose.text)" }
        }
        lines.append("Boots      \(counts.joined(separator: ", "))")
        lines.append("Measured   \(run.metrics.map(\.id).joined(separator: ", "))")
        for phase in plan.script.phases {
            lines.append("Phase      \(phase.name), from /\(phase.pattern)/ on \(phase.channel.rawValue)")
        }
        switch plan.script.end {
        case .reached(let end): lines.append("Booted     at /\(end.pattern)/ on \(end.channel.rawValue)")
        case .poweredOff: lines.append("Booted     when the guest switches itself off")
        }
        lines.append("Limits     \(Quantity.text(Double(plan.limits.boot.count), unit: .nanoseconds)) a boot")
        lines.append(
            "Host       \(run.fingerprint.host.processor), \(run.fingerprint.host.processors) processors; QEMU \(run.fingerprint.qemu), \(run.fingerprint.accelerator)"
        )
        lines += run.notes.map { "Note       \($0)" }
        Standard.output(lines.joined(separator: "\n"))
    }
}

/// A word of a command line as a shell would read it back.
enum ShellWord {
    static func quoted(_ word: String) -> String {
        let plain = word.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=,:+@%".contains($0))
        }
        return plain && !word.isEmpty
            ? word
            : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
                + "'"
    }
}
