import Foundation

/// Standard output and standard error: results go to the one, progress and diagnostics to the other.
enum Standard {
    /// Writes a result.
    static func output(_ text: String) { write(text, to: .standardOutput) }

    /// Writes a diagnostic.
    static func error(_ text: String) { write(text, to: .standardError) }

    private static func write(_ text: String, to handle: FileHandle) {
        // A reader that has gone (`| head`) wants no more, and is no fault.
        try? handle.write(contentsOf: Data((text + "\n").utf8))
    }

    /// Whether progress may redraw a line on standard error.
    static var errorIsTerminal: Bool { isatty(FileHandle.standardError.fileDescriptor) == 1 }

    /// Whether results may be coloured: on a terminal, unless NO_COLOR is set (no-color.org).
    static var outputIsColoured: Bool {
        let environment = ProcessInfo.processInfo.environment
        guard environment["NO_COLOR"]?.isEmpty ?? true, environment["TERM"] != "dumb" else { return false }
        return isatty(FileHandle.standardOutput.fileDescriptor) == 1
    }
}
