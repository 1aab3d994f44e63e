import Glibc

/// The menu of the boot loader of NetBSD that MINIX 3 has too, as far as it decides what boots when nobody touches a key.
///
/// The format is that of boot.cfg(5) of NetBSD, with `load_mods` of MINIX. Kernels that boot by the multiboot
/// specification are lifted; `boot` hands over to NetBSD in a way of its own.
struct BootCfgMenu {
    /// Where the boot loader looks for its menu.
    static let place = "boot.cfg"

    private struct Item {
        var title: String
        var command: String
        var place: String
    }

    private static let mostLines = 100_000
    /// MINIX 3 has twelve.
    private static let mostModules = 256
    /// What changes how the loader itself looks, or what it hands to NetBSD alone.
    private static let harmless: Set<String> = [
        "consdev", "vesa", "modules", "splash", "rndseed", "userconf", "banner", "clear", "format", "timeout",
    ]
    /// What leaves the decision to a person.
    private static let waiting: Set<String> = ["prompt", "edit", "menu", "help", "?", "ls", "quit"]

    private let files: any MenuFiles
    private var items: [Item] = []
    private var number = 1
    private var modules: [String] = []

    /// Reads the menu.
    /// - Throws: `BootMediaError`.
    init(of files: any MenuFiles) throws(BootMediaError) {
        self.files = files
        let lines = try files.text(of: Self.place).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard lines.count <= Self.mostLines else {
            throw Self.odd(Self.place, "the menu has over \(Self.mostLines) lines")
        }
        for (index, line) in lines.enumerated() {
            let text = line.prefix { $0 != "#" }
            guard let equals = text.firstIndex(of: "=") else { continue }
            try set(
                String(text[..<equals]), String(text[text.index(after: equals)...]),
                at: "\(Self.place):\(index + 1)")
        }
    }

    private mutating func set(_ key: String, _ value: String, at place: String) throws(BootMediaError) {
        switch key {
        case "menu":
            // Without a colon there is no command, and the loader leaves it out.
            guard let colon = value.firstIndex(of: ":") else { return }
            let command = String(value[value.index(after: colon)...])
            items.append(
                Item(
                    title: colon == value.startIndex ? command : String(value[..<colon]), command: command,
                    place: place))
        case "default": number = Int(value.prefix { $0.isASCII && $0.isNumber }) ?? 1
        // All that is no setting is a command, and carried out at once.
        default: _ = try carryOut(key, value, title: "", at: place)
        }
    }

    /// What boots when nobody touches a key.
    /// - Throws: `BootMediaError` of code `notLiftable` or `menuNotUnderstood`.
    func entry() throws(BootMediaError) -> BootEntry {
        guard !items.isEmpty else {
            throw BootMediaError(
                .notLiftable, place: Self.place,
                reason: "without a menu NetBSD's own kernel boots, in a way of its own")
        }
        let item = items[min(max(number, 1), items.count) - 1]
        var menu = self
        for command in item.command.split(separator: ";") {
            let words = command.drop(while: \.isWhitespace)
            let name = words.prefix { !$0.isWhitespace }
            let rest = words.dropFirst(name.count).drop(while: \.isWhitespace)
            if let entry = try menu.carryOut(String(name), String(rest), title: item.title, at: item.place) {
                return entry
            }
        }
        throw Self.odd(item.place, "the entry '\(item.title)' boots nothing")
    }

    /// Carries out a command; the entry where it boots one.
    private mutating func carryOut(
        _ command: String, _ rest: String, title: String, at place: String
    ) throws(BootMediaError) -> BootEntry? {
        let words = rest.split(whereSeparator: \.isWhitespace).map(String.init)
        switch command {
        case "load": modules.append(try path(words.first, at: place))
        case "load_mods":
            let pattern = try path(words.first, at: place)
            let found = files.names(like: pattern)
            guard !found.isEmpty else {
                throw BootMediaError(.fileMissing, place: place, reason: "no file on the image is \(pattern)")
            }
            modules += found
        case "multiboot":
            return BootEntry(
                title: title, kind: .multiboot, kernel: try path(words.first, at: place),
                commandLine: words.dropFirst().joined(separator: " "),
                // The loader unpacks whatever it reads.
                files: modules.map { BootEntry.File(path: $0, words: [$0], isUnpacked: true) })
        case "boot":
            throw BootMediaError(
                .notLiftable, place: place, reason: "the entry '\(title)' boots NetBSD in a way of its own")
        case _ where Self.waiting.contains(command):
            throw BootMediaError(
                .notLiftable, place: place, reason: "the entry '\(title)' waits for a person at '\(command)'")
        case _ where Self.harmless.contains(command) || command.isEmpty: break
        default: throw Self.odd(place, "'\(command)' is no command that is known")
        }
        guard modules.count <= Self.mostModules else {
            throw Self.odd(place, "the menu loads over \(Self.mostModules) modules")
        }
        return nil
    }

    private func path(_ name: String?, at place: String) throws(BootMediaError) -> String {
        guard let name else { throw Self.odd(place, "a file is missing") }
        guard !name.contains(":") else { throw Self.odd(place, "\(name) lies on another device") }
        return DiscImage.normal(name)
    }

    private static func odd(_ place: String, _ reason: String) -> BootMediaError {
        BootMediaError(.menuNotUnderstood, place: place, reason: reason)
    }
}

extension MenuFiles {
    /// Whether a file's name fits a pattern of fnmatch(3), without regard to case.
    static func fits(_ name: String, _ pattern: String) -> Bool {
        fnmatch(pattern.lowercased(), name.lowercased(), FNM_PATHNAME) == 0
    }
}
