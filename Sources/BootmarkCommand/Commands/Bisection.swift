import BootModel
import BootRunner
import Foundation

/// git, asked to find a commit, in two work trees of its own beside the user's, which stays as it is.
struct Bisection {
    /// The user's repository.
    let repository: String
    /// Where the work trees and logs go: an absolute path.
    let folder: String

    /// The tree of the commit that is known to be good.
    var goodTree: String { folder + "/good" }
    /// The tree of the commit that is tried.
    var candidateTree: String { folder + "/candidate" }

    /// What git says after a commit was marked.
    enum Answer: Sendable, Hashable {
        /// Another commit is to be tried, and is checked out.
        case goesOn
        /// It is this commit.
        case found(String)
        /// Only commits that could not be tried are left.
        case unknown
    }

    /// What is to be said of a commit to git.
    enum Mark: String, Sendable { case good, bad, skip }

    /// The full id of a commit that the user named.
    func commit(named name: String) async throws -> String {
        let answer = try await git(["rev-parse", "--verify", "--end-of-options", name + "^{commit}"])
        guard answer.status == 0 else {
            throw RunnerError(
                .input, "\(repository) holds no commit \(name): \(answer.text).",
                next: "Name a commit, a tag or a branch, and the repository with --repository.")
        }
        return answer.text
    }

    /// Makes both work trees and starts git's search.
    func begin(good: String, bad: String) async throws {
        try await need(["worktree", "add", "--detach", "--quiet", goodTree, good])
        try await need(["worktree", "add", "--detach", "--quiet", candidateTree, bad])
    }

    /// Starts git's search in the candidate's tree.
    func start(good: String, bad: String) async throws -> Answer {
        try answer(await git(["bisect", "start", bad, good, "--"], in: candidateTree))
    }

    /// Marks the commit that is checked out.
    func mark(_ mark: Mark) async throws -> Answer {
        try answer(await git(["bisect", mark.rawValue], in: candidateTree))
    }

    /// The commit that is checked out to be tried.
    func candidate() async throws -> String { try await need(["rev-parse", "HEAD"], in: candidateTree) }

    /// A commit in one line.
    func describe(_ commit: String) async -> String {
        let answer = try? await git(["show", "--no-patch", "--format=%h %an: %s", commit])
        return answer?.status == 0 ? answer?.text ?? commit : commit
    }

    /// Builds a tree by the user's command, in a shell.
    /// - Returns: nil where it was built, else the log that says why not.
    func build(_ tree: String, by command: String, log: String) async throws -> String? {
        let status = try await Self.run(["/bin/sh", "-c", command], in: tree, output: log)
        return status == 0 ? nil : log
    }

    /// Removes the work trees; what git still knows of them goes too.
    func end() async {
        for tree in [goodTree, candidateTree] where FileManager.default.fileExists(atPath: tree) {
            _ = try? await git(["worktree", "remove", "--force", tree])
        }
    }

    private func answer(_ said: (status: Int32, text: String)) throws -> Answer {
        let lines = said.text.split(separator: "\n")
        if let line = lines.first(where: { $0.hasSuffix(" is the first bad commit") }) {
            return .found(String(line.prefix { $0 != " " }))
        }
        if said.text.contains("only 'skip'ped commits left") { return .unknown }
        guard said.status == 0 else {
            throw RunnerError(.input, "git bisect failed: \(said.text)", next: "Check --good and --bad.")
        }
        return .goesOn
    }

    @discardableResult
    private func need(_ arguments: [String], in tree: String? = nil) async throws -> String {
        let answer = try await git(arguments, in: tree)
        guard answer.status == 0 else {
            throw RunnerError(
                .input, "git \(arguments[0]) failed: \(answer.text)",
                next:
                    "Run it by hand in \(tree ?? repository); git worktree prune forgets trees that are gone."
            )
        }
        return answer.text
    }

    private func git(
        _ arguments: [String], in tree: String? = nil
    ) async throws -> (status: Int32, text: String) {
        let log = "\(folder)/git.log"
        let status = try await Self.run(
            ["/usr/bin/env", "LC_ALL=C", "git", "-C", tree ?? repository] + arguments, in: folder, output: log
        )
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return (status, text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Runs a program; all that it says goes to a file.
    private static func run(_ arguments: [String], in folder: String, output: String) async throws -> Int32 {
        guard FileManager.default.createFile(atPath: output, contents: nil),
            let file = FileHandle(forWritingAtPath: output)
        else {
            throw RunnerError(
                .environment, "\(output) could not be written.",
                next: "Check the space and rights of its folder.")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = file
        process.standardError = file
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(
                    throwing: RunnerError(
                        .environment, "\(arguments[0]) could not be started: \(error.localizedDescription).",
                        next: "Install git (Debian: git)."))
            }
        }
    }
}
