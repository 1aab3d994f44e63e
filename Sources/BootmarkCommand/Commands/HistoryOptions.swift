import ArgumentParser
import BootHistory
import BootModel
import Foundation

/// Where a comparison is remembered: the options that `compare` and `ab` share.
struct HistoryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A history to add the comparison to; made where it is missing.", valueName: "FILE")
    )
    var history: String?

    @Option(
        help: ArgumentHelp(
            "The commit that AFTER is of, for --history; without it, git is asked in this folder.",
            valueName: "ID"))
    var commit: String?

    func validate() throws {
        guard let commit else { return }
        let isPlain = commit.unicodeScalars.allSatisfy {
            $0.isASCII
                && ($0.properties.isAlphabetic || ("0"..."9").contains($0)
                    || "-_./+".unicodeScalars.contains($0))
        }
        guard isPlain, (1...100).contains(commit.count) else {
            throw ValidationError("--commit takes letters, digits, - _ . / and +, at most 100 of them.")
        }
    }

    /// Adds a comparison to the history, where one was named.
    func remember(_ comparison: Comparison) throws {
        guard let history else { return }
        let entries = HistoryEntry.entries(of: comparison, commit: commit ?? Self.currentCommit() ?? "")
        let added = try HistoryFile(history).append(entries)
        Standard.error(
            added > 0 || entries.isEmpty
                ? "\(added) points were added to \(history)." : "\(history) holds this comparison already.")
    }

    /// The commit that is checked out here, with `-dirty` where files differ from it; nil outside a repository.
    static func currentCommit() -> String? {
        let git = Process()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        git.arguments = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
        let output = Pipe()
        git.standardOutput = output
        git.standardError = FileHandle.nullDevice
        git.standardInput = FileHandle.nullDevice
        guard (try? git.run()) != nil else { return nil }
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        git.waitUntilExit()
        guard git.terminationStatus == 0 else { return nil }
        let commit = String(decoding: answer.prefix(100), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        return commit.isEmpty ? nil : commit
    }
}
