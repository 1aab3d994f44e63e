import BootModel
import Foundation

extension BootScript {
    /// Makes sure that QEMU has the events which the script waits for: it would say nothing of a name that it never uses.
    ///
    /// - Throws: `RunnerError` of code `.usage` for an event that QEMU does not have, and in exact boots for any: QEMU
    ///   announces them beside what its guest executes.
    func checkEvents(_ line: QEMUCommandLine, qemu: String, isExact: Bool) async throws {
        let events = milestones.filter { $0.channel == .qmp }.map(\.pattern)
        guard let first = events.first else { return }
        guard !isExact else {
            throw RunnerError(
                .usage,
                "Nothing is counted exactly at qmp:\(first): QEMU announces events beside what its guest executes.",
                next: "Wait for a text on the serial port or for symbol:FUNCTION, or measure without --exact."
            )
        }
        guard let known = try await Self.events(of: qemu) else { return }
        for event in events where !known.contains(event) {
            let parts = event.uppercased().split(separator: "_").filter { $0.utf8.count > 2 }
            let shared = { (name: String) in parts.count { name.contains($0) } }
            let similar = known.filter { shared($0) > 0 }.sorted { (shared($1), $0) < (shared($0), $1) }
                .prefix(3)
            throw RunnerError(
                .usage, "\(line.program) has no event \(event).",
                next: similar.isEmpty
                    ? "It announces, for example, SHUTDOWN, RTC_CHANGE and GUEST_PANICKED."
                    : "Did you mean \(similar.joined(separator: ", "))?")
        }
    }

    /// The events that a QEMU names in the description of its own protocol; nil where it gives none.
    private static func events(of qemu: String) async throws -> Set<String>? {
        let commands = ["qmp_capabilities", "query-qmp-schema", "quit"].map { "{\"execute\": \"\($0)\"}\n" }
        let answer = try await Tools.run(
            qemu,
            [
                "-machine", "none", "-nodefaults", "-no-user-config", "-display", "none", "-S", "-qmp",
                "stdio",
            ],
            input: commands.joined())
        let entries = answer.output.split(whereSeparator: \.isNewline).lazy.compactMap { line in
            (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
        }.compactMap { $0["return"] as? [[String: Any]] }.first
        let names = entries?.filter { $0["meta-type"] as? String == "event" }.compactMap {
            $0["name"] as? String
        }
        return names.flatMap { $0.isEmpty ? nil : Set($0) }
    }
}
