import Foundation

/// Standard output and standard error: results go to the one, progress and diagnostics to the other.
enum Standard {
    /// Writes a result.
    static func output(_ text: String) { write(text, to: .standardOutput) }

    /// Writes a result as it is; to a terminal, without what it would act on.
    static func output(bytes: [UInt8]) {
        let shown = outputIsTerminal ? Array(ConsoleLine.harmless(bytes).utf8) : bytes
        try? FileHandle.standardOutput.write(contentsOf: Data(shown))
    }

    /// The width of results: the terminal's, else 100 columns.
    static var width: Int {
        var size = winsize()
        guard ioctl(FileHandle.standardOutput.fileDescriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 40
        else {
            return 100
        }
        return Int(size.ws_col)
    }

    /// Writes a diagnostic.
    static func error(_ text: String) { write(text, to: .standardError) }

    private static func write(_ text: String, to handle: FileHandle) {
        // A reader that has gone (`| head`) wants no more, and is no fault.
        try? handle.write(contentsOf: Data((text + "\n").utf8))
    }

    /// Whether progress may redraw a line on standard error.
    static var errorIsTerminal: Bool { isatty(FileHandle.standardError.fileDescriptor) == 1 }

    /// Whether results are seen by a person.
    static var outputIsTerminal: Bool { isatty(FileHandle.standardOutput.fileDescriptor) == 1 }

    /// Whether results may be coloured: on a terminal, unless NO_COLOR is set (no-color.org).
    static var outputIsColoured: Bool {
        let environment = ProcessInfo.processInfo.environment
        guard environment["NO_COLOR"]?.isEmpty ?? true, environment["TERM"] != "dumb" else { return false }
        return outputIsTerminal
    }
}
