import BootTestSupport
import XCTest

final class BisectCommandTests: CommandTestCase {
    func testTheCommitThatMadeTheBootSlowerIsFound() async throws {
        try await makeRepository(["", "", "slow=tables:10", "slow=tables:10"])
        let result = try await bootmark(try bisect("HEAD"), within: 300)
        XCTAssertEqual(result.status, 0, result.error)
        XCTAssertTrue(
            result.output.contains("commit 3 is the first commit that boots slower"),
            result.output + result.error)
        XCTAssertTrue(result.output.contains("guest-instructions"), result.output)
        let graph = result.output.split(separator: "\n").first {
            $0.hasPrefix("Flame graph: ") && $0.hasSuffix("/diff-guest.svg")
        }
        let picture = try XCTUnwrap(graph, result.output).dropFirst("Flame graph: ".count)
        XCTAssertTrue(File.text(String(picture)).contains("tables_phase"), "the phase that got slower")
        XCTAssertFalse(File.exists(folder + "/out/good"), "the work trees are gone")
        let trees = try await git("worktree", "list")
        XCTAssertEqual(trees.split(separator: "\n").count, 1, trees)
    }

    func testWhereNothingGotSlowerThereIsNothingToFind() async throws {
        try await makeRepository(["", ""])
        assertFault(try await bootmark(try bisect("HEAD")), 66, says: "nothing to search for")
    }

    func testWhatCannotBeSearchedIsOneClearFault() async throws {
        try await makeRepository(["", ""])
        assertFault(try await bootmark(try bisect("no-such-tag")), 66, says: "no commit no-such-tag")
        try FileManager.default.removeItem(atPath: folder + "/out")
        assertFault(
            try await bootmark(try bisect("HEAD", build: "echo broken; false")), 66,
            says: "could not be built",
            "build-good.log")
        assertFault(try await bootmark(try bisect("HEAD")), 64, says: "already there")
        let usage = try await bootmark(["bisect", "--good", "a", "--bad", "b", "--build", "true", "-o", "x"])
        XCTAssertEqual(usage.status, 64, usage.error)
        XCTAssertTrue(usage.error.contains("{tree}"), usage.error)
    }

    private func bisect(_ bad: String, build: String = "true") throws -> [String] {
        _ = try RequiredTool.qemu()
        return [
            "bisect", "--good", "first", "--bad", bad, "--build", build, "--repository", folder + "/source",
            "--exact", "--collect", "guest-instructions,guest-profile", "--until", "^tiny: booted$",
            "--timeout", "60",
            "-o",
            folder + "/out", "--", "qemu-system-i386", "-m", "32M", "-nodefaults", "-kernel",
            "{tree}/tiny.elf", "-readconfig", "{tree}/machine.cfg",
        ]
    }

    /// A repository with a commit for each kernel command line; the first has the tag `first`.
    private func makeRepository(_ knobs: [String]) async throws {
        let source = folder + "/source"
        try FileManager.default.createDirectory(atPath: source, withIntermediateDirectories: true)
        try await git("init", "--quiet")
        try FileManager.default.copyItem(atPath: try Guests.tiny(), toPath: source + "/tiny.elf")
        for (place, words) in knobs.enumerated() {
            let setting =
                "[machine]\n  append = \"\(words.isEmpty ? "pad=\(place)" : "\(words) pad=\(place)")\"\n"
            try File.write(Array(setting.utf8), to: source + "/machine.cfg")
            try await git("add", ".")
            try await git("commit", "--quiet", "-m", "commit \(place + 1)")
            if place == 0 { try await git("tag", "first") }
        }
    }

    @discardableResult
    private func git(_ arguments: String...) async throws -> String {
        let git = try RequiredTool.need("git", package: "git")
        let identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org"]
        let result = try await CommandRun(
            git, ["-C", folder + "/source"] + identity + arguments, in: folder
        ).end()
        XCTAssertEqual(result.status, 0, result.error)
        return result.output
    }
}
