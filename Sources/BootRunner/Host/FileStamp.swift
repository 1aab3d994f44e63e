import Foundation
import Glibc

/// What tells, without reading it, whether a file is still the one that it was: its place on the disk, its size
/// and when it was last changed.
struct FileStamp: Sendable, Hashable {
    /// Device, inode, size, times of the last change of contents and of anything, in nanoseconds since 1970.
    let text: String
    /// The later of both times, in seconds since 1970.
    let changed: Int

    /// The stamp of the regular file that a path leads to; nil for anything else. A device's contents change
    /// without a trace in its times.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let time = { (time: timespec) in "\(time.tv_sec).\(time.tv_nsec)" }
        // The time of any change cannot be set by a user: a file that was put in another's place, times and
        // all, does not pass for it.
        text =
            "\(status.st_dev):\(status.st_ino):\(status.st_size):\(time(status.st_mtim)):\(time(status.st_ctim))"
        changed = max(status.st_mtim.tv_sec, status.st_ctim.tv_sec)
    }

    /// The stamp of a program; nil where it cannot be told what a path runs.
    ///
    /// Debian's qemu-system-i386 is a script that runs another file of the same name: there, the stamps of both.
    /// Of a script that names no such file nothing is known.
    static func ofProgram(_ path: String) -> String? {
        guard let stamp = FileStamp(path) else { return nil }
        let start = Files.bytes(path, limit: 16 * 1024)
        guard start.starts(with: "#!".utf8) else { return stamp.text }
        let name = (path as NSString).lastPathComponent
        let isPartOfPath = { (letter: Character) in
            letter.isLetter || letter.isNumber || "/._+-".contains(letter)
        }
        let words = String(decoding: start, as: UTF8.self).split(whereSeparator: { !isPartOfPath($0) })
        let named = words.filter { $0.hasPrefix("/") && $0.hasSuffix("/" + name) && $0 != path }.map(
            String.init)
        let stamps = named.compactMap { FileStamp($0)?.text }
        return stamps.isEmpty ? nil : ([stamp.text] + stamps).joined(separator: " ")
    }
}
