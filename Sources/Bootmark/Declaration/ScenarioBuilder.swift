/// One line of a scenario's declaration.
public protocol ScenarioElement: Sendable {
    /// Adds what the line says to the scenario.
    func declare(in draft: inout ScenarioDraft)
}

/// Collects the lines of a scenario's declaration.
@resultBuilder
public enum ScenarioBuilder {
    /// A line.
    public static func buildExpression(_ element: some ScenarioElement) -> [any ScenarioElement] { [element] }
    /// Lines that several scenarios share.
    public static func buildExpression(_ elements: [some ScenarioElement]) -> [any ScenarioElement] {
        elements
    }
    /// Lines, one after the other.
    public static func buildBlock(_ parts: [any ScenarioElement]...) -> [any ScenarioElement] {
        parts.flatMap { $0 }
    }
    /// Lines of an `if` without `else`.
    public static func buildOptional(_ part: [any ScenarioElement]?) -> [any ScenarioElement] { part ?? [] }
    /// Lines of an `if`.
    public static func buildEither(first part: [any ScenarioElement]) -> [any ScenarioElement] { part }
    /// Lines of an `else`.
    public static func buildEither(second part: [any ScenarioElement]) -> [any ScenarioElement] { part }
    /// Lines of a `for`.
    public static func buildArray(_ parts: [[any ScenarioElement]]) -> [any ScenarioElement] {
        parts.flatMap { $0 }
    }
}

/// A scenario while it is being declared: what may be said once is kept from being said twice.
public struct ScenarioDraft: Sendable {
    var scenario: Scenario
    /// What `Against` says; it is read once the scenario is complete.
    var referenceElements: [any ScenarioElement]?
    private var said: [String: Int] = [:]

    init(name: String) {
        scenario = Scenario(
            name: name, machine: Machine(architecture: .amd64),
            medium: .kernel(Artifact(path: "", hint: ""), initialRAMDisk: nil, commandLine: ""),
            script: BootScript(end: .poweredOff))
    }

    func hasSaid(_ what: String) -> Bool { said[what] != nil }

    func hasSaidMore(than known: [String]) -> Bool { !Set(said.keys).isSubset(of: known) }

    mutating func say(_ what: String) { said[what, default: 0] += 1 }

    /// The scenario, with what is missing and what was said too often among its problems.
    func finished() -> Scenario {
        var scenario = scenario
        if said[Self.machine] == nil {
            scenario.declarationProblems.append("It has no machine: add Machine(.x86_64) or another.")
        }
        if said[Self.end] == nil {
            scenario.declarationProblems.append(
                "It never counts as booted: add Booted(when: \"…\") or Booted(.poweredOff).")
        }
        scenario.declarationProblems += repetitions
        if let (system, problems) = reference() {
            scenario.reference = system
            scenario.declarationProblems += problems
        }
        return scenario
    }

    /// What was said too often.
    var repetitions: [String] {
        said.sorted { $0.key < $1.key }.filter { $0.value > 1 }.map {
            "It has \($0.value) \($0.key); keep one."
        }
    }

    static let machine = "machines (Machine)"
    static let medium = "media to boot (Kernel, CDROM, Disk)"
    static let end = "ends (Booted)"
}

extension Scenario {
    /// A scenario, declared line by line.
    ///
    /// What is wrong with the declaration is found in `problems`, and reported when the scenario is used.
    /// - Parameter name: letters, digits, `-`, `_`, `.`, `+` and `=`.
    public init(_ name: String, @ScenarioBuilder _ declaration: () -> [any ScenarioElement]) {
        var draft = ScenarioDraft(name: name)
        for element in declaration() { element.declare(in: &draft) }
        self = draft.finished()
    }
}
