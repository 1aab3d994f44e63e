import CElfutils
import Glibc

/// Files whose debug information elfutils reads, at the addresses where they are mapped.
final class DwarfSession {
    /// Elfutils' own handle.
    let handle: OpaquePointer
    private let callbacks: UnsafeMutablePointer<Dwfl_Callbacks>
    private let searchPath: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    /// A session that looks for separate debug files beside the files and below `root`.
    init?(root: String) {
        searchPath = .allocate(capacity: 1)
        searchPath.initialize(to: strdup(":.debug:\(root)/usr/lib/debug"))
        callbacks = .allocate(capacity: 1)
        callbacks.initialize(
            to: Dwfl_Callbacks(
                find_elf: { _, _, _, _, _, _ in -1 }, find_debuginfo: dwfl_standard_find_debuginfo,
                section_address: dwfl_offline_section_address, debuginfo_path: searchPath))
        guard let handle = dwfl_begin(callbacks) else {
            free(searchPath.pointee)
            searchPath.deallocate()
            callbacks.deallocate()
            return nil
        }
        self.handle = handle
        dwfl_report_begin(handle)
    }

    deinit {
        dwfl_end(handle)
        free(searchPath.pointee)
        searchPath.deallocate()
        callbacks.deallocate()
    }

    /// Adds the file at `path`, whose addresses are `bias` below those where it is mapped.
    ///
    /// - Returns: elfutils' handle of the file, or nil where it is none, or lies over another one.
    func add(_ path: String, bias: UInt64) -> OpaquePointer? {
        // Opened here, because elfutils would wait for the other end of a pipe.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard file >= 0 else { return nil }
        var information = stat()
        guard fstat(file, &information) == 0, information.st_mode & S_IFMT == S_IFREG,
            let module = dwfl_report_elf(handle, path, path, file, bias, true)
        else {
            close(file)
            return nil
        }
        return module
    }

    /// Ends adding; what was added can be asked from now on.
    func finish() { dwfl_report_end(handle, nil, nil) }
}
