/// One option of a QEMU command line, as QEMU reads it.
struct QEMUOption: Hashable, Sendable {
    /// Its name without dashes; empty for a bare disk image.
    var name: String
    /// Its value, or nil where it takes none.
    var value: String?

    /// An option.
    init(_ name: String, _ value: String? = nil) {
        self.name = name
        self.value = value
    }

    /// Options that stand alone (qemu-options.hx of 7.2 and 10.0); every other one takes the next word.
    private static let alone: Set<String> = [
        "S", "s", "alt-grab", "ctrl-grab", "curses", "daemonize", "enable-kvm", "enable-sync-profile",
        "full-screen", "h", "help", "mem-prealloc", "no-acpi", "no-fd-bootchk", "no-hpet", "no-quit",
        "no-reboot", "no-shutdown", "no-user-config", "nodefaults", "nographic", "nouserconfig", "old-param",
        "only-migratable", "portrait", "preconfig", "sdl", "semihosting", "singlestep", "snapshot", "usb",
        "version", "win2k-hack", "xen-attach", "xen-domid-restrict",
    ]

    /// Whether QEMU takes the next word for its value.
    var takesValue: Bool { !Self.alone.contains(name) }

    /// Reads a command line's words.
    static func parse(_ words: ArraySlice<String>) -> [QEMUOption] {
        var options: [QEMUOption] = []
        var rest = words
        while let word = rest.popFirst() {
            guard word.hasPrefix("-"), word.count > 1 else {
                options.append(QEMUOption("", word))
                continue
            }
            let name = String(word.drop { $0 == "-" })
            options.append(QEMUOption(name, alone.contains(name) ? nil : rest.popFirst()))
        }
        return options
    }

    /// The option as words of a command line.
    var words: [String] {
        if name.isEmpty { return value.map { [$0] } ?? [] }
        return ["-\(name)"] + (value.map { [$0] } ?? [])
    }

    /// The parts of a value that is a list of `key=value`, where a doubled comma is a comma.
    var parts: [(key: String, value: String)] {
        guard let value else { return [] }
        return Self.split(value).enumerated().map { place, part in
            guard let equals = part.firstIndex(of: "=") else { return ("", part) }
            return (String(part[..<equals]), String(part[part.index(after: equals)...]))
        }
    }

    /// The value of `key` in a list of `key=value`.
    func part(_ key: String) -> String? { parts.first { $0.key == key }?.value }

    /// Splits at single commas and undoubles the others.
    static func split(_ value: String) -> [String] {
        var parts = [""]
        var rest = Substring(value)
        while let character = rest.popFirst() {
            if character == ",", rest.first != "," {
                parts.append("")
                continue
            }
            if character == "," { rest.removeFirst() }
            parts[parts.count - 1].append(character)
        }
        return parts
    }

    /// A path as a part of a list: its commas doubled.
    static func escaped(_ path: String) -> String {
        path.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,")
    }
}
