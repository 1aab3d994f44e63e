/// What the scenario is compared with, boot by boot in pairs, in place of a stored baseline: artifacts that are at
/// hand.
///
/// ```swift
/// Against {
///     Kernel(.file("previous/vmlinuz"), initialRAMDisk: .file("previous/initrd.gz"), commandLine: "console=ttyS0")
/// }
/// ```
public struct Against: ScenarioElement {
    private let elements: [any ScenarioElement]

    /// The reference, as far as it differs from the scenario: `Machine`, `Kernel`, `CDROM`, `Disk`, `QEMU`,
    /// `Arguments` (in place of the scenario's). How its boot is followed and judged is the scenario's.
    public init(@ScenarioBuilder _ declaration: () -> [any ScenarioElement]) { elements = declaration() }

    /// Makes this what the scenario is compared with.
    public func declare(in draft: inout ScenarioDraft) {
        draft.say("references (Against)")
        draft.referenceElements = elements
    }
}

/// How many pairs are taken where a scenario is compared `Against` something.
public struct Pairs: ScenarioElement {
    private let plan: PairsPlan

    /// Pairs.
    /// - Parameters:
    ///   - most: the most pairs that are judged, 2 to 1,000; fewer are taken where they say enough.
    ///   - seed: what the order within each pair follows from; nil to draw one, which is recorded.
    public init(atMost most: Int? = nil, seed: UInt64? = nil) {
        plan = PairsPlan(most: most, seed: seed)
    }

    /// Sets how pairs are taken.
    public func declare(in draft: inout ScenarioDraft) {
        draft.say("numbers of pairs (Pairs)")
        draft.scenario.pairs = plan
    }
}

/// The QEMU that runs the scenario, where it is not the one that the machine's architecture names.
public struct QEMU: ScenarioElement {
    private let program: String

    /// A name that PATH finds, or a path.
    public init(_ program: String) { self.program = program }

    /// Makes this what runs the scenario.
    public func declare(in draft: inout ScenarioDraft) {
        draft.say(ScenarioDraft.program)
        draft.scenario.program = program
    }
}

extension ScenarioDraft {
    static let program = "programs (QEMU)"
    private static let ofASystem = [machine, medium, program]

    /// The reference that the elements of `Against` describe, and what is wrong with them.
    func reference() -> (system: ReferenceSystem, problems: [String])? {
        guard let referenceElements else { return nil }
        var draft = ScenarioDraft(name: scenario.name)
        let empty = draft.scenario
        for element in referenceElements { element.declare(in: &draft) }
        let arguments = draft.scenario.extraArguments
        let system = ReferenceSystem(
            machine: draft.hasSaid(Self.machine) ? draft.scenario.machine : nil,
            medium: draft.hasSaid(Self.medium) ? draft.scenario.medium : nil,
            program: draft.scenario.program, extraArguments: arguments.isEmpty ? nil : arguments)
        var rest = draft.scenario
        rest.machine = empty.machine
        rest.medium = empty.medium
        rest.program = nil
        rest.extraArguments = []
        var problems: [String] = []
        if system == ReferenceSystem() {
            problems.append("Against names nothing: say in it what the reference boots.")
        }
        if rest != empty || draft.referenceElements != nil || draft.hasSaidMore(than: Self.ofASystem) {
            problems.append(
                "Against takes Machine, Kernel, CDROM, Disk, QEMU and Arguments; the rest is the scenario's.")
        }
        problems += draft.repetitions.map { "Against: \($0)" }
        return (system, problems)
    }
}
