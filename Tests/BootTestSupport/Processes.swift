import Foundation

/// The processes of this host, as /proc shows them.
public enum Processes {
    /// The ids of those whose command line holds `text`, zombies left out.
    public static func withArgument(_ text: String) -> [pid_t] {
        identifiers { File.text("/proc/\($0)/cmdline").contains(text) }
    }

    /// The ids of the descendants of a process, zombies left out.
    public static func descendants(of ancestor: pid_t) -> [pid_t] {
        var known: Set<pid_t> = [ancestor]
        var found: [pid_t] = []
        // Children have larger ids than their parents, but for a wrap; a few rounds find those too.
        for _ in 0..<4 {
            for process in identifiers({ _ in true }) where !known.contains(process) {
                guard let parent = parent(of: process), known.contains(parent) else { continue }
                known.insert(process)
                found.append(process)
            }
        }
        return found
    }

    /// The name of a process, at most 15 bytes; empty where it is gone.
    public static func name(of process: pid_t) -> String {
        File.text("/proc/\(process)/comm").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Whether a process lives: it is there, and no zombie.
    public static func isAlive(_ process: pid_t) -> Bool {
        guard let state = fields(of: process).first else { return false }
        return state != "Z" && state != "X"
    }

    /// The processor time that a process has used, in the system's ticks; nil where it is gone.
    public static func ticks(of process: pid_t) -> Int? {
        let fields = fields(of: process)
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else { return nil }
        return user + system
    }

    /// The id of a process's parent; nil where it is gone.
    public static func parent(of process: pid_t) -> pid_t? {
        let fields = fields(of: process)
        return fields.count > 1 ? pid_t(fields[1]) : nil
    }

    /// What follows the name in /proc/…/stat: state, parent, process group, session, …
    private static func fields(of process: pid_t) -> [String] {
        let text = File.text("/proc/\(process)/stat")
        guard let end = text.range(of: ") ", options: .backwards) else { return [] }
        return text[end.upperBound...].split(separator: " ").map(String.init)
    }

    private static func identifiers(_ condition: (pid_t) -> Bool) -> [pid_t] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { pid_t($0) }.sorted().filter { isAlive($0) && condition($0) }
    }
}

/// Waits until a condition holds; false where it does not within `seconds`.
public func eventually(within seconds: Double, _ condition: () throws -> Bool) async rethrows -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while Date() < deadline {
        if try condition() { return true }
        try? await Task.sleep(for: .milliseconds(20))
    }
    return try condition()
}
