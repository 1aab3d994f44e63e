import BootModel

/// What ran the two runs, as names and values, and where they differ.
enum Environment {
    /// One property of what ran a run.
    struct Property: Equatable {
        /// The property's name, in lower case with hyphens.
        var name: String
        /// Its value, cleaned.
        var value: String
    }

    /// All of a fingerprint, in a fixed order.
    static func properties(_ fingerprint: Fingerprint) -> [Property] {
        let host = fingerprint.host
        var pairs = [
            ("host-processor", host.processor), ("host-processors", String(host.processors)),
            ("host-kernel", host.kernel), ("host-governor", host.governor),
            ("host-hypervisor", host.hypervisor), ("qemu", fingerprint.qemu),
            ("accelerator", fingerprint.accelerator), ("perf", fingerprint.perf ?? "none"),
        ]
        pairs += fingerprint.digests.sorted { $0.key < $1.key }.map { ("digest-\($0.key)", $0.value) }
        return pairs.map { Property(name: ConsoleText.line($0), value: ConsoleText.line($1)) }
    }

    /// The properties that differ, with both values; `none` where one side has no such property.
    static func differences(_ comparison: Comparison) -> [(name: String, before: String, after: String)] {
        guard let before = comparison.before.map({ properties($0.fingerprint) }) else { return [] }
        let after = properties(comparison.after.fingerprint)
        let names =
            after.map(\.name) + before.map(\.name).filter { name in !after.contains { $0.name == name } }
        return names.compactMap { name in
            let old = before.first { $0.name == name }?.value ?? "none"
            let new = after.first { $0.name == name }?.value ?? "none"
            return old == new ? nil : (name, old, new)
        }
    }
}
