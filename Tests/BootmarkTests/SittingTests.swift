import BootModel
import BootReports
import BootTestSupport
import LibXML
import XCTest

@testable import Bootmark

final class SittingTests: XCTestCase {
    private var folder = ""

    override func setUpWithError() throws { folder = try temporaryFolder() + "/Reports" }

    func testTheScenariosOfASittingAreMergedWhateverProcessesAddThem() async throws {
        for name in ["b", "a"] {
            try write(name)
            try await Sitting(folder: folder, identity: "1").add(name)
        }
        XCTAssertEqual(try merged(), ["a (m)", "b (m)"])
        let summary = File.text(folder + "/summary.md")
        XCTAssertTrue(summary.contains("2 scenarios") || summary.contains("| b "), summary)
    }

    func testScenariosOfAnEarlierSittingAreNotMerged() async throws {
        try write("old")
        try await Sitting(folder: folder, identity: "1").add("old")
        try write("new")
        try await Sitting(folder: folder, identity: "2").add("new")
        XCTAssertEqual(try merged(), ["new (m)"])
        XCTAssertTrue(File.exists(folder + "/old/comparison.json"), "it is still there for who looks for it")
    }

    func testAScenarioThatIsJudgedTwiceIsReportedOnce() async throws {
        try write("a")
        for _ in 0..<2 { try await Sitting(folder: folder, identity: "1").add("a") }
        XCTAssertEqual(try merged(), ["a (m)"])
    }

    func testASittingThatBeginsRemovesWhatTheLastOneMerged() async throws {
        try write("old")
        try await Sitting(folder: folder, identity: "1").add("old")
        try await Sitting(folder: folder, identity: "1").begin()
        XCTAssertTrue(File.exists(folder + "/junit.xml"), "the same sitting goes on")
        try await Sitting(folder: folder, identity: "2").begin()
        for name in ["junit.xml", "junit-ant.xml", "summary.md", "comparison.json"] {
            XCTAssertFalse(File.exists(folder + "/" + name), name)
        }
    }

    func testASittingInWhichNothingIsBootedLeavesNoFolder() async throws {
        try await Sitting(folder: folder, identity: "1").begin()
        XCTAssertFalse(File.exists(folder))
    }

    func testScenariosThatAreAddedAtOnceAreAllMerged() async throws {
        let names = (0..<8).map { "s\($0)" }
        for name in names { try write(name) }
        let folder = folder
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in names {
                group.addTask { try await Sitting(folder: folder, identity: "1").add(name) }
            }
            try await group.waitForAll()
        }
        XCTAssertEqual(try merged(), names.map { "\($0) (m)" })
    }

    func testANameFromTheEnvironmentJoinsProcesses() {
        let named = { (name: String) in Sitting(in: "r", environment: ["BOOTMARK_SITTING": name]).identity }
        XCTAssertEqual(named("build 7"), named("build 7"))
        XCTAssertNotEqual(named("build 7"), named("build 8"))
        XCTAssertFalse(named("a\nb").contains("\n"), "a line of the file is one name")
        let unnamed = { Sitting(in: "r", environment: [:]).identity }
        XCTAssertEqual(unnamed(), unnamed())
    }

    func testAProcessIsReadFromTheKernel() throws {
        let own = try XCTUnwrap(ProcessStatus(getpid()))
        XCTAssertEqual(own.parent, getppid())
        XCTAssertNil(ProcessStatus(-1))
    }

    private func write(_ name: String) throws {
        let host = Fingerprint.Host(
            processor: "p", processors: 2, kernel: "k", governor: "none", hypervisor: "none")
        let after = Comparison.Side(
            location: "\(folder)/\(name)/run",
            fingerprint: Fingerprint(host: host, qemu: "7.2", accelerator: "tcg"), startedAt: 1_772_348_709,
            boots: 3, duration: .seconds(3))
        let comparison = Comparison(
            scenario: name, machine: "m", verdict: .incomparable, reason: "There is no baseline.",
            before: nil, after: after)
        try ReportSet.standard.write(comparison, into: "\(folder)/\(name)")
    }

    /// The suites of the merged JUnit file.
    private func merged() throws -> [String] {
        try XMLReader().read(try File.bytes(folder + "/junit.xml")).children.compactMap { $0["name"] }
    }
}
