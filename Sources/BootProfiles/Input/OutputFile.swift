import Glibc

/// Files that appear whole or not at all.
public enum OutputFile {
    /// Writes `bytes` to the file at `path`, by way of a new file beside it that takes its name at the end.
    ///
    /// - Throws: `ProfileError` where that is not possible; nothing is left behind then.
    public static func write(_ bytes: [UInt8], to path: String) throws(ProfileError) {
        var kind = stat()
        // A device, a pipe or a link (such as /dev/stdout) takes the bytes; a file must not take its place.
        let direct = lstat(path, &kind) == 0 && kind.st_mode & S_IFMT != S_IFREG
        let target = direct ? path : "\(path).\(getpid()).part"
        let descriptor = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw unwritable(path, errno) }
        var failure: Int32 = 0
        bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    failure = errno
                    return
                }
                written += count
            }
        }
        if close(descriptor) != 0, failure == 0 { failure = errno }
        if failure == 0, !direct, rename(target, path) != 0 { failure = errno }
        guard failure == 0 else {
            if !direct { unlink(target) }
            throw unwritable(path, failure)
        }
    }

    private static func unwritable(_ path: String, _ code: Int32) -> ProfileError {
        ProfileError(
            .unwritable, file: path, "it cannot be written (\(String(cString: strerror(code))))",
            nextStep: "Choose another path or make room for it.")
    }
}
