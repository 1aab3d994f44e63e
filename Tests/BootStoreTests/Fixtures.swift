import BootModel
import BootStore
import Foundation
import XCTest

/// A folder of its own for each test, removed after it.
class StoreTestCase: XCTestCase {
    private(set) var folder = ""

    override func setUpWithError() throws {
        folder = NSTemporaryDirectory() + "bootstore-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    override func tearDown() {
        chmod(folder, 0o755)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The error that `body` throws, which must be of this code and say all that a person needs.
    @discardableResult
    func expect<Value>(
        _ code: StoreError.Code, file: StaticString = #filePath, line: UInt = #line,
        _ body: () throws -> Value
    ) -> StoreError? {
        do {
            let value = try body()
            XCTFail("no error, but \(value)", file: file, line: line)
        } catch let error as StoreError {
            XCTAssertEqual(error.code, code, error.description, file: file, line: line)
            XCTAssertFalse(error.reason.isEmpty || error.nextStep.isEmpty, file: file, line: line)
            XCTAssertFalse(error.description.contains("\n"), file: file, line: line)
            return error
        } catch {
            XCTFail("another error: \(error)", file: file, line: line)
        }
        return nil
    }

    func contents(_ path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map(Array.init) }

    func entries(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// Runs `body` with a limit on the size of the files that this process writes: a disk that fills.
    func withFullDisk<Value>(after bytes: UInt64, _ body: () throws -> Value) rethrows -> Value {
        var old = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &old)
        signal(SIGXFSZ, SIG_IGN)
        var new = rlimit(rlim_cur: rlim_t(bytes), rlim_max: old.rlim_max)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &new)
        defer {
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &old)
            signal(SIGXFSZ, SIG_DFL)
        }
        return try body()
    }
}

extension Run {
    /// A run of `timed` boots after one warm-up boot, all of which succeeded.
    static func example(scenario: String = "tiny", timed: Int = 3) -> Run {
        let planned = (1...(timed + 1)).map {
            Plan.PlannedBoot(index: $0, purpose: $0 == 1 ? .warmUp : .timed)
        }
        let end = BootScript.Milestone(name: BootScript.booted, pattern: "booted")
        return Run(
            scenario: scenario,
            plan: Plan(
                command: ["qemu-system-x86_64", "-kernel", "tiny/tiny.elf"],
                script: BootScript(end: .reached(end)), boots: planned, collectors: [.perfStat],
                budgets: [Budget(metric: .bootTime, tolerance: 0.03)]),
            fingerprint: Fingerprint(
                host: .init(
                    processor: "Example", processors: 2, kernel: "6.1", governor: "none", hypervisor: "kvm"),
                qemu: "7.2.22", accelerator: "tcg", digests: ["kernel": "ab12"]),
            metrics: [.bootTime, .bootTime.of(phase: "memory"), .hostInstructions],
            boots: planned.map { boot in
                Boot(
                    index: boot.index, purpose: boot.purpose, startedAt: 1_700_000_000.25,
                    outcome: BootOutcome(.booted),
                    milestones: [
                        MilestoneReached(name: "memory", elapsed: .milliseconds(20)),
                        MilestoneReached(name: "booted", elapsed: .milliseconds(95.5)),
                    ],
                    samples: ["boot-time": 95_500_000, "host-instructions": 1.25e9 + Double(boot.index) / 3],
                    unavailable: ["cycles": "not supported here"])
            })
    }
}
