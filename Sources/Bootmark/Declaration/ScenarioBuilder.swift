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
    private var said: [String: Int] = [:]

    init(name: String) {
        scenario = Scenario(
            name: name, machine: Machine(architecture: .amd64),
            medium: .kernel(Artifact(path: "", hint: ""), initialRAMDisk: nil, commandLine: ""),
            script: BootScript(end: .poweredOff))
    }

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
        for (what, count) in said.sorted(by: { $0.key < $1.key }) where count > 1 {
            scenario.declarationProblems.append("It has \(count) \(what); keep one.")
        }
        return scenario
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
