/// GRUB's configuration, run as far as it decides what boots when nobody touches a key.
///
/// Only what has to do with that is obeyed: variables, conditions, menu entries, other configurations, kernels
/// and their files. Every other command counts as done. Nothing is drawn, waited for or read but the CD.
struct GRUBMenu {
    /// Where GRUB on a CD is usually told to look for its configuration.
    static let places = [
        "boot/grub/grub.cfg", "boot/grub2/grub.cfg", "grub/grub.cfg", "grub2/grub.cfg", "EFI/BOOT/grub.cfg",
        "grub.cfg",
    ]

    /// An entry of a menu, not run yet.
    private struct Entry {
        var title: String
        var identifier: String
        var body: [GRUBScript.Statement]
        var isSubmenu: Bool
        var place: String
    }

    private let files: any MenuFiles
    private let isLongMode: Bool
    private var variables: [String: String] = [
        "root": "cd0", "prefix": "(cd0)/boot/grub", "cmdpath": "(cd0)/boot/grub", "grub_platform": "pc",
        "grub_cpu": "i386", "feature_menuentry_id": "y", "feature_default_font_path": "y",
        "feature_timeout_style": "y", "feature_platform_search_hint": "y", "feature_all_video_module": "y",
        "feature_nativedisk_cmd": "y", "feature_chainloader_bpb": "y", "feature_ntldr": "y",
        "feature_200_final": "y",
    ]
    private var functions: [String: [GRUBScript.Statement]] = [:]
    private var entries: [Entry] = []
    private var place = ""
    private var depth = 0
    private var stepsLeft = 100_000
    private var loaded: BootEntry?
    private var isBooting = false
    private var refusal: BootMediaError?

    /// Runs the configuration at `place`.
    ///
    /// - Parameter isLongMode: whether the machine's processor has 64 bits, for menus that ask.
    /// - Throws: `BootMediaError`.
    init(_ place: String, of files: any MenuFiles, isLongMode: Bool) throws(BootMediaError) {
        self.files = files
        self.isLongMode = isLongMode
        let folder = place.split(separator: "/").dropLast().joined(separator: "/")
        variables["prefix"] = "(cd0)/\(folder)"
        try runFile(place)
        self.place = place
    }

    // MARK: What boots

    /// What boots when nobody touches a key.
    /// - Throws: `BootMediaError`.
    mutating func entry() throws(BootMediaError) -> BootEntry {
        var title = ""
        var chosen = variables["default"] ?? ""
        var levels = 0
        while !isBooting, !entries.isEmpty {
            levels += 1
            guard levels < 16 else { throw odd("its menus do not end") }
            let parts = chosen.split(separator: ">", maxSplits: 1).map(String.init)
            let wanted = parts.first ?? ""
            let found =
                entries.first { !wanted.isEmpty && ($0.identifier == wanted || $0.title == wanted) }
                ?? Int(wanted).flatMap { entries.indices.contains($0) ? entries[$0] : nil }
                // GRUB falls back to the first, too.
                ?? entries[0]
            title = found.title
            place = found.place
            entries = []
            loaded = nil
            try run(found.body)
            guard found.isSubmenu else { break }
            chosen = parts.count > 1 ? parts[1] : variables["default"] ?? ""
        }
        if let refusal { throw refusal }
        guard var loaded else {
            throw BootMediaError(
                .notLiftable, place: place,
                reason: title.isEmpty
                    ? "it boots no kernel by itself" : "the entry '\(title)' boots no kernel")
        }
        loaded.title = title
        return loaded
    }

    private func odd(_ reason: String, _ line: Int? = nil) -> BootMediaError {
        BootMediaError(.menuNotUnderstood, place: line.map { "\(place):\($0)" } ?? place, reason: reason)
    }

    // MARK: Running

    private mutating func runFile(_ name: String) throws(BootMediaError) {
        guard depth < 16 else { throw odd("a configuration leads to itself") }
        let path = Self.path(name)
        let script = try GRUBScript(try files.text(of: path), name: path)
        let outer = place
        place = path
        depth += 1
        try run(script.statements)
        depth -= 1
        place = outer
    }

    /// Runs statements; gives whether the last one succeeded.
    @discardableResult
    private mutating func run(_ statements: [GRUBScript.Statement]) throws(BootMediaError) -> Bool {
        var succeeded = true
        for statement in statements where !isBooting {
            stepsLeft -= 1
            guard stepsLeft > 0 else { throw odd("it does not end") }
            switch statement {
            case .command(let words, let block, let line):
                succeeded = try obey(words.flatMap(expanded), block, line)
            case .function(let name, let body): functions[name] = body
            case .loop(let variable, let words, let body, _):
                for value in words.flatMap(expanded) {
                    variables[variable] = value
                    succeeded = try run(body)
                }
            case .conditional(let branches, let otherwise):
                var isDecided = false
                for branch in branches where !isDecided {
                    isDecided = try run(branch.condition)
                    if isDecided { succeeded = try run(branch.body) }
                }
                if !isDecided { succeeded = try run(otherwise) }
            }
        }
        return succeeded
    }

    /// The words that a word becomes: the value of a variable outside quotation marks is split at spaces.
    private func expanded(_ word: GRUBScript.Word) -> [String] {
        var words: [String] = []
        var current = ""
        var isWord = word.wasQuoted
        for part in word.parts {
            switch part {
            case .text(let text):
                current += text
                isWord = true
            case .variable(let name, true): current += variables[name] ?? ""
            case .variable(let name, false):
                let value = variables[name] ?? ""
                for (index, piece) in value.split(separator: " ", omittingEmptySubsequences: false)
                    .enumerated()
                {
                    if index > 0 {
                        if isWord || !current.isEmpty { words.append(current) }
                        current = ""
                        isWord = false
                    }
                    current += piece
                }
            }
            // A value that doubles itself in a loop is nobody's menu.
            if current.utf8.count > 1 << 16 { current = String(current.prefix(1 << 12)) }
        }
        if isWord || !current.isEmpty { words.append(current) }
        return words
    }

    private mutating func obey(
        _ words: [String], _ block: [GRUBScript.Statement]?, _ line: Int
    ) throws(BootMediaError) -> Bool {
        guard let command = words.first else { return true }
        let arguments = Array(words.dropFirst())
        switch command {
        case "set": arguments.first.map { assign($0) }
        case "unset": arguments.forEach { variables[$0] = nil }
        case "menuentry", "submenu":
            add(arguments, block ?? [], isSubmenu: command == "submenu", line)
        case "true": return true
        case "false", "keystatus": return false
        case "not", "!": return try !obey(arguments, nil, line)
        case "cpuid": return isLongMode
        case "[", "test":
            return holds(command == "[" && arguments.last == "]" ? arguments.dropLast() : arguments[...])
        case "search": search(arguments)
        case "source", ".":
            guard let name = arguments.first, files.holds(Self.path(name)) else { return false }
            try runFile(name)
        case "configfile", "extract_entries_configfile", "normal":
            guard let name = arguments.first, files.holds(Self.path(name)) else { return false }
            entries = []
            try runFile(name)
        case "boot": isBooting = loaded != nil || refusal != nil
        default: return try load(command, arguments, line)
        }
        return true
    }

    private mutating func assign(_ text: String) {
        guard let equals = text.firstIndex(of: "=") else { return }
        variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
    }

    private mutating func add(
        _ arguments: [String], _ body: [GRUBScript.Statement], isSubmenu: Bool, _ line: Int
    ) {
        var title: String?
        var identifier = ""
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "--id": identifier = rest.popFirst() ?? ""
            case "--class", "--users", "--hotkey", "--source": _ = rest.popFirst()
            case "--unrestricted": break
            default:
                if word.hasPrefix("--id=") {
                    identifier = String(word.dropFirst(5))
                } else if !word.hasPrefix("--"), title == nil {
                    title = word
                }
            }
        }
        guard entries.count < 10_000 else { return }
        entries.append(
            Entry(
                title: title ?? "", identifier: identifier, body: body, isSubmenu: isSubmenu,
                place: "\(place):\(line)"))
    }

    /// `search` finds what it looks for on the CD, the only medium that there is.
    private mutating func search(_ arguments: [String]) {
        var variable = "root"
        for (index, word) in arguments.enumerated() {
            if word.hasPrefix("--set=") { variable = String(word.dropFirst(6)) }
            if word == "--set", index + 1 < arguments.count, !arguments[index + 1].hasPrefix("-") {
                variable = arguments[index + 1]
            }
        }
        variables[variable] = "cd0"
    }

    /// `[ … ]`: comparisons and files, with `!`, `-a` and `-o`.
    private func holds(_ words: ArraySlice<String>) -> Bool {
        if let place = words.firstIndex(of: "-o") {
            return holds(words[..<place]) || holds(words[(place + 1)...])
        }
        if let place = words.firstIndex(of: "-a") {
            return holds(words[..<place]) && holds(words[(place + 1)...])
        }
        let test = Array(words)
        if test.first == "!" { return !holds(words.dropFirst()) }
        switch test.count {
        case 1: return !test[0].isEmpty
        case 2:
            switch test[0] {
            case "-z": return test[1].isEmpty
            case "-n": return !test[1].isEmpty
            case "-e", "-f", "-s": return files.holds(Self.path(test[1]))
            default: return false
            }
        case 3:
            switch test[1] {
            case "=", "==": return test[0] == test[2]
            case "!=": return test[0] != test[2]
            case "-eq", "-ne", "-lt", "-gt", "-le", "-ge":
                guard let left = Int(test[0]), let right = Int(test[2]) else { return false }
                return [
                    "-eq": left == right, "-ne": left != right, "-lt": left < right, "-gt": left > right,
                    "-le": left <= right, "-ge": left >= right,
                ][test[1]] ?? false
            default: return false
            }
        default: return false
        }
    }
}

extension GRUBMenu {
    /// A path on the CD: without the device before it.
    fileprivate static func path(_ name: String) -> String {
        guard name.hasPrefix("("), let end = name.firstIndex(of: ")") else { return DiscImage.normal(name) }
        return DiscImage.normal(String(name[name.index(after: end)...]))
    }

    /// The commands that load kernels and their files; every other one counts as done.
    private mutating func load(_ command: String, _ arguments: [String], _ line: Int) throws(BootMediaError)
        -> Bool
    {
        let words = arguments.drop { $0.hasPrefix("--") }
        func refused(_ reason: String) -> BootMediaError {
            BootMediaError(.notLiftable, place: "\(place):\(line)", reason: reason)
        }
        switch command {
        case "linux", "linux16", "linuxefi", "multiboot":
            guard let kernel = words.first else { return false }
            loaded = BootEntry(
                title: "", kind: command == "multiboot" ? .multiboot : .linux, kernel: Self.path(kernel),
                commandLine: Self.line(words.dropFirst()))
            refusal = nil
        case "initrd", "initrd16", "initrdefi":
            loaded?.files = words.map { BootEntry.File(path: Self.path($0)) }
        case "module", "module_no_args":
            guard let name = words.first else { return false }
            loaded?.files.append(
                BootEntry.File(
                    path: Self.path(name),
                    words: [name] + Self.moduleWords(Array(words.dropFirst()), command),
                    isUnpacked: !arguments.contains("--nounzip")))
        case "multiboot2": refusal = refused("it boots by multiboot 2, and QEMU loads multiboot 1 alone")
        case "chainloader", "ntldr", "linux32", "knetbsd", "kfreebsd", "kopenbsd", "xen_hypervisor",
            "xnu_kernel64":
            refusal = refused("it starts a kernel by '\(command)', which QEMU cannot")
        default:
            if let body = functions[command] {
                guard depth < 16 else { throw odd("a function calls itself", line) }
                depth += 1
                for (index, value) in arguments.prefix(9).enumerated() { variables["\(index + 1)"] = value }
                let succeeded = try run(body)
                depth -= 1
                return succeeded
            }
            // An assignment needs no `set`.
            if arguments.isEmpty, command.contains("=") { assign(command) }
        }
        return true
    }

    /// A module's words as QEMU hands them on: behind the file's name.
    ///
    /// GRUB 2 leaves the file's name out, so menus repeat it as the first word for kernels that expect one
    /// (GNU Mach's servers, Xen's placeholder). That word goes, because QEMU's takes its place.
    private static func moduleWords(_ words: [String], _ command: String) -> [String] {
        guard let first = words.first, command == "module" else { return [] }
        let isName = first.first.map { $0.isLetter || $0 == "/" } ?? false && !first.contains("=")
        return isName ? Array(words.dropFirst()) : words
    }

    /// Words as one line, quoted as GRUB does where they hold spaces.
    private static func line(_ words: ArraySlice<String>) -> String {
        words.map { $0.contains(" ") ? "\"\($0)\"" : $0 }.joined(separator: " ")
    }
}
