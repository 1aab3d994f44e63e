import BootModel

/// A profile in a file, whatever kind it is of.
public struct ProfileInput {
    /// What a file turned out to be.
    public struct Kind: Sendable, Hashable {
        /// What it is called, for people.
        public let name: String
        /// What it knows of its samples beside their stacks.
        public let facts: Facts

        init(_ name: String, knows facts: Facts = []) {
            self.name = name
            self.facts = facts
        }

        /// What a kind may know of samples beside their stacks.
        public struct Facts: OptionSet, Sendable, Hashable {
            /// The bits of the facts.
            public let rawValue: Int
            /// Facts of the bits `rawValue`.
            public init(rawValue: Int) { self.rawValue = rawValue }

            /// Process, thread, command and processor, and the time on a clock.
            public static let circumstances = Facts(rawValue: 1)
            /// In which order they were taken, singly.
            public static let order = Facts(rawValue: 2)
            /// The modules (programs, libraries) that functions lie in.
            public static let modules = Facts(rawValue: 4)

            /// The names of the kinds that know them.
            public var kinds: String {
                ProfileInput.kinds.filter { $0.facts.isSuperset(of: self) }.map(\.name)
                    .joined(separator: ", ")
            }
        }

        /// Its name in small letters and digits with hyphens between: `strace-c`.
        package var label: String {
            name.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.joined(separator: "-")
        }
    }

    /// The kinds that are read.
    public static var kinds: [Kind] { ProfileReaders.all.map { $0.kind } }

    /// What the file is.
    public var kind: Kind { reader.kind }
    private let reader: any ProfileReader.Type
    private var input: ReaderInput

    /// Opens `source` and recognises what it is by its content; gzip is looked into.
    ///
    /// - Throws: `ProfileError` where it cannot be read or is of no known kind.
    public static func open(
        _ source: ProfileSource, options: FoldingOptions = FoldingOptions()
    ) throws(ProfileError) -> ProfileInput {
        let stream = try ByteStream(source, partial: options.partial)
        let head = InputHead(try stream.peek(InputHead.limit))
        return ProfileInput(
            reader: try ProfileReaders.reader(of: head, name: stream.name),
            input: ReaderInput(stream: stream, source: source, options: options))
    }

    /// Opens `source` as the kind of the label `label`, whatever it looks like; for tests with damaged inputs.
    package static func open(
        _ source: ProfileSource, as label: String, options: FoldingOptions
    ) throws(ProfileError) -> ProfileInput? {
        for reader in ProfileReaders.all where reader.kind.label == label {
            let stream = try ByteStream(source, partial: options.partial)
            return ProfileInput(
                reader: reader, input: ReaderInput(stream: stream, source: source, options: options))
        }
        return nil
    }

    /// Reads the profile; of a pair, the one after. An input can be read once.
    ///
    /// - Throws: `ProfileError` with the place, where the input cannot be read.
    public func read() throws(ProfileError) -> Profile {
        var profile = try checked { () throws(ProfileError) in try reader.read(input) }
        if let cut = input.stream.cut { profile.notes.append(cut) }
        return named(profile)
    }

    /// Reads both profiles of differential folded stacks. An input can be read once.
    ///
    /// - Throws: `ProfileError` with the place, where the input cannot be read or is of another kind.
    public func readPair() throws(ProfileError) -> (before: Profile, after: Profile) {
        guard kind == .foldedPair else {
            throw ProfileError(
                .unsupported, file: input.name, "it is \(kind.name), which holds one profile",
                nextStep: "Name what it is compared with too: bootmark diff BEFORE AFTER.")
        }
        var pair = try checked { () throws(ProfileError) in
            try FoldedReader(partial: input.options.partial).readPair(input.stream)
        }
        if let cut = input.stream.cut { pair.after.notes.append(cut) }
        return (named(pair.before), named(pair.after))
    }

    private func checked<Read>(_ read: () throws(ProfileError) -> Read) throws(ProfileError) -> Read {
        try checkThatOptionsApply()
        do throws(ProfileError) { return try read() } catch { throw error.naming(input.name) }
    }

    private func named(_ profile: Profile) -> Profile {
        input.options.showsRawNames ? profile : profile.demangled()
    }

    /// Refuses what would be ignored: samples picked, ordered or named by what the kind does not know.
    private func checkThatOptionsApply() throws(ProfileError) {
        let options = input.options
        let asked: [(isAsked: Bool, facts: Kind.Facts, what: String)] = [
            (!options.selection.isEverything, .circumstances, "process, thread, command, processor or time"),
            (options.needsOrder, .order, "order or time: equal stacks are merged in it"),
            (options.namesModules, .modules, "modules"),
        ]
        for (isAsked, facts, what) in asked where isAsked && !kind.facts.isSuperset(of: facts) {
            throw ProfileError(
                .unsupported, file: input.name, "it is \(kind.name), which holds no \(what)",
                nextStep: "Those that do: \(facts.kinds).")
        }
    }

    /// Reads all of `sources` and merges them into one profile, one at a time, each after `change`.
    ///
    /// - Throws: `ProfileError` where one cannot be read, or none holds a stack.
    public static func merged(
        _ sources: [ProfileSource], options: FoldingOptions = FoldingOptions(),
        each change: (Profile) throws(ProfileError) -> Profile = { $0 }
    ) throws(ProfileError) -> Profile {
        var merged = Profile()
        let symbols = SymbolFiles()
        for (index, source) in sources.enumerated() {
            var opened = try open(source, options: options)
            opened.input.symbols = symbols
            let profile = try change(opened.read())
            if index == 0 { merged = profile } else { try merged.merge(profile) }
        }
        try check(merged, of: sources, options)
        return merged
    }

    /// Refuses a profile that was read from `sources` and holds nothing.
    ///
    /// - Throws: `ProfileError` of the code `empty`.
    public static func check(
        _ profile: Profile, of sources: [ProfileSource], _ options: FoldingOptions
    ) throws(ProfileError) {
        guard profile.total <= 0 else { return }
        let isSelection = !options.selection.isEverything
        throw ProfileError(
            .empty, file: sources.map(\.name).joined(separator: ", "),
            isSelection ? "no stack in it is of what was selected" : "there is no stack in it",
            nextStep: isSelection
                ? "See what there is without the selection: bootmark fold --tid FILE."
                : "Record again with call graphs (perf record -g), for longer.")
    }
}
