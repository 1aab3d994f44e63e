import Subprocess
import SystemPackage

/// A C compiler of the host.
struct PluginCompiler: Sendable {
    /// Its absolute path.
    var path: String
    /// The first line that it says about itself.
    var version: String

    /// Names to look for, in this order.
    static let names = ["cc", "gcc", "clang"]

    /// Finds the first compiler on the search path that answers.
    /// - Throws: `GuestObserverError` of code `noCompiler`, naming the packages that have one.
    static func find(searchPath: String) async throws -> PluginCompiler {
        for name in names {
            guard let path = executable(name, on: searchPath) else { continue }
            let answer = try? await ToolRun.of(path, ["--version"])
            if let answer, answer.succeeded, let line = answer.output.split(separator: "\n").first {
                return PluginCompiler(path: path, version: String(line))
            }
        }
        throw GuestObserverError(
            .noCompiler, place: "plugin", reason: "no C compiler (cc, gcc, clang) is on the search path",
            nextStep: "Install one, for instance with: apt-get install gcc libc6-dev; or name a library that "
                + "was built elsewhere in BOOTMARK_PLUGIN.")
    }

    /// Compiles the C files in `folder` to the shared library `output`.
    /// - Throws: `GuestObserverError` of code `compilerFailed` with the compiler's first complaint.
    func compile(folder: String, to output: String) async throws {
        let sources = PluginSource.files.map(\.name).filter { $0.hasSuffix(".c") }.map { "\(folder)/\($0)" }
        let arguments = PluginSource.compilerArguments + ["-o", output] + sources
        if try await ToolRun.of(path, [PluginSource.linkTimeOptimization] + arguments).succeeded { return }
        let result = try await ToolRun.of(path, arguments)
        guard !result.succeeded else { return }
        let lines = result.errors.split(separator: "\n")
        let complaint = lines.first { $0.contains("error") } ?? lines.first ?? "it said nothing"
        throw GuestObserverError(
            .compilerFailed, place: path, reason: "cannot compile the plugin: \(complaint)",
            nextStep: "Where a header is missing: apt-get install gcc libc6-dev.")
    }

    /// The first file called `name` on a search path that may be executed; only absolute folders count.
    static func executable(_ name: String, on searchPath: String) -> String? {
        searchPath.split(separator: ":").filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }
            .first { TrustedFolder.isExecutable($0) }
    }
}

/// A program that was run to its end.
struct ToolRun: Sendable {
    /// Whether it left with 0.
    var succeeded: Bool
    /// What it wrote on standard output, at most 64 KiB of it.
    var output: String
    /// What it wrote on standard error, at most 64 KiB of it.
    var errors: String

    /// Runs the program at `path` without a shell and without input.
    /// - Throws: `SubprocessError` where it cannot be started or says more than 64 KiB.
    static func of(_ path: String, _ arguments: [String]) async throws -> ToolRun {
        let result = try await run(
            .path(FilePath(path)), arguments: Arguments(arguments),
            // Translated messages are harder to search for.
            environment: .inherit.updating(["LC_ALL": "C"]),
            output: .string(limit: 65_536), error: .string(limit: 65_536))
        return ToolRun(
            succeeded: result.terminationStatus.isSuccess, output: result.standardOutput,
            errors: result.standardError)
    }
}
