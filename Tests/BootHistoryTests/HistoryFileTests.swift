import BootModel
import BootStore
import BootTestSupport
import GRDB
import XCTest

@testable import BootHistory

final class HistoryFileTests: XCTestCase {
    func testWhatIsAppendedIsReadBackInTheOrderOfTime() throws {
        let history = try newHistory()
        let entries = (1...5).map { HistoryEntry.sample(day: $0, median: 100 + Double($0)) }
        XCTAssertEqual(try history.append(entries.reversed()), 5)
        let series = try history.series()
        XCTAssertEqual(series.count, 1)
        XCTAssertEqual(series.first?.points, entries)
    }

    func testAppendingAComparisonTwiceAddsNothing() throws {
        let history = try newHistory()
        XCTAssertEqual(try history.append([.sample(day: 1, median: 5)]), 1)
        XCTAssertEqual(try history.append([.sample(day: 1, median: 5)]), 0)
        XCTAssertEqual(try history.series().first?.points.count, 1)
    }

    func testScenariosMetricsAndKindsOfHostAreApart() throws {
        let history = try newHistory()
        var other = HistoryEntry.sample(day: 1, median: 5)
        other.scenario = "other"
        var phase = HistoryEntry.sample(day: 1, median: 5)
        phase.metric = .bootTime.of(phase: "kernel")
        var host = HistoryEntry.sample(day: 1, median: 5)
        host.hostClass = "another"
        try history.append([.sample(day: 1, median: 5), other, phase, host])
        XCTAssertEqual(try history.series().count, 4)
        XCTAssertEqual(try history.series(scenario: "other").count, 1)
        XCTAssertEqual(try history.series(scenario: "tiny", metric: "boot-time").count, 3)
        XCTAssertEqual(try history.series(metric: "boot-time@kernel").count, 1)
        XCTAssertEqual(try history.series(metric: "nothing").count, 0)
    }

    func testAMissingHistoryIsAClearError() throws {
        let history = HistoryFile(try temporaryFolder() + "/none.sqlite")
        assertError(.missing) { _ = try history.series() }
    }

    func testAnotherFileIsRefusedAndLeftAsItIs() throws {
        let path = try temporaryFolder() + "/file"
        for bytes in [
            Array("not a database, and longer than its header is: \(String(repeating: "x", count: 200))".utf8)
        ] {
            try File.write(bytes, to: path)
            assertError(.malformed) { _ = try HistoryFile(path).series() }
            assertError(.malformed) { try HistoryFile(path).append([.sample(day: 1, median: 1)]) }
            XCTAssertEqual(try File.bytes(path), bytes)
        }
    }

    func testADatabaseOfAnotherProgramIsRefused() throws {
        let path = try temporaryFolder() + "/other.sqlite"
        try execute("CREATE TABLE songs (name TEXT)", in: path)
        let before = try File.bytes(path)
        assertError(.malformed) { _ = try HistoryFile(path).series() }
        assertError(.malformed) { try HistoryFile(path).append([.sample(day: 1, median: 1)]) }
        XCTAssertEqual(try File.bytes(path), before)
    }

    func testADamagedHistoryIsRefusedAndNothingIsWrittenToIt() throws {
        let history = try newHistory()
        try history.append((1...300).map { .sample(day: $0, median: Double($0)) })
        var bytes = try File.bytes(history.path)
        XCTAssertGreaterThan(bytes.count, 3 * 4096)
        for place in 4096..<3 * 4096 { bytes[place] = 0xA5 }
        try File.write(bytes, to: history.path)
        assertError(.malformed) { _ = try history.series() }
        assertError(.malformed) { try history.append([.sample(day: 400, median: 1)]) }
        XCTAssertEqual(try File.bytes(history.path), bytes)
    }

    func testValuesThatNoComparisonLeavesAreRefused() throws {
        let history = try newHistory()
        for change in [
            "median = -1", "median = 'x'", "verdict = 'fine'", "metricValue = '{}'", "boots = x'00'",
            "commitID = x'ff'", "recordedAt = 9e999", "gates = 'y'",
        ] {
            try? FileManager.default.removeItem(atPath: history.path)
            try history.append([.sample(day: 1, median: 5)])
            try execute("UPDATE point SET \(change)", in: history.path)
            assertError(.malformed, change) { _ = try history.series() }
        }
    }

    func testAHistoryWithAViewInItIsRefused() throws {
        let history = try newHistory()
        try history.append([.sample(day: 1, median: 5)])
        try execute(
            """
            ALTER TABLE point RENAME TO hidden;
            CREATE VIEW point AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n
            """, in: history.path)
        assertError(.malformed) { _ = try history.series() }
        assertError(.malformed) { try history.append([.sample(day: 2, median: 5)]) }
    }

    func testAHistoryOfANewerFormatIsRefused() throws {
        let history = try newHistory()
        try history.append([.sample(day: 1, median: 5)])
        try execute("PRAGMA user_version = 99", in: history.path)
        assertError(.newerSchema) { try history.append([.sample(day: 2, median: 5)]) }
    }

    func testALockedHistoryIsAClearErrorAndLosesNothing() throws {
        let history = HistoryFile(try newHistory().path, patience: 0.1)
        try history.append([.sample(day: 1, median: 5)])
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let holder = try DatabaseQueue(path: history.path, configuration: configuration)
        try holder.inDatabase { try $0.execute(sql: "BEGIN EXCLUSIVE") }
        assertError(.locked) { try history.append([.sample(day: 2, median: 5)]) }
        assertError(.locked) { _ = try history.series() }
        try holder.inDatabase { try $0.execute(sql: "ROLLBACK") }
        XCTAssertEqual(try history.append([.sample(day: 2, median: 5)]), 1)
        XCTAssertEqual(try history.series().first?.points.count, 2)
    }

    func testAFolderThatIsNotThereCannotBeWrittenTo() throws {
        let history = HistoryFile(try temporaryFolder() + "/none/history.sqlite")
        assertError(.notWritable) { try history.append([.sample(day: 1, median: 5)]) }
    }

    private func newHistory() throws -> HistoryFile {
        HistoryFile(try temporaryFolder() + "/history.sqlite")
    }

    private func execute(_ statements: String, in path: String) throws {
        try DatabaseQueue(path: path).writeWithoutTransaction { try $0.execute(sql: statements) }
    }

    private func assertError(
        _ code: StoreError.Code, _ message: String = "", line: UInt = #line, _ work: () throws -> Void
    ) {
        XCTAssertThrowsError(try work(), message, line: line) { error in
            let fault = error as? StoreError
            XCTAssertEqual(fault?.code, code, "\(message): \(error)", line: line)
            XCTAssertFalse(fault?.nextStep.isEmpty ?? true, line: line)
        }
    }
}

extension HistoryEntry {
    /// A point of a day with this median, of a commit named after the day.
    static func sample(day: Int, median: Double, metric: Metric = .bootTime) -> HistoryEntry {
        HistoryEntry(
            scenario: "tiny", metric: metric, hostClass: "this one", recordedAt: Double(day) * 86_400,
            commit: "c\(day)", median: median, spread: 1, boots: 10, verdict: .pass, gates: true)
    }
}
