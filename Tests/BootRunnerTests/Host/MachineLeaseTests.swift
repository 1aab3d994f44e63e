import BootTestSupport
import XCTest

@testable import BootRunner

final class MachineLeaseTests: XCTestCase {
    func testOnlyOneHoldsTheLease() async throws {
        let path = try temporaryFolder() + "/lease"
        let holders = Shared((now: 0, most: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let lease = try await MachineLease.acquire(at: path, stop: StopSignal()) {}
                    holders.change { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                    try await Task.sleep(for: .milliseconds(20))
                    holders.change { $0.now -= 1 }
                    lease?.end()
                }
            }
            try await group.waitForAll()
        }
        XCTAssertEqual(holders.value.most, 1)
    }

    func testAHolderThatComesBackWaitsForItsTurn() async throws {
        let path = try temporaryFolder() + "/lease"
        let first = try await MachineLease.acquire(at: path, stop: StopSignal()) {}
        let waiter = Task {
            let lease = try await MachineLease.acquire(at: path, stop: StopSignal()) {}
            lease?.end()
            return Clock.now
        }
        // The waiter stands in the queue as soon as nobody else can pass.
        let isQueued = await eventually(within: 10) {
            let descriptor = open(path + ".queue", O_RDONLY)
            defer { close(descriptor) }
            return flock(descriptor, LOCK_EX | LOCK_NB) != 0
        }
        XCTAssertTrue(isQueued)
        first?.end()
        let second = try await MachineLease.acquire(at: path, stop: StopSignal()) {}
        let mine = Clock.now
        second?.end()
        let theirs = try await waiter.value
        XCTAssertLessThan(theirs, mine)
    }

    func testTheLeaseEndsWithItsHolder() async throws {
        let folder = try temporaryFolder()
        let path = folder + "/lease"
        let flock = try RequiredTool.need("flock", package: "util-linux")
        let holder = try CommandRun(
            flock, [path, "sh", "-c", "echo held >&2; exec sleep 1000"], in: folder)
        let isHeld = await eventually(within: 10) { holder.errorSoFar.contains("held") }
        XCTAssertTrue(isHeld)
        let told = Shared(0)
        let waiting = Task {
            let lease = try await MachineLease.acquire(at: path, stop: StopSignal()) {
                told.change { $0 += 1 }
            }
            let isMine = lease != nil
            lease?.end()
            return isMine
        }
        let wasTold = await eventually(within: 10) { told.value == 1 }
        XCTAssertTrue(wasTold)
        for process in Processes.descendants(of: holder.identifier) + [holder.identifier] {
            kill(process, SIGKILL)
        }
        let isMine = try await waiting.value
        XCTAssertTrue(isMine)
        XCTAssertEqual(told.value, 1)
        _ = await holder.end(within: 5)
    }

    func testWaitingEndsWhenTheRunIsStopped() async throws {
        let path = try temporaryFolder() + "/lease"
        let held = try await MachineLease.acquire(at: path, stop: StopSignal()) {}
        let stop = StopSignal()
        let second = try await MachineLease.acquire(at: path, stop: stop) { stop.raise() }
        let isMine = second != nil
        XCTAssertFalse(isMine)
        second?.end()
        held?.end()
    }

    func testALeaseThatCannotBeOpenedIsTheEnvironmentsFault() async throws {
        do {
            let lease = try await MachineLease.acquire(at: "/nowhere/lease", stop: StopSignal()) {}
            lease?.end()
            XCTFail("no error")
        } catch let error as RunnerError {
            XCTAssertEqual(error.code, .environment)
            XCTAssertTrue(error.next.contains("BOOTMARK_LEASE"))
        }
    }
}
