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

    /// One property with its values on both sides, `none` where a side has no such property.
    typealias Pair = (name: String, before: String, after: String)

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

    /// The properties of both sides.
    static func both(_ comparison: Comparison) -> [Pair] {
        let before = comparison.before.map { properties($0.fingerprint) } ?? []
        let after = properties(comparison.after.fingerprint)
        let known = Set(after.map(\.name))
        let names = after.map(\.name) + before.map(\.name).filter { !known.contains($0) }
        return names.map { name in
            let old = before.first { $0.name == name }?.value ?? "none"
            let new = after.first { $0.name == name }?.value ?? "none"
            return (name, old, new)
        }
    }

    /// The properties that differ; none where there is nothing before.
    static func differences(_ comparison: Comparison) -> [Pair] {
        comparison.before == nil ? [] : both(comparison).filter { $0.before != $0.after }
    }
}
