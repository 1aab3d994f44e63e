import Glibc

/// The files through which a boot's plugin is told and read.
struct BootFiles: Sendable, Hashable {
    let channel: BootFile
    let configuration: BootFile
    let outputs: BootFile
    let hashes: BootFile
    let symbols: BootFile
    let profile: BootFile
    let hotBlocks: BootFile
    let hotPages: BootFile

    /// Their names in `folder`, which exists.
    /// - Throws: `GuestObserverError` of code `fileUnusable`.
    init(in folder: String) throws {
        channel = try BootFile("guest.channel", in: folder)
        configuration = try BootFile("guest.conf", in: folder)
        outputs = try BootFile("guest.outputs", in: folder)
        hashes = try BootFile("guest.hashes", in: folder)
        symbols = try BootFile("guest.symbols", in: folder)
        profile = try BootFile("guest.folded", in: folder)
        hotBlocks = try BootFile("guest.blocks", in: folder)
        hotPages = try BootFile("guest.pages", in: folder)
    }
}

/// A file in a boot's folder.
struct BootFile: Sendable, Hashable {
    /// Its absolute path: QEMU may run in another folder.
    let path: String

    /// The file `name` in `folder`, which exists.
    /// - Throws: `GuestObserverError` of code `fileUnusable`.
    init(_ name: String, in folder: String) throws {
        guard let resolved = realpath(folder, nil) else {
            path = folder
            throw unusable("is no folder that can be used")
        }
        defer { free(resolved) }
        path = "\(String(cString: resolved))/\(name)"
    }

    /// Makes it anew, with `contents`, readable by this user only.
    /// - Throws: `GuestObserverError` of code `fileUnusable`.
    func create(_ contents: [UInt8] = []) throws {
        // A name that exists may be a link, or still be mapped by an earlier QEMU.
        unlink(path)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw unusable("cannot be created") }
        defer { close(file) }
        var written = 0
        while written < contents.count {
            let count = contents[written...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw unusable("cannot be written") }
            written += count
        }
    }

    /// Reads at most `limit` bytes of it.
    /// - Throws: `GuestObserverError` of code `fileUnusable`.
    func read(limit: Int) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw unusable("cannot be opened") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw unusable("cannot be read") }
        let size = min(limit, max(0, Int(status.st_size)))
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            filled = 0
            while filled < size {
                let count = Glibc.read(file, buffer.baseAddress.map { $0 + filled }, size - filled)
                if count < 0 && errno == EINTR { continue }
                if count < 0 { failed = true }
                if count <= 0 { break }
                filled += count
            }
        }
        guard !failed else { throw unusable("cannot be read") }
        return bytes
    }

    private func unusable(_ what: String) -> GuestObserverError {
        GuestObserverError(
            .fileUnusable, place: path, reason: "it \(what): \(String(cString: strerror(errno)))",
            nextStep: "Check the folder's permissions and the space on its disk.")
    }
}
