import BootModel
import BootStore
import Foundation
import GRDB

/// A history on disk: a SQLite file with one table, a row for each metric of each comparison.
///
/// Rows are only ever added, each comparison's in one transaction: a kill or a full disk leaves what was there.
/// The file may come from anywhere, so nothing in it is believed without a look.
public struct HistoryFile: Sendable {
    /// The file, as the user named it.
    public let path: String

    /// Says that a SQLite file is a history of Bootmark's.
    private static let applicationID: Int64 = 0x424D_484B
    /// The version of the table.
    private static let schema: Int64 = 1
    /// The most points of one series that are read: the newest ones.
    static let longestSeries = 5_000
    /// The most series that are read.
    static let mostSeries = 10_000
    /// The longest text that is read or written, in characters.
    static let longestText = 400

    /// How long another process may hold the file before it counts as locked, in seconds.
    public var patience: Double

    /// The history in the file at `path`, which need not exist before something is appended.
    public init(_ path: String, patience: Double = 5) {
        self.path = path
        self.patience = patience
    }

    /// Adds points, all or none, and makes the file where it is missing. A point that is there already, by
    /// scenario, metric, kind of host, time and commit, is left as it is.
    ///
    /// - Returns: how many points were new.
    /// - Throws: `StoreError` with the codes `locked`, `malformed`, `newerSchema`, `diskFull`, `notWritable` or
    ///   `unreadable`.
    @discardableResult
    public func append(_ entries: [HistoryEntry]) throws -> Int {
        try reported(writing: true) {
            let database = try open(readOnly: false)
            return try database.write { database in
                try prepare(database)
                var added = 0
                for entry in entries {
                    try database.execute(
                        sql: """
                            INSERT OR IGNORE INTO point (scenario, metric, metricValue, hostClass, recordedAt, \
                            commitID, median, spread, boots, verdict, gates) VALUES (?,?,?,?,?,?,?,?,?,?,?)
                            """,
                        arguments: [
                            cut(entry.scenario), cut(entry.metric.id), try json(entry.metric),
                            cut(entry.hostClass), entry.recordedAt, cut(entry.commit), entry.median,
                            entry.spread, entry.boots, entry.verdict.rawValue, entry.gates,
                        ])
                    added += database.changesCount
                }
                return added
            }
        }
    }

    /// The series of the history: by scenario, metric and kind of host, each in the order of its points' times.
    ///
    /// - Parameters:
    ///   - scenario: only this scenario's; nil for all.
    ///   - metric: only those of this `Metric.id` or `Metric.name`; nil for all.
    /// - Throws: as `append`, or `missing`.
    public func series(scenario: String? = nil, metric: String? = nil) throws -> [HistorySeries] {
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(
                .missing, path: path, reason: "does not exist",
                nextStep: "bootmark compare --history FILE makes a history and adds to it.")
        }
        return try reported(writing: false) {
            try open(readOnly: true).read { database in
                try check(database)
                let keys = try Row.fetchAll(
                    database,
                    sql: """
                        SELECT DISTINCT scenario, metric, hostClass FROM point \
                        WHERE (?1 IS NULL OR scenario = ?1) \
                        AND (?2 IS NULL OR metric = ?2 OR metric LIKE ?2 || '@%') \
                        ORDER BY scenario, metric, hostClass LIMIT \(Self.mostSeries)
                        """, arguments: [scenario, metric])
                return try keys.compactMap { try one($0, database) }
            }
        }
    }

    private func one(_ key: Row, _ database: Database) throws -> HistorySeries? {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT id, substr(scenario, 1, 400) AS scenario, substr(metricValue, 1, 4000) AS metricValue, \
                substr(hostClass, 1, 400) AS hostClass, recordedAt, substr(commitID, 1, 400) AS commitID, \
                median, spread, boots, substr(verdict, 1, 40) AS verdict, gates FROM point \
                WHERE scenario IS ? AND metric IS ? AND hostClass IS ? \
                ORDER BY recordedAt DESC, id DESC LIMIT \(Self.longestSeries)
                """,
            arguments: [value(key, "scenario"), value(key, "metric"), value(key, "hostClass")])
        let points = try rows.reversed().map(point)
        guard let newest = points.last else { return nil }
        return HistorySeries(
            scenario: newest.scenario, metric: newest.metric, hostClass: newest.hostClass, points: points)
    }

    /// A row's column as it is: asking GRDB for a type would stop the process where the file holds another.
    private func value(_ row: Row, _ column: String) -> DatabaseValue { row[column] }

    private func point(_ row: Row) throws -> HistoryEntry {
        func text(_ column: String) -> String? { String.fromDatabaseValue(value(row, column)) }
        func number(_ column: String) -> Double? {
            Double.fromDatabaseValue(value(row, column)).flatMap { $0.isFinite ? $0 : nil }
        }
        guard let scenario = text("scenario"), let hostClass = text("hostClass"),
            let commit = text("commitID"), let recordedAt = number("recordedAt"),
            let median = number("median"), let spread = number("spread"), median >= 0, spread >= 0,
            median <= 1e300, let boots = number("boots"), (0...1e6).contains(boots),
            let verdict = text("verdict").flatMap(Verdict.init(rawValue:)),
            let gates = number("gates"), let encoded = text("metricValue"),
            let metric = try? JSONDecoder().decode(Metric.self, from: Data(encoded.utf8))
        else {
            let id = Int64.fromDatabaseValue(value(row, "id")) ?? 0
            throw StoreError(
                .malformed, path: path, place: "row \(id) of point",
                reason: "holds what no comparison leaves",
                nextStep: Self.nextStepForDamage)
        }
        return HistoryEntry(
            scenario: scenario, metric: metric, hostClass: hostClass, recordedAt: recordedAt, commit: commit,
            median: median, spread: spread, boots: Int(boots), verdict: verdict, gates: gates != 0)
    }

    private func json(_ metric: Metric) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(metric), as: UTF8.self)
    }

    private func cut(_ text: String) -> String { String(text.prefix(Self.longestText)) }
}

// MARK: - The file itself

extension HistoryFile {
    private static let nextStepForDamage =
        "Nothing was written to it. Restore it from a copy, or begin a new history under another name."

    private func open(readOnly: Bool) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.busyMode = .timeout(patience)
        configuration.prepareDatabase { database in
            // Nothing that the file defines runs.
            try database.execute(sql: "PRAGMA trusted_schema = OFF")
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Makes the table in a new file, and looks whether an old one is what it should be.
    private func prepare(_ database: Database) throws {
        let isNew = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") == 0
        guard isNew else { return try check(database) }
        try database.execute(
            sql: """
                CREATE TABLE point (id INTEGER PRIMARY KEY, scenario TEXT NOT NULL, metric TEXT NOT NULL, \
                metricValue TEXT NOT NULL, hostClass TEXT NOT NULL, recordedAt REAL NOT NULL, \
                commitID TEXT NOT NULL, median REAL NOT NULL, spread REAL NOT NULL, boots INTEGER NOT NULL, \
                verdict TEXT NOT NULL, gates INTEGER NOT NULL, \
                UNIQUE (scenario, metric, hostClass, recordedAt, commitID));
                PRAGMA application_id = \(Self.applicationID);
                PRAGMA user_version = \(Self.schema);
                """)
    }

    private func check(_ database: Database) throws {
        func pragma(_ name: String) throws -> Int64? { try Int64.fetchOne(database, sql: "PRAGMA \(name)") }
        guard try pragma("application_id") == Self.applicationID else {
            throw StoreError(
                .malformed, path: path, reason: "is a SQLite file, but no history of Bootmark's",
                nextStep: "Name another file.")
        }
        if let version = try pragma("user_version"), version > Self.schema {
            throw StoreError(
                .newerSchema, path: path,
                reason: "has format \(version); this Bootmark reads formats up to \(Self.schema)",
                nextStep: "Use the newer Bootmark that wrote it.")
        }
        // A view or a trigger of this name could compute without end.
        let foreign = try Int.fetchOne(
            database,
            sql: """
                SELECT count(*) FROM sqlite_master \
                WHERE type IN ('view', 'trigger') OR (type = 'table' AND name <> 'point')
                """)
        let tables = try Int.fetchOne(
            database, sql: "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'point'")
        let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
        guard foreign == 0, tables == 1, verdict == "ok" else {
            throw StoreError(
                .malformed, path: path, reason: "is damaged, or was altered by another program",
                nextStep: Self.nextStepForDamage)
        }
    }

    /// Runs what uses the file; what SQLite says of it becomes an error with the next step.
    private func reported<Value>(writing: Bool, _ work: () throws -> Value) throws -> Value {
        do {
            return try work()
        } catch let error as DatabaseError {
            let said = error.message ?? "SQLite's error \(error.resultCode.rawValue)"
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED:
                throw StoreError(
                    .locked, path: path,
                    reason: "is in use by another process, which did not let it go in \(Int(patience)) s",
                    nextStep: "Nothing was written. Try again when that process has ended.")
            case .SQLITE_NOTADB, .SQLITE_CORRUPT, .SQLITE_ERROR, .SQLITE_MISMATCH:
                throw StoreError(
                    .malformed, path: path, reason: "is no history, or is damaged: \(said)",
                    nextStep: Self.nextStepForDamage)
            case .SQLITE_FULL:
                throw StoreError(
                    .diskFull, path: path, reason: "cannot be written: \(said)",
                    nextStep: "What was there before is intact; free some space and append again.")
            case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
                throw StoreError(
                    writing ? .notWritable : .unreadable, path: path,
                    reason: "cannot be \(writing ? "written" : "read"): \(said)",
                    nextStep: "Check its rights and those of its folder.")
            default:
                throw StoreError(
                    .unreadable, path: path, reason: "cannot be used: \(said)",
                    nextStep: Self.nextStepForDamage)
            }
        }
    }
}
