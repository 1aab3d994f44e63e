import BootModel

/// What stands in the way of comparing two runs, metric by metric.
struct Comparability {
    /// What is measured by perf, and so depends on its version.
    private static let byPerf: Set<String> = Set(
        [
            Metric.hostInstructions, .hostKernelInstructions, .cycles, .taskClock, .pageFaults,
            .contextSwitches, .migrations, .branchMisses, .cacheMisses,
        ].map(\.name))

    /// Why no metric at all can be compared; nil where some can.
    let objection: String?
    private let before: ComparedRun?
    private let after: ComparedRun
    private let paired: Bool

    /// Pairs are taken in one sitting, so that a machine, a QEMU or an accelerator that differs is what is
    /// compared; the host has to be the same all the more.
    ///
    /// Two scenarios are two questions: they compare only where that is meant.
    init(
        before: ComparedRun?, after: ComparedRun, design: Procedure.Design, acrossScenarios: Bool
    ) {
        self.before = before
        self.after = after
        if case .pairs = design { paired = true } else { paired = false }
        guard let before else {
            objection =
                "There is no baseline to compare with. Accept this run as one with: bootmark accept "
                + after.location
            return
        }
        var differences: [String] = []
        if paired, !Self.areInterleaved(before, after) {
            differences.append(
                "their boots were not taken in pairs, each beside the one of equal index, or none was yet")
        }
        let isAcross = !acrossScenarios && before.run.scenario != after.run.scenario
        if isAcross {
            differences.append(Self.difference("scenario", before.run.scenario, after.run.scenario))
        }
        if !paired, before.run.plan.machine != after.run.plan.machine {
            differences.append(Self.difference("machine", before.run.plan.machine, after.run.plan.machine))
        }
        for metric in after.run.plan.budgets.map(\.metric) {
            let known = [before.metric(metric.id), after.metric(metric.id)].compactMap { $0 }
            for other in known where other.unit != metric.unit {
                differences.append(
                    Self.difference("unit of \(metric.id)", other.unit.rawValue, metric.unit.rawValue))
            }
        }
        let isAllThatDiffers = isAcross && differences.count == 1
        objection =
            isAllThatDiffers ? Self.start(differences) + Self.acrossScenarios : Self.sentence(differences)
    }

    /// Why this metric cannot be compared; nil where it can.
    func objection(to metric: Metric) -> String? {
        if let objection { return objection }
        guard let before else { return nil }
        var differences: [String] = []
        if let other = before.metric(metric.id) {
            if other.unit != metric.unit {
                differences.append(Self.difference("unit", other.unit.rawValue, metric.unit.rawValue))
            }
            if other.polarity != metric.polarity {
                differences.append(
                    Self.difference("better direction", other.polarity.rawValue, metric.polarity.rawValue))
            }
            if other.determinism != metric.determinism {
                differences.append(
                    Self.difference(
                        "way of counting", other.determinism.rawValue, metric.determinism.rawValue))
            }
        }
        differences += environment(for: metric, before.run.fingerprint, after.run.fingerprint)
        // What counts the guest's instructions slows the boot, and so changes every other number.
        let (old, new) = (before.run.countsGuest, after.run.countsGuest)
        if old != new, metric.determinism == .statistical, !metric.name.hasPrefix("guest-") {
            let text = { (counts: Bool) in counts ? "counted" : "not counted" }
            differences.append(Self.difference("guest's instructions", text(old), text(new)))
        }
        return Self.sentence(differences)
    }

    /// What of the environment differs and matters: all of it to what varies, QEMU's version alone to what is
    /// counted exactly.
    private func environment(for metric: Metric, _ old: Fingerprint, _ new: Fingerprint) -> [String] {
        var fields: [(String, String, String)] = []
        if !paired { fields.append(("QEMU version", old.qemu, new.qemu)) }
        if metric.determinism == .statistical {
            if !paired { fields.append(("accelerator", old.accelerator, new.accelerator)) }
            fields += [
                ("host's processor", old.host.processor, new.host.processor),
                ("host's number of processors", "\(old.host.processors)", "\(new.host.processors)"),
                ("host's kernel", old.host.kernel, new.host.kernel),
                ("host's frequency governor", old.host.governor, new.host.governor),
                ("host's hypervisor", old.host.hypervisor, new.host.hypervisor),
            ]
            if Self.byPerf.contains(metric.name) {
                fields.append(("perf version", old.perf ?? "none", new.perf ?? "none"))
            }
        }
        return fields.filter { $0.1 != $0.2 }.map { Self.difference($0.0, $0.1, $0.2) }
    }

    /// What a reader should know of two runs that can be compared: the names, and what is being compared.
    var notes: [String] {
        guard let before, objection == nil else { return [] }
        var notes: [String] = []
        if before.run.scenario != after.run.scenario {
            notes.append(
                "The scenarios have different names: \(before.run.scenario) before, "
                    + "\(after.run.scenario) after.")
        }
        let (old, new) = (before.run.fingerprint.digests, after.run.fingerprint.digests)
        var changed = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted()
        if paired {
            let (one, other) = (before.run, after.run)
            if one.plan.machine != other.plan.machine { changed.append("machine") }
            if one.fingerprint.qemu != other.fingerprint.qemu { changed.append("QEMU version") }
            if one.fingerprint.accelerator != other.fingerprint.accelerator { changed.append("accelerator") }
        }
        if !changed.isEmpty {
            notes.append("What differs between the runs, and is compared: \(list(changed)).")
        }
        let missing = before.run.metrics.map(\.id).filter { after.metric($0) == nil }
        if !missing.isEmpty {
            notes.append("The baseline also holds \(list(missing)), which the run after does not.")
        }
        return notes
    }

    /// Whether each pair was begun before the next one, so that what disturbs the host disturbs both alike.
    private static func areInterleaved(_ before: ComparedRun, _ after: ComparedRun) -> Bool {
        let pairs = ComparedRun.pairs(before, after)
        let starts = pairs.map { ($0.before.startedAt, $0.after.startedAt) }
        // A boot that failed ends the pairs, be it the first one: it has its own verdict.
        let hasFailed = [before, after].contains { !$0.failedBoots(on: .after).isEmpty }
        guard !pairs.isEmpty else { return hasFailed }
        return zip(starts, starts.dropFirst()).allSatisfy {
            max($0.0.0, $0.0.1) <= min($0.1.0, $0.1.1)
        }
    }

    private static func difference(_ field: String, _ old: String, _ new: String) -> String {
        func shown(_ text: String) -> String { text.isEmpty ? "unknown" : String(text.prefix(120)) }
        return "the \(field) differs (\(shown(old)) before, \(shown(new)) after)"
    }

    private static let acrossScenarios =
        "Take both runs under one --name, or compare them on purpose with: bootmark compare --across-scenarios"

    private static func start(_ differences: [String]) -> String {
        "The runs cannot be compared: \(list(differences)). "
    }

    private static func sentence(_ differences: [String]) -> String? {
        guard !differences.isEmpty else { return nil }
        return start(differences)
            + "Take the baseline again with what runs now, and accept it with: bootmark accept RUNDIR"
    }
}

extension Run {
    /// Whether its boots were slowed by counting what the guest executes.
    fileprivate var countsGuest: Bool {
        plan.collectors.contains(.guestInstructions) || plan.collectors.contains(.guestProfile)
    }
}

/// `a`, `a and b`, `a, b and c`; long lists are cut.
func list(_ items: [String]) -> String {
    if items.count > 12 { return items.prefix(12).joined(separator: ", ") + " and \(items.count - 12) more" }
    guard let last = items.last, items.count > 1 else { return items.first ?? "" }
    return items.dropLast().joined(separator: ", ") + " and " + last
}
