import BootModel
import Foundation
import Glibc
import Subprocess

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// Programs of the host that Bootmark uses.
enum Tools {
    /// What a program said and how it ended.
    struct Answer: Sendable {
        /// Its exit status; nil where a signal ended it.
        var status: Int32?
        /// What it wrote to standard output.
        var output: String
        /// What it wrote to standard error.
        var error: String
        /// Whether it did its work.
        var succeeded: Bool { status == 0 }
    }

    /// The full path of a program: itself where it holds a slash, else the first found along PATH.
    static func path(of program: String) -> String? {
        if program.contains("/") { return access(program, X_OK) == 0 ? program : nil }
        let folders = (getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin").split(separator: ":")
        return folders.lazy.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }

    /// The full path of a program.
    /// - Throws: `RunnerError` that names the Debian package to install.
    static func require(_ program: String) throws -> String {
        if let path = path(of: program) { return path }
        let package = packages[program.split(separator: "/").last.map(String.init) ?? program]
        let next = package.map {
            "Install it (Debian, Ubuntu: apt install \($0)), or put its folder into PATH."
        }
        throw RunnerError(
            .environment, "\(program) was not found.",
            next: next ?? "Check the name, or put its folder into PATH; bootmark doctor lists what is needed."
        )
    }

    /// The Debian package that holds a program.
    static let packages = [
        "qemu-system-i386": "qemu-system-x86", "qemu-system-x86_64": "qemu-system-x86",
        "qemu-system-aarch64": "qemu-system-arm", "qemu-system-arm": "qemu-system-arm",
        "qemu-system-riscv64": "qemu-system-misc", "perf": "linux-perf", "sha256sum": "coreutils",
    ]

    /// Runs a short program to its end, which reads `input`; no shell sees its arguments.
    /// - Throws: `RunnerError` where it cannot be started.
    static func run(_ program: String, _ arguments: [String], input: String = "") async throws -> Answer {
        do {
            let result = try await Subprocess.run(
                .path(FilePath(program)), arguments: Arguments(arguments),
                environment: .inherit.updating(["LC_ALL": "C"]), input: .string(input),
                output: .string(limit: 8 << 20),
                error: .string(limit: 1 << 20))
            var status: Int32?
            if case .exited(let code) = result.terminationStatus { status = code }
            return Answer(
                status: status, output: result.standardOutput, error: result.standardError)
        } catch {
            throw RunnerError(
                .environment, "\(program) could not be run: \(error).",
                next: "Run it by hand to see what is wrong with it.")
        }
    }

    /// SHA-256 digests of files, in hexadecimal, by coreutils; those that `cache` knows are not read again.
    ///
    /// - Throws: `RunnerError` of code `.input` that names the file that cannot be read.
    static func digests(of paths: [String], cache: ProbeCache = .usual) async throws -> [String: String] {
        let stamps = Dictionary(uniqueKeysWithValues: paths.map { ($0, FileStamp($0)) })
        let question = { (path: String) in "sha256 of \(path)" }
        var digests: [String: String] = [:]
        for case (let path, let stamp?) in stamps {
            digests[path] = cache.answer(to: question(path), under: [stamp.text])?.first
        }
        let unknown = paths.filter { digests[$0] == nil }
        guard !unknown.isEmpty else { return digests }
        let began = time(nil)
        let answer = try await run(try require("sha256sum"), ["-z", "--"] + unknown)
        guard answer.succeeded else {
            throw RunnerError(
                .input,
                "A file of the boot could not be read: \(answer.error.trimmingCharacters(in: .whitespacesAndNewlines))",
                next: "Check that it exists and that you may read it.")
        }
        for line in answer.output.split(separator: "\0") {
            let path = String(line.dropFirst(66))
            digests[path] = String(line.prefix(64))
            // A file that was changed just now may change again within the resolution of its times.
            guard let stamp = stamps[path] ?? nil, stamp == FileStamp(path), stamp.changed < began - 1 else {
                continue
            }
            cache.keep([String(line.prefix(64))], to: question(path), under: [stamp.text])
        }
        return digests
    }

    /// The environment of QEMU and perf: what they need, the same on every host.
    static func environment(temporary: String) -> [String: String] {
        let passed: Set = ["PATH", "HOME", "LD_LIBRARY_PATH", "XDG_RUNTIME_DIR"]
        var environment = ProcessInfo.processInfo.environment.filter {
            passed.contains($0.key) || $0.key.hasPrefix("QEMU_")
        }
        environment["LC_ALL"] = "C"
        environment["TMPDIR"] = temporary
        return environment
    }
}

/// Files of the host.
enum Files {
    /// The first `limit` bytes of a file; none where it cannot be read.
    static func bytes(_ path: String, limit: Int) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        return [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = max(0, read(descriptor, buffer.baseAddress, limit))
        }
    }

    /// Whether there is a file, whoever may read it.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// A file's text as it is, at most 64 KiB of it; nil where it cannot be read.
    static func whole(_ path: String) -> String? {
        let bytes = bytes(path, limit: 64 * 1024)
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// A small file's text without white space around it; nil where it cannot be read.
    static func text(_ path: String) -> String? {
        (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
