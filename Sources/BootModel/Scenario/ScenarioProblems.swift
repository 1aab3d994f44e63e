/// A scenario that cannot be booted as it is declared.
public struct ScenarioError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The scenario's name.
    public var scenario: String
    /// What is wrong with it, a sentence each.
    public var problems: [String]

    /// A scenario with problems.
    public init(scenario: String, problems: [String]) {
        self.scenario = scenario
        self.problems = problems
    }

    /// All that is wrong, in one line.
    public var description: String {
        "The scenario \(scenario.debugDescription) cannot be booted. " + problems.joined(separator: " ")
    }
}

extension Scenario {
    /// What is wrong with the scenario, a sentence each; empty where it can be booted.
    ///
    /// A declaration never stops a test process: what is wrong with it is data until somebody uses it.
    /// Whether the files are there and whether the patterns compile is not asked here.
    public var problems: [String] {
        declarationProblems + [Scenario.problem(withName: name)].compactMap { $0 }
            + machine.problems + mediumProblems + script.problems + budgetProblems + limits.problems
            + countProblems + argumentProblems + referenceProblems
    }

    /// - Throws: `ScenarioError` where there are problems.
    public func check() throws {
        let problems = problems
        guard problems.isEmpty else { throw ScenarioError(scenario: name, problems: problems) }
    }

    private var mediumProblems: [String] {
        let artifact = medium.artifact
        // An artifact whose variable is not set is absent, which is no fault of the declaration.
        guard artifact.path.isEmpty, artifact.variable == nil else { return [] }
        return ["It has nothing to boot: add a Kernel, a CDROM or a Disk with a path."]
    }

    private var budgetProblems: [String] {
        var problems: [String] = []
        var seen: Set<String> = []
        let phases = Set(script.phases.map(\.name) + [BootScript.powerOn])
        for budget in budgets {
            let id = budget.metric.id.debugDescription
            if !budget.tolerance.isFinite || budget.tolerance < 0 {
                problems.append("The budget for \(id) has the tolerance \(budget.tolerance); give 0 or more.")
            }
            if let phase = budget.metric.phase, !phases.contains(phase) {
                problems.append("The budget for \(id) is for a phase that the scenario does not have.")
            }
            if !seen.insert(budget.metric.id).inserted {
                problems.append("There are two budgets for \(id); keep one.")
            }
        }
        return problems
    }

    private var countProblems: [String] {
        var problems: [String] = []
        if !(1...10_000).contains(boots) {
            problems.append("It asks for \(boots) timed boots; give 1 to 10000.")
        }
        if !(0...10_000).contains(recordedBoots) {
            problems.append("It asks for \(recordedBoots) recorded boots; give 0 to 10000.")
        }
        if !(0...32).contains(controls) {
            problems.append("It asks for \(controls) controls; give 0 to 32.")
        }
        if let rate = instruments.sampleRate, !(1...Instruments.fastest).contains(rate) {
            problems.append("It asks for \(rate) samples a second; give 1 to \(Instruments.fastest).")
        }
        return problems
    }

    private var referenceProblems: [String] {
        var problems: [String] = []
        if let most = pairs.most, !(2...1_000).contains(most) {
            problems.append("It asks for at most \(most) pairs; give 2 to 1000.")
        }
        guard let reference = referenceScenario else {
            return pairs == PairsPlan() ? problems : problems + ["It has Pairs, and nothing Against which."]
        }
        let own = Set(machine.problems + mediumProblems + argumentProblems)
        let its = reference.machine.problems + reference.mediumProblems + reference.argumentProblems
        return problems + its.filter { !own.contains($0) }.map { "Against: \($0)" }
    }

    private var argumentProblems: [String] {
        var words = extraArguments + [medium.artifact.path, program ?? ""]
        if case .kernel(_, let initialRAMDisk, let commandLine) = medium {
            words += [initialRAMDisk ?? "", commandLine]
        }
        if program?.isEmpty == true { return ["Its QEMU has no name."] }
        // A NUL would silently cut the argument when QEMU is started.
        return words.contains { $0.utf8.contains(0) } ? ["One of its arguments holds a NUL character."] : []
    }
}

extension Medium {
    /// The file that is booted first: the kernel, the CD image or the disk image.
    public var artifact: Artifact {
        switch self {
        case .kernel(let artifact, _, _), .cdrom(let artifact), .disk(let artifact): artifact
        }
    }
}

extension Machine {
    fileprivate var problems: [String] {
        var problems: [String] = []
        if !(1...4096).contains(cpus) { problems.append("Its machine has \(cpus) CPUs; give 1 to 4096.") }
        if !(1...(1 << 24)).contains(memory.mebibytes) {
            problems.append("Its machine has \(memory.mebibytes) MiB of memory; give 1 to 16777216.")
        }
        for (word, what) in [(type, "machine type"), (cpuModel ?? "max", "CPU model")]
        where word.isEmpty || word.hasPrefix("-") || !word.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) {
            problems.append("\(word.debugDescription) is no \(what): -M help and -cpu help list QEMU's.")
        }
        return problems
    }
}

extension BootScript {
    fileprivate var problems: [String] {
        var problems: [String] = []
        var seen: Set<String> = []
        for phase in phases {
            let name = phase.name.debugDescription
            if !Self.isName(phase.name) {
                problems.append("\(name) is no name for a phase: use letters, digits, spaces, - _ . and +.")
            }
            if [Self.booted, Self.powerOn].contains(phase.name) {
                problems.append("\(name) is a phase that every boot has; give yours another name.")
            }
            if !seen.insert(phase.name).inserted {
                problems.append("There are two phases with the name \(name); rename one.")
            }
        }
        var milestones = phases
        if case .reached(let end) = end { milestones.append(end) }
        for milestone in milestones where milestone.pattern.isEmpty {
            problems.append(
                "The pattern for \(milestone.name.debugDescription) is empty and matches anything.")
        }
        for milestone in milestones
        where milestone.channel == .symbol && milestone.pattern.contains(where: \.isWhitespace) {
            problems.append("\(milestone.pattern.debugDescription) is no name of a function.")
        }
        for milestone in milestones where milestone.channel == .qmp && !milestone.namesEvent {
            problems.append(
                "\(milestone.pattern.debugDescription) is no name of an event of QEMU, such as SHUTDOWN.")
        }
        if panics.contains(where: \.isEmpty) {
            problems.append("A pattern of Panics is empty and matches anything.")
        }
        return problems
    }

    private static func isName(_ name: String) -> Bool {
        (1...60).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", " ", "-", "_", ".", "+": true
                default: false
                }
            }
    }
}

extension Limits {
    fileprivate var problems: [String] {
        [("boot", boot), ("run", run), ("silence", silence)].compactMap { name, limit in
            guard let limit, limit <= .zero else { return nil }
            return "Its time limit for \(name) is \(limit.seconds) s; give more than 0."
        }
    }
}

extension BootScript.Milestone {
    /// Whether the pattern can be the name of one of QEMU's events.
    fileprivate var namesEvent: Bool {
        !pattern.isEmpty
            && pattern.utf8.allSatisfy {
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20
                    || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || $0 == UInt8(ascii: "_")
            }
    }
}
