import BootModel
import BootTestSupport
import CBootLauncher
import XCTest

@testable import BootRunner

final class GuardedProcessTests: XCTestCase {
    private let environment = ["PATH": "/usr/bin:/bin", "WORD": "a b"]

    func testAProgramDoesNothingUntilItIsReleased() async throws {
        let folder = try temporaryFolder()
        let process = try start(["/bin/sh", "-c", "echo here > '\(folder)/mark'"])
        let identifier = process.identifier
        let hasRun = await eventually(within: 0.3) { File.exists(folder + "/mark") }
        XCTAssertFalse(hasRun)
        XCTAssertTrue(Processes.isAlive(identifier))
        process.release()
        guard case .started? = process.nextReport(within: .seconds(10)) else { return XCTFail("not started") }
        let end = process.end(within: .seconds(10))
        XCTAssertEqual(end?.exitStatus, 0)
        XCTAssertEqual(File.text(folder + "/mark"), "here\n")
    }

    func testArgumentsEnvironmentAndOutputArriveAsTheyAre() throws {
        let path = try temporaryFolder() + "/out"
        let output = open(path, O_WRONLY | O_CREAT, 0o600)
        defer { close(output) }
        let process = try GuardedProcess(
            [
                "/bin/sh", "-c", #"printf '%s|' "$@" "$WORD" "$HOME"; cat; echo fault >&2"#, "sh", "a b", "",
                "$HOME;*",
            ],
            environment: environment, output: output, error: output)
        process.release()
        let end = process.end(within: .seconds(10))
        XCTAssertEqual(end?.exitStatus, 0)
        XCTAssertEqual(File.text(path), "a b||$HOME;*|a b||fault\n")
    }

    func testAProgramSeesNoDescriptorsButItsOwn() throws {
        let path = try temporaryFolder() + "/out"
        let output = open(path, O_WRONLY | O_CREAT, 0o600)
        let leaked = open("/dev/null", O_RDONLY)
        defer {
            close(output)
            close(leaked)
        }
        let process = try GuardedProcess(
            [
                "/bin/sh", "-c",
                "n=0; while [ $n -lt 99 ]; do [ -e /proc/$$/fd/$n ] && echo $n; n=$((n+1)); done",
            ], environment: environment, output: output, error: output)
        process.release()
        _ = process.end(within: .seconds(10))
        XCTAssertEqual(File.text(path), "0\n1\n2\n")
    }

    func testAProgramFindsThePipesThatItIsGiven() throws {
        var there: [Int32] = [-1, -1]
        var back: [Int32] = [-1, -1]
        XCTAssertEqual(pipe(&there), 0)
        XCTAssertEqual(pipe(&back), 0)
        defer { for end in there + back { close(end) } }
        let process = try GuardedProcess(
            ["/bin/sh", "-c", "read word <&3; echo \"$word back\" >&4; ls /proc/$$/fd | wc -l >&4"],
            environment: environment, output: 1, error: 2, passed: [there[0], back[1]])
        _ = "there\n".withCString { write(there[1], $0, 6) }
        process.release()
        let end = process.end(within: .seconds(10))
        XCTAssertEqual(end?.exitStatus, 0)
        var answer = [UInt8](repeating: 0, count: 100)
        let count = read(back[0], &answer, answer.count)
        XCTAssertEqual(String(decoding: answer.prefix(max(count, 0)), as: UTF8.self), "there back\n5\n")
    }

    func testKillingTheGuardBeforeTheReleaseEndsTheProgram() async throws {
        let process = try start(["/bin/sleep", "1000"])
        let identifier = process.identifier
        let guardian = try XCTUnwrap(Processes.parent(of: identifier))
        XCTAssertEqual(Processes.name(of: guardian), "bootmark-guard")
        kill(guardian, SIGKILL)
        let isGone = await eventually(within: 5) { !Processes.isAlive(identifier) }
        XCTAssertTrue(isGone)
        process.release()
        let end = process.end(within: .seconds(1))
        XCTAssertNil(end)
    }

    func testAProgramThatDoesNotExistIsReported() throws {
        let process = try start(["/nowhere/program"])
        process.release()
        guard case .started? = process.nextReport(within: .seconds(10)),
            case .notExecuted(let number)? = process.nextReport(within: .seconds(10))
        else { return XCTFail("no report") }
        XCTAssertEqual(number, ENOENT)
        let end = process.end(within: .seconds(5))
        XCTAssertNil(end)
    }

    func testTheExitStatusIsToldFromASignal() throws {
        let leaves = try start(["/bin/sh", "-c", "exit 7"])
        leaves.release()
        let left = leaves.end(within: .seconds(10))
        XCTAssertEqual(left?.exitStatus, 7)
        XCTAssertNil(left?.signal)

        let dies = try start(["/bin/sh", "-c", "kill -SEGV $$"])
        dies.release()
        let dead = dies.end(within: .seconds(10))
        XCTAssertNil(dead?.exitStatus)
        XCTAssertEqual(dead?.signal, SIGSEGV)
    }

    func testWhatAProgramUsedIsAccountedFor() throws {
        let before = Clock.now
        let process = try start(["/bin/sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"])
        process.release()
        let ended = process.end(within: .seconds(60))
        let end = try XCTUnwrap(ended)
        XCTAssertGreaterThan(end.user, .milliseconds(10))
        XCTAssertGreaterThan(end.peakMemory, 500_000)
        XCTAssertGreaterThan(end.at, before)
        XCTAssertLessThanOrEqual(end.user + end.system, (Clock.now - before) + .milliseconds(50))
    }

    func testAProgramThatDoesNotEndInTimeIsKilled() throws {
        let process = try start(["/bin/sleep", "1000"])
        process.release()
        let end = process.end(within: .milliseconds(200))
        XCTAssertEqual(end?.signal, SIGKILL)
    }

    func testAProcessThatGoesOutOfScopeTakesItsGroupWithIt() async throws {
        let mark = "1000.\(getpid())"
        do {
            let process = try start(["/bin/sh", "-c", "sleep \(mark) & sleep \(mark) & wait"])
            process.release()
            let isThere = await eventually(within: 10) { Processes.withArgument(mark).count >= 3 }
            XCTAssertTrue(isThere)
            process.signal(SIGCONT)
        }
        let isGone = await eventually(within: 5) { Processes.withArgument(mark).isEmpty }
        XCTAssertTrue(isGone, "\(Processes.withArgument(mark))")
    }

    func testWhatAProgramLeavesBehindGoesWithIt() async throws {
        let mark = "1001.\(getpid())"
        let process = try start(["/bin/sh", "-c", "sleep \(mark) & exit 0"])
        process.release()
        let end = process.end(within: .seconds(10))
        XCTAssertEqual(end?.exitStatus, 0)
        let isGone = await eventually(within: 5) { Processes.withArgument(mark).isEmpty }
        XCTAssertTrue(isGone)
    }

    func testAProcessThatWasNeverReleasedGoesToo() async throws {
        let identifier: pid_t
        do {
            let process = try start(["/bin/sleep", "1000"])
            identifier = process.identifier
            XCTAssertTrue(Processes.isAlive(identifier))
            process.signal(0)
        }
        let isGone = await eventually(within: 5) { !Processes.isAlive(identifier) }
        XCTAssertTrue(isGone)
    }

    func testKillingTheGuardEndsTheProgram() async throws {
        let process = try start(["/bin/sleep", "1000"])
        process.release()
        let identifier = process.identifier
        let guardian = try XCTUnwrap(Processes.parent(of: identifier))
        XCTAssertEqual(Processes.name(of: guardian), "bootmark-guard")
        kill(guardian, SIGKILL)
        let isGone = await eventually(within: 5) { !Processes.isAlive(identifier) }
        XCTAssertTrue(isGone)
        let end = process.end(within: .seconds(1))
        XCTAssertNil(end)
    }

    func testAProgramRunsOnTheProcessorThatItIsPinnedTo() throws {
        let path = try temporaryFolder() + "/out"
        let output = open(path, O_WRONLY | O_CREAT, 0o600)
        defer { close(output) }
        let processor = ProcessInfo.processInfo.processorCount - 1
        let process = try GuardedProcess(
            ["/bin/grep", "Cpus_allowed_list", "/proc/self/status"], environment: environment, output: output,
            error: output, processor: processor)
        process.release()
        let end = process.end(within: .seconds(10))
        XCTAssertEqual(end?.exitStatus, 0)
        XCTAssertEqual(File.text(path), "Cpus_allowed_list:\t\(processor)\n")
    }

    func testAProgramHasItsSignalsBackThatItsStarterIgnores() throws {
        let path = try temporaryFolder() + "/out"
        let output = open(path, O_WRONLY | O_CREAT, 0o600)
        let before = signal(SIGPIPE, SIG_IGN)
        defer {
            signal(SIGPIPE, before)
            close(output)
        }
        let process = try GuardedProcess(
            ["/bin/grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"], environment: environment,
            output: output,
            error: output)
        process.release()
        let end = process.end(within: .seconds(10))
        XCTAssertEqual(end?.exitStatus, 0)
        // Signals 32 and 33 are the C library's own, which it lets nobody touch.
        let masks = File.text(path).split(separator: "\n").compactMap {
            UInt64($0.split(separator: "\t").last ?? "", radix: 16)
        }
        XCTAssertEqual(masks.map { $0 & 0x7fff_ffff }, [0, 0])
    }

    private func start(_ arguments: [String]) throws -> GuardedProcess {
        let nothing = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(nothing) }
        return try GuardedProcess(arguments, environment: environment, output: nothing, error: nothing)
    }
}
