import Foundation

/// What QEMU itself wrote to its standard output and error.
enum QEMULog {
    /// QEMU's complaint, without the name that it puts before it; nil where it wrote nothing.
    ///
    /// The last line under QEMU's name, since advice may follow it on lines of its own; else the last line.
    static func message(_ path: String) -> String? {
        let text = String(decoding: Files.bytes(path, limit: 65_536), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        let complaints = lines.filter { !$0.isEmpty && !$0.contains("warning:") }
        let named = complaints.last { $0.hasPrefix("qemu") }
        guard let last = named ?? complaints.last ?? lines.last, !last.isEmpty else { return nil }
        guard last.hasPrefix("qemu"), let colon = last.range(of: ": ") else { return last }
        return String(last[colon.upperBound...])
    }
}
