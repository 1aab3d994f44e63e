import FlameGraphs
import Foundation

/// Has the user walk a profile in the terminal, until they leave.
enum TerminalWalk {
    /// Runs until the user leaves.
    ///
    /// - Parameter explorer: what is walked, at the screen's size.
    /// - Throws: `NoTerminal` where there is none.
    static func run(_ explorer: (Explorer.Size) -> Explorer) throws {
        guard let terminal = RawTerminal() else { throw NoTerminal() }
        defer { terminal.giveBack() }
        let environment = ProcessInfo.processInfo.environment
        let colours = Looks.colours(environment)
        var walk = explorer(size(of: terminal))
        walk.isUnicode = Looks.isUnicode(environment)
        walk.isColoured = colours != .none
        var keys = KeyReader()
        var shown: [String] = []
        while true {
            draw(walk.screen(), colours, over: &shown, on: terminal)
            // An escape that nothing follows was the key.
            let event = terminal.wait(milliseconds: keys.isWaiting ? 50 : -1)
            var pressed: [Key] = []
            switch event {
            case .bytes(let bytes): pressed = keys.read(bytes)
            case .nothing: pressed = keys.flush()
            case .gone: return
            case .resized:
                walk.size = size(of: terminal)
                shown = []
            }
            for key in pressed {
                switch walk.take(key) {
                case .goOn: break
                case .quit: return
                case .redraw: shown = []
                case .suspend:
                    terminal.giveBack()
                    terminal.stop()
                    terminal.take()
                    walk.size = size(of: terminal)
                    shown = []
                }
            }
        }
    }

    private static func size(of terminal: RawTerminal) -> Explorer.Size {
        let size = terminal.size
        return Explorer.Size(rows: size.rows, columns: size.columns)
    }

    /// Draws the rows that changed.
    private static func draw(
        _ screen: Screen, _ colours: Screen.Colours, over shown: inout [String], on terminal: RawTerminal
    ) {
        let rows = screen.text.indices.map { screen.bytes(ofRow: $0, colours: colours) }
        var changed = shown.isEmpty ? "\u{1B}[2J" : ""
        for (index, row) in rows.enumerated() where !shown.indices.contains(index) || shown[index] != row {
            changed += row
        }
        shown = rows
        if !changed.isEmpty { terminal.write(changed) }
    }

    /// There is no terminal to walk in.
    struct NoTerminal: Error, CustomStringConvertible {
        var description: String {
            "--view needs a terminal, and there is none here.\n"
                + "Run it in one, without redirecting its output; or draw the picture: -o OUT.svg"
        }
    }
}

/// What the environment says of a terminal.
enum Looks {
    /// As many colours as it says it has; none where NO_COLOR asks for none (no-color.org).
    static func colours(_ environment: [String: String]) -> Screen.Colours {
        guard environment["NO_COLOR"]?.isEmpty ?? true else { return .none }
        let kind = environment["TERM"] ?? ""
        guard !kind.isEmpty, kind != "dumb", !kind.hasPrefix("vt") else { return .none }
        return ["truecolor", "24bit"].contains(environment["COLORTERM"] ?? "") ? .all : .indexed
    }

    /// Whether the locale's letters are those of Unicode; the first that is set decides (POSIX, 8.2).
    static func isUnicode(_ environment: [String: String]) -> Bool {
        let locale =
            ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let name = locale.lowercased()
        return name.contains("utf-8") || name.contains("utf8")
    }
}
