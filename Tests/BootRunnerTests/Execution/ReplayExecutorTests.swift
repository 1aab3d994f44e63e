import BootModel
import BootStore
import BootTestSupport
import XCTest

@testable import BootRunner

final class ReplayExecutorTests: XCTestCase {
    override func setUp() { useOwnLease() }

    func testARecordedRunIsGivenAgainWithItsFiles() async throws {
        let source = try await recorded(boots: 3)
        let target = try RunFolder.create(at: try temporaryFolder() + "/again")
        let run = try await Runner(executor: try ReplayExecutor(source), progress: NoProgress())
            .execute(.sample(boots: 3), in: target)
        XCTAssertEqual(run.boots, try source.load().boots)
        XCTAssertEqual(File.text(target.console(ofBoot: 2)), "console 2")
    }

    func testBootsAreMatchedByWhatTheyAreFor() async throws {
        let source = try await recorded(boots: 2)
        let target = try RunFolder.create(at: try temporaryFolder() + "/again")
        let run = try await Runner(executor: try ReplayExecutor(source), progress: NoProgress())
            .execute(.sample(boots: 2, warmUp: false), in: target)
        XCTAssertEqual(run.boots.map(\.index), [1, 2])
        XCTAssertEqual(run.samples(of: .bootTime), [2, 3])
        XCTAssertEqual(File.text(target.console(ofBoot: 1)), "console 2")
    }

    func testARunWithTooFewBootsIsAMissingInput() async throws {
        let source = try await recorded(boots: 1)
        let target = try RunFolder.create(at: try temporaryFolder() + "/again")
        do {
            _ = try await Runner(executor: try ReplayExecutor(source), progress: NoProgress())
                .execute(.sample(boots: 2), in: target)
            XCTFail("no error")
        } catch let error as RunnerError {
            XCTAssertEqual(error.code, .input)
            XCTAssertTrue(error.problem.contains("boot 3 asks for one more"), error.problem)
        }
        XCTAssertEqual(try target.load().boots.count, 2)
    }

    func testAReplayCanBeStopped() async throws {
        let replay = try ReplayExecutor(try await recorded(boots: 1))
        let stop = StopSignal()
        let plan = Run.sample(boots: 1).plan
        stop.raise()
        let stopped = try await replay.boot(
            plan.boots[0], of: plan, folder: try temporaryFolder(), deadline: nil, stop: stop)
        XCTAssertEqual(stopped.outcome.kind, .interrupted)
        let late = try await replay.boot(
            plan.boots[0], of: plan, folder: try temporaryFolder(), deadline: .zero, stop: StopSignal())
        XCTAssertEqual(late.outcome.kind, .interrupted)
    }

    private func recorded(boots: Int) async throws -> RunFolder {
        let folder = try RunFolder.create(at: try temporaryFolder() + "/run")
        let run = try await Runner(executor: ScriptedExecutor(), progress: NoProgress())
            .execute(.sample(boots: boots), in: folder)
        for boot in run.boots {
            try File.write(
                Array("console \(boot.index)".utf8), to: try folder.bootFolder(boot.index) + "/console.log")
        }
        return folder
    }
}
