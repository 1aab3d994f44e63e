/// ISOLINUX's configuration, as far as it decides what boots when nobody touches a key.
///
/// The format is that of doc/syslinux.txt and doc/menu.txt in SYSLINUX 6.
struct IsolinuxMenu {
    /// Where ISOLINUX 6 looks for its configuration, in its order.
    static let places = [
        "boot/isolinux/isolinux.cfg", "isolinux/isolinux.cfg", "isolinux.cfg", "boot/isolinux/syslinux.cfg",
        "isolinux/syslinux.cfg", "boot/syslinux/isolinux.cfg", "syslinux/isolinux.cfg",
        "boot/syslinux/syslinux.cfg", "syslinux/syslinux.cfg", "syslinux.cfg",
    ]

    private struct Label {
        var name: String
        var kernel = ""
        var append: String?
        var initrd = ""
        var place: String
        var boots = true
    }

    private let files: any MenuFiles
    private let folder: String
    private var labels: [Label] = []
    private var preferred = ""
    private var menuDefault: String?
    private var onTimeout: String?
    private var globalAppend = ""
    private var usesMenu = false
    private var linesLeft = 100_000

    /// Reads the configuration at `place`.
    /// - Throws: `BootMediaError`.
    init(_ place: String, of files: any MenuFiles) throws(BootMediaError) {
        self.files = files
        folder = place.split(separator: "/").dropLast().joined(separator: "/")
        try read(place, depth: 0)
    }

    private mutating func read(_ place: String, depth: Int) throws(BootMediaError) {
        guard depth < 16 else { throw Self.odd(place, "INCLUDE leads to itself") }
        let text = try files.text(of: place)
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
        {
            linesLeft -= 1
            guard linesLeft > 0 else { throw Self.odd(place, "the menu has over 100,000 lines") }
            try obey(String(line), at: "\(place):\(number + 1)", depth: depth)
        }
    }

    /// The first word of a line in lower case, and what follows it.
    private static func split(_ line: String) -> (word: String, rest: String) {
        let trimmed = line.drop(while: \.isWhitespace)
        let word = trimmed.prefix { !$0.isWhitespace }
        let rest = trimmed.dropFirst(word.count).drop(while: \.isWhitespace)
        var text = String(rest)
        while text.last?.isWhitespace == true { text.removeLast() }
        return (word.lowercased(), text)
    }

    private mutating func obey(_ line: String, at place: String, depth: Int) throws(BootMediaError) {
        let (word, rest) = Self.split(line)
        switch word {
        case "label": labels.append(Label(name: Self.split(rest).word, place: place))
        case "default": preferred = rest
        case "ui": usesMenu = true
        case "ontimeout": onTimeout = rest
        case "include": try include(Self.split(rest).word.isEmpty ? "" : firstWord(rest), depth)
        case "config": throw Self.odd(place, "CONFIG starts another menu")
        case "menu": try obeyMenu(rest, at: place, depth: depth)
        case "kernel", "linux", "com32", "boot", "bss", "pxe", "fdimage", "comboot":
            setKernel(rest)
        case "localboot": if !labels.isEmpty { labels[labels.count - 1].boots = false }
        case "initrd": if !labels.isEmpty { labels[labels.count - 1].initrd = rest }
        case "append":
            if labels.isEmpty { globalAppend = rest } else { labels[labels.count - 1].append = rest }
        default: break
        }
    }

    private func firstWord(_ text: String) -> String { String(text.prefix { !$0.isWhitespace }) }

    private mutating func setKernel(_ name: String) {
        if !labels.isEmpty { labels[labels.count - 1].kernel = name }
    }

    private mutating func obeyMenu(_ text: String, at place: String, depth: Int) throws(BootMediaError) {
        let (word, rest) = Self.split(text)
        switch word {
        case "default":
            if rest.isEmpty { menuDefault = labels.last?.name } else { menuDefault = rest }
        case "include": try include(firstWord(rest), depth)
        default: break
        }
    }

    private mutating func include(_ name: String, _ depth: Int) throws(BootMediaError) {
        try read(path(name), depth: depth + 1)
    }

    private func path(_ name: String) -> String {
        name.hasPrefix("/") ? DiscImage.normal(name) : DiscImage.normal("\(folder)/\(name)")
    }

    // MARK: What boots

    /// What boots when nobody touches a key.
    /// - Throws: `BootMediaError` of code `notLiftable` or `menuNotUnderstood`.
    func entry() throws(BootMediaError) -> BootEntry {
        let label = try chosen()
        guard label.boots else {
            throw BootMediaError(
                .notLiftable, place: label.place,
                reason: "the entry '\(label.name)' boots a disk, and no kernel")
        }
        let kernel = label.kernel.isEmpty ? label.name : label.kernel
        var append = label.append ?? globalAppend
        if append == "-" { append = "" }
        let name = kernel.split(separator: "/").last.map { $0.lowercased() } ?? ""
        if name.hasPrefix("mboot") { return try multiboot(label, append) }
        guard !name.hasSuffix(".c32"), name != "memdisk", !name.hasSuffix(".bin"), !name.hasSuffix(".img")
        else {
            throw BootMediaError(
                .notLiftable, place: label.place,
                reason: "the entry '\(label.name)' starts \(kernel), which is no kernel")
        }
        var words = Self.words(append)
        var ramDisks = label.initrd
        // Either may name it, and the last one wins.
        if let named = words.last(where: { $0.lowercased().hasPrefix("initrd=") }) {
            if ramDisks.isEmpty { ramDisks = String(named.dropFirst("initrd=".count)) }
            words.removeAll { $0.lowercased().hasPrefix("initrd=") }
        }
        return BootEntry(
            title: label.name, kind: .linux, kernel: path(kernel), commandLine: words.joined(separator: " "),
            files: ramDisks.split(separator: ",").map { BootEntry.File(path: path(String($0))) })
    }

    private static func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }

    /// mboot.c32 takes kernel and modules in one line, with `---` between them.
    private func multiboot(_ label: Label, _ append: String) throws(BootMediaError) -> BootEntry {
        let parts = Self.words(append).split(separator: "---").map(Array.init)
        guard let first = parts.first, let kernel = first.first else {
            throw Self.odd(label.place, "mboot.c32 without a kernel")
        }
        return BootEntry(
            title: label.name, kind: .multiboot, kernel: path(kernel),
            commandLine: first.dropFirst().joined(separator: " "),
            files: parts.dropFirst().compactMap { words in
                guard let name = words.first else { return nil }
                // mboot.c32 hands on the file's name as the first word, as QEMU does.
                return BootEntry.File(path: path(name), words: [name] + words.dropFirst(), isUnpacked: true)
            })
    }

    private func chosen() throws(BootMediaError) -> Label {
        let isMenu = usesMenu || firstWord(preferred).lowercased().hasSuffix(".c32")
        let names = [onTimeout, isMenu ? menuDefault : nil, isMenu ? nil : preferred, menuDefault]
        for name in names.compactMap({ $0 }) where !name.isEmpty {
            if let label = labels.first(where: { $0.name == firstWord(name).lowercased() }) { return label }
            // DEFAULT may hold a whole command in place of a label.
            if labels.isEmpty || name.contains(" ") {
                var label = Label(name: firstWord(name), place: folder)
                label.append = String(name.dropFirst(label.name.count).drop(while: \.isWhitespace))
                return label
            }
        }
        if let first = labels.first, isMenu || preferred.isEmpty { return first }
        throw Self.odd(folder, "the menu's default entry '\(preferred)' is not among its labels")
    }

    private static func odd(_ place: String, _ reason: String) -> BootMediaError {
        BootMediaError(.menuNotUnderstood, place: place, reason: reason)
    }
}
