import Foundation
import Glibc

/// What was found out about this host's programs and files before, so that a run need not ask again.
///
/// An answer is kept with the circumstances under which it was found, and is of use only where they are the same
/// to the letter. A cache that cannot be read or written is an empty one.
struct ProbeCache: Sendable {
    /// The most answers that are kept; beyond, all are dropped, and what is in use is found out again.
    static let limit = 1000
    private static let heading = "bootmark probe 1"

    /// Where the answers lie; nil where none are kept.
    private let folder: String?

    /// A cache in a folder.
    init(folder: String?) { self.folder = folder }

    /// The user's: `$XDG_CACHE_HOME/bootmark/probes`, or `~/.cache/bootmark/probes`.
    static var usual: ProbeCache {
        let variables = ProcessInfo.processInfo.environment
        // The XDG rules: a relative path is to be ignored.
        if let cache = variables["XDG_CACHE_HOME"], cache.hasPrefix("/") {
            return ProbeCache(folder: "\(cache)/bootmark/probes")
        }
        guard let home = variables["HOME"], home.hasPrefix("/") else { return ProbeCache(folder: nil) }
        return ProbeCache(folder: "\(home)/.cache/bootmark/probes")
    }

    /// The answer that was kept; nil where there is none, or where it was found under other circumstances.
    func answer(to question: String, under circumstances: [String]) -> [String]? {
        guard let folder, Self.isOurs(folder), let text = Files.whole(file(question, in: folder)) else {
            return nil
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let start = [Self.heading, question] + circumstances
        // The last word tells a whole file from one that a loss of power has cut.
        guard lines.starts(with: start), lines.suffix(2) == ["end", ""] else { return nil }
        return Array(lines[start.count..<(lines.count - 2)])
    }

    /// Keeps an answer.
    func keep(_ answer: [String], to question: String, under circumstances: [String]) {
        let lines = [Self.heading, question] + circumstances + answer
        guard let folder, lines.allSatisfy({ !$0.utf8.contains(10) }) else { return }
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        guard Self.isOurs(folder) else { return }
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        if entries.count >= Self.limit { for entry in entries { unlink("\(folder)/\(entry)") } }
        let path = file(question, in: folder)
        let temporary = "\(path).\(getpid())"
        let bytes = Array((lines + ["end", ""]).joined(separator: "\n").utf8)
        // Not flushed to the disk: what is lost is found out again.
        guard FileManager.default.createFile(atPath: temporary, contents: Data(bytes)),
            rename(temporary, path) == 0
        else {
            unlink(temporary)
            return
        }
    }

    /// The answer that was kept, or else what `find` gives, which is kept where it says so.
    func answer(
        to question: String, under circumstances: [String]?,
        find: () async throws -> (answer: [String], lasts: Bool)
    ) async rethrows -> [String] {
        if let circumstances, let known = answer(to: question, under: circumstances) { return known }
        let found = try await find()
        if let circumstances, found.lasts { keep(found.answer, to: question, under: circumstances) }
        return found.answer
    }

    /// A question's file. (FNV-1a over 64 bits; the file holds the question too.)
    private func file(_ question: String, in folder: String) -> String {
        let digest = question.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3
        }
        return "\(folder)/\(String(digest, radix: 16))"
    }

    /// Whether nobody but this user can have written there.
    private static func isOurs(_ folder: String) -> Bool {
        var status = stat()
        return lstat(folder, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            && status.st_uid == geteuid() && status.st_mode & 0o022 == 0
    }
}
