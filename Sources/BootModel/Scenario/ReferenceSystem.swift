/// What a scenario is compared with in pairs: the system that is the reference, as far as it differs from the
/// scenario's own.
public struct ReferenceSystem: Sendable, Hashable, Codable {
    /// Its machine; nil for the scenario's.
    public var machine: Machine?
    /// What it boots; nil for what the scenario boots.
    public var medium: Medium?
    /// The QEMU that runs it; nil for the scenario's.
    public var program: String?
    /// Its further arguments for QEMU, in place of the scenario's; nil for those.
    public var extraArguments: [String]?

    /// A reference.
    public init(
        machine: Machine? = nil, medium: Medium? = nil, program: String? = nil,
        extraArguments: [String]? = nil
    ) {
        self.machine = machine
        self.medium = medium
        self.program = program
        self.extraArguments = extraArguments
    }
}

/// How a scenario's pairs are taken.
public struct PairsPlan: Sendable, Hashable, Codable {
    /// The most pairs that are judged; nil for 40, and 2 for exact boots.
    public var most: Int?
    /// What the order within each pair follows from; nil to draw it.
    public var seed: UInt64?

    /// A plan.
    public init(most: Int? = nil, seed: UInt64? = nil) {
        self.most = most
        self.seed = seed
    }
}

extension Scenario {
    /// The scenario that boots the reference, which is otherwise the same; nil where there is none, so that a
    /// stored baseline is what it is compared with.
    public var referenceScenario: Scenario? {
        guard let reference else { return nil }
        var scenario = self
        scenario.reference = nil
        if let machine = reference.machine { scenario.machine = machine }
        if let medium = reference.medium { scenario.medium = medium }
        if let program = reference.program { scenario.program = program }
        if let arguments = reference.extraArguments { scenario.extraArguments = arguments }
        return scenario
    }
}
