import Glibc

/// A folder of which nobody but this user can change the contents: QEMU is going to run code from it.
struct TrustedFolder: Sendable {
    /// Its absolute path.
    let path: String

    /// Makes the folder with the mode 0700 where it is missing, its parents too, and checks it.
    /// - Throws: `GuestObserverError` of code `cacheUnusable`.
    init(at path: String) throws {
        self.path = path
        var partial = ""
        for component in path.split(separator: "/") {
            partial += "/" + component
            if mkdir(partial, 0o700) != 0 && errno != EEXIST {
                throw Self.unusable(partial, String(cString: strerror(errno)))
            }
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw Self.unusable(path, String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw Self.unusable(path, "it is not a folder") }
        try Self.check(status, path)
    }

    /// Whether `name` is a file in this folder that can be trusted; false where there is none.
    /// - Throws: `GuestObserverError` of code `cacheUnusable` where someone else may have written it.
    func holds(_ name: String) throws -> Bool {
        var status = stat()
        guard lstat("\(path)/\(name)", &status) == 0 else { return false }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Self.unusable("\(path)/\(name)", "it is not a plain file")
        }
        try Self.check(status, "\(path)/\(name)")
        return true
    }

    /// Calls `body` with a fresh folder inside this one, and removes that folder afterwards.
    func withTemporaryFolder<Result: Sendable>(_ body: (String) async throws -> Result) async throws -> Result
    {
        var template = Array("\(path)/building-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { mkdtemp($0) != nil } ?? false
        }
        guard made else { throw Self.unusable(path, String(cString: strerror(errno))) }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { Self.remove(folder) }
        return try await body(folder)
    }

    /// Writes a file that only this user can read.
    /// - Throws: `GuestObserverError` of code `cacheUnusable`.
    static func write(_ bytes: [UInt8], to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw unusable(path, String(cString: strerror(errno))) }
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw unusable(path, String(cString: strerror(errno))) }
            written += count
        }
    }

    /// Whether the file at `path` may be executed.
    static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }

    private static func check(_ status: stat, _ path: String) throws {
        guard status.st_uid == geteuid() else { throw unusable(path, "it belongs to another user") }
        guard status.st_mode & 0o022 == 0 else { throw unusable(path, "others may write to it") }
    }

    private static func remove(_ folder: String) {
        guard let stream = opendir(folder) else { return }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        closedir(stream)
        for name in names where name != "." && name != ".." { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    private static func unusable(_ path: String, _ reason: String) -> GuestObserverError {
        GuestObserverError(
            .cacheUnusable, place: path, reason: "the compiled plugin cannot be kept here: \(reason)",
            nextStep: "Correct that, or point XDG_CACHE_HOME at a folder of your own.")
    }
}
