import Glibc

/// The library that QEMU loads to observe its guest: compiled at its first use, and found again afterwards.
public struct GuestPlugin: Sendable, Hashable {
    /// The library's absolute path.
    public let path: String

    /// The names of the compilers that are looked for along PATH, in this order.
    public static let compilers = PluginCompiler.names

    /// A library that was built elsewhere.
    public init(prebuiltAt path: String) { self.path = path }

    /// Finds the plugin, or compiles it into the user's cache: a few seconds the first time, a millisecond
    /// or so afterwards.
    ///
    /// The cache is `$XDG_CACHE_HOME/bootmark/plugin`, or `~/.cache/bootmark/plugin`; its entries are named
    /// by a digest of source and compiler, and appear whole or not at all, so that concurrent users cannot
    /// see each other's halves. `BOOTMARK_PLUGIN=FILE` names a library instead.
    /// - Throws: `GuestObserverError` of code `noCompiler`, `compilerFailed` or `cacheUnusable`.
    public static func prepared() async throws -> GuestPlugin {
        try await prepared(environment: HostEnvironment.variables())
    }

    /// As `prepared()`, with the environment given: `PATH`, `HOME`, `XDG_CACHE_HOME`, `BOOTMARK_PLUGIN`.
    public static func prepared(environment: [String: String]) async throws -> GuestPlugin {
        if let prebuilt = environment["BOOTMARK_PLUGIN"], !prebuilt.isEmpty {
            guard access(prebuilt, R_OK) == 0, prebuilt.hasPrefix("/") else {
                throw GuestObserverError(
                    .cacheUnusable, place: "BOOTMARK_PLUGIN=\(prebuilt)",
                    reason: "this is not the absolute path of a readable library",
                    nextStep: "Correct it, or unset it to have the plugin compiled.")
            }
            return GuestPlugin(prebuiltAt: prebuilt)
        }
        let compiler = try await PluginCompiler.find(searchPath: environment["PATH"] ?? "/usr/bin:/bin")
        let folder = try TrustedFolder(at: cacheFolder(environment: environment))
        let name = "plugin-\(PluginSource.digest(compilerVersion: compiler.version)).so"
        let path = "\(folder.path)/\(name)"
        if try folder.holds(name) { return GuestPlugin(prebuiltAt: path) }

        try await folder.withTemporaryFolder { building in
            for file in PluginSource.files {
                try TrustedFolder.write(file.bytes, to: "\(building)/\(file.name)")
            }
            let library = "\(building)/plugin.so"
            try await compiler.compile(folder: building, to: library)
            // The compiler obeys the user's umask, which may let a group write.
            guard chmod(library, 0o700) == 0, rename(library, path) == 0 else {
                throw GuestObserverError(
                    .cacheUnusable, place: path, reason: String(cString: strerror(errno)),
                    nextStep: "Point XDG_CACHE_HOME at a folder of your own.")
            }
        }
        return GuestPlugin(prebuiltAt: path)
    }

    static func cacheFolder(environment: [String: String]) throws -> String {
        // The XDG rules: a relative path is to be ignored.
        if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") {
            return "\(cache)/bootmark/plugin"
        }
        if let home = environment["HOME"], home.hasPrefix("/") { return "\(home)/.cache/bootmark/plugin" }
        throw GuestObserverError(
            .cacheUnusable, place: "HOME", reason: "there is no home folder to keep the compiled plugin in",
            nextStep: "Set XDG_CACHE_HOME to a folder of your own.")
    }

    /// QEMU's arguments that load this plugin with `settings`.
    func qemuArguments(_ settings: [(key: String, value: String)]) -> [String] {
        let options = settings.map { ",\($0.key)=\(Self.escaped($0.value))" }
        return ["-plugin", "file=" + Self.escaped(path) + options.joined()]
    }

    /// QEMU ends an option's value at a comma, and reads two as one.
    private static func escaped(_ value: String) -> String {
        value.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,")
    }
}

/// The variables that this process was started with.
enum HostEnvironment {
    static func variables() -> [String: String] {
        ["PATH", "HOME", "XDG_CACHE_HOME", "BOOTMARK_PLUGIN"].reduce(into: [:]) { found, name in
            if let value = getenv(name) { found[name] = String(cString: value) }
        }
    }
}
