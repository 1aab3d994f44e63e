import Foundation

/// What QEMU itself wrote to its standard output and error.
enum QEMULog {
    /// QEMU's complaint: its last line, without the name that it puts before it; nil where it wrote nothing.
    static func message(_ path: String) -> String? {
        let text = String(decoding: Files.bytes(path, limit: 65_536), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        let complaints = lines.filter { !$0.isEmpty && !$0.contains("warning:") }
        guard let last = complaints.last ?? lines.last, !last.isEmpty else { return nil }
        guard last.hasPrefix("qemu"), let colon = last.range(of: ": ") else { return last }
        return String(last[colon.upperBound...])
    }
}
