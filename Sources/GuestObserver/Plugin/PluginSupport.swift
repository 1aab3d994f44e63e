import Subprocess

/// What a QEMU says to the plugin: asked by loading it into a machine that never starts.
public struct PluginSupport: Sendable, Hashable {
    /// The interface that the plugin speaks with this QEMU: 1 on QEMU 7 and 8, 4 on QEMU 10.
    public var interface: Int
    /// The newest interface that this QEMU offers.
    public var newest: Int
    /// The architecture that it emulates, as QEMU names it: `x86_64`.
    public var target: String

    /// Loads `plugin` into the QEMU at `path`, which takes a fraction of a second and boots nothing.
    /// - Throws: `GuestObserverError` of code `noQEMU` where it cannot be started, and
    ///   `pluginsUnsupported` with QEMU's own words where it loads no plugins.
    public static func probe(qemu path: String, plugin: GuestPlugin) async throws -> PluginSupport {
        let arguments =
            ["-M", "none", "-nodefaults", "-display", "none", "-accel", "tcg"]
            + plugin.qemuArguments([("probe", "on")])
        let result: ToolRun
        do {
            result = try await ToolRun.of(path, arguments)
        } catch {
            throw GuestObserverError(
                .noQEMU, place: path, reason: "it cannot be started (\(error))",
                nextStep: "Install it, for instance with: apt-get install qemu-system-x86")
        }
        if let support = PluginSupport(answer: result.output) { return support }
        throw GuestObserverError(
            .pluginsUnsupported, place: path, reason: Self.refusal(result),
            nextStep: "Use a QEMU that was built with plugins (Debian's are, from 7.2 on), or measure "
                + "without guest-instructions and guest-profile.")
    }

    /// Reads the line that the plugin prints when it is probed; nil where there is none.
    init?(answer: String) {
        let prefix = "bootmark plugin: interface "
        let lines = answer.split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix(prefix) }) else { return nil }
        let words = line.dropFirst(prefix.count).split(whereSeparator: { $0 == " " || $0 == "," })
        guard words.count == 7, let interface = Int(words[0]), let newest = Int(words[4]) else { return nil }
        self.interface = interface
        self.newest = newest
        target = String(words[6])
    }

    /// Why nothing answered, in one clause.
    static func refusal(_ result: ToolRun) -> String {
        let said = result.errors.split(separator: "\n").first.map(String.init) ?? "it said nothing"
        // An old QEMU does not know the option; one that was built without them knows nothing else of it.
        if said.contains("invalid option") || said.contains("not enabled in this build") {
            return "it was built without plugins"
        }
        return "it did not load the plugin: \(said)"
    }
}
