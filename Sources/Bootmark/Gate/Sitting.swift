import BootModel
import BootReports
import BootStore
import Foundation

/// One `swift test`, whatever processes it takes: the scenarios whose reports are merged into one.
///
/// XCTest's and Swift Testing's tests run in two processes, and with `--parallel` each method has one of its
/// own, so the merged reports are made anew after each scenario, by whichever process judged it. The reports
/// of scenarios that an earlier sitting judged lie in the same folder and are not part of this one: a file
/// beside them names the sitting and the scenarios that it has judged so far.
struct Sitting: Sendable {
    /// The folder of all reports.
    var folder: String
    /// What tells this sitting from every other.
    var identity: String
    /// The merged reports.
    var reports = ReportSet.standard

    /// Removes the merged reports of an earlier sitting: whatever happens now, they would be taken for this
    /// one's.
    func begin() async throws {
        // Where nothing was ever written nothing is stale, and a test that is skipped should leave nothing.
        guard FileManager.default.fileExists(atPath: folder) else { return }
        try await Turn.taking(lock) { _ = try judged() }
    }

    /// Adds a scenario, whose reports are written, and merges the reports of all of this sitting.
    func add(_ scenario: String) async throws {
        try await Turn.taking(lock) {
            var names = try judged()
            if !names.contains(scenario) { names.append(scenario) }
            // By scalars, so that no locale and no order of the tests changes the reports.
            names.sort { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
            try note(names)
            let comparisons = try names.flatMap {
                do {
                    return try JSONReporter.comparisons(inFolder: "\(folder)/\($0)")
                } catch let error as StoreError where error.code == .missing {
                    // It is being judged again at this moment.
                    return []
                }
            }
            try reports.write(comparisons, into: folder)
        }
    }

    /// The scenarios that this sitting has judged. Only for who has the turn.
    private func judged() throws -> [String] {
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        let lines = text.split(separator: "\n").map(String.init)
        if lines.first == identity { return Array(lines.dropFirst()) }
        for name in reports.reporters.map(\.fileName) {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
        try note([])
        return []
    }

    private func note(_ names: [String]) throws {
        try AtomicFile.write(Array(([identity] + names).joined(separator: "\n").utf8), to: file)
    }

    private var file: String { folder + "/.sitting" }
    private var lock: String { folder + "/.sitting.lock" }
}

extension Sitting {
    /// The sitting that this process belongs to, with its reports in `folder`.
    init(in folder: String, environment: [String: String] = ProcessInfo.processInfo.environment) {
        if let named = environment[Self.variable], !named.isEmpty {
            let line = named.split(whereSeparator: \.isNewline).joined(separator: " ")
            self.init(folder: folder, identity: "named \(line)")
        } else {
            self.init(folder: folder, identity: Self.identityOfProcessTree(from: getpid()))
        }
    }

    /// Names the sitting, for builds that call `swift test` several times and want one report.
    static let variable = "BOOTMARK_SITTING"

    /// The `swift test` above a process; where none is (another launcher), the process itself.
    ///
    /// An identifier comes back, so the start's time and the boot of the host belong to it.
    static func identityOfProcessTree(from process: pid_t) -> String {
        var candidate = process
        // The command may lie behind a shell or a wrapper, and never far.
        for _ in 0..<4 {
            guard let status = ProcessStatus(candidate) else { break }
            if status.name == "swift-test" { return identity(candidate, status) }
            candidate = status.parent
        }
        return identity(process, ProcessStatus(process))
    }

    private static func identity(_ process: pid_t, _ status: ProcessStatus?) -> String {
        let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? ""
        return "\(process) \(status?.startedAt ?? "") \(boot.filter { !$0.isNewline })"
    }
}

/// What /proc says of a process.
struct ProcessStatus {
    /// Its name, of at most 15 bytes.
    var name: String
    /// Its parent's identifier.
    var parent: pid_t
    /// When it began, in the clock ticks of the host since its boot.
    var startedAt: String

    /// Nil where there is no such process.
    init?(_ process: pid_t) {
        // The name may hold anything, so the fields are counted from its closing bracket.
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 19, let parent = pid_t(fields[1]) else { return nil }
        name = String(text[text.index(after: open)..<close])
        self.parent = parent
        startedAt = String(fields[19])
    }
}
