import BootModel

/// A profile in a file, whatever kind it is of.
public struct ProfileInput {
    /// What a file turned out to be.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// What `perf record` writes.
        case perfData = "perf.data"
        /// speedscope's JSON.
        case speedscope = "speedscope JSON"
        /// pprof's protocol buffer.
        case pprof
        /// What `perf script` prints.
        case perfScript = "perf script text"
        /// Folded stacks with a weight each.
        case folded = "folded stacks"
        /// Folded stacks with a weight before and one after.
        case foldedPair = "differential folded stacks"
    }

    /// How many bytes an input is recognised by.
    static let lookAhead = 1 << 16

    /// What the file is.
    public let kind: Kind
    private let source: ProfileSource
    private let stream: ByteStream
    private let options: FoldingOptions

    /// Opens `source` and recognises what it is by its content; gzip is looked into.
    ///
    /// - Throws: `ProfileError` where it cannot be read or is of no known kind.
    public static func open(
        _ source: ProfileSource, options: FoldingOptions = FoldingOptions()
    ) throws(ProfileError) -> ProfileInput {
        let stream = try ByteStream(source)
        let head = try stream.peek(lookAhead)
        let kind = try Recognition.kind(of: head, name: stream.name)
        return ProfileInput(kind: kind, source: source, stream: stream, options: options)
    }

    /// Reads the profile; of a pair, the one after. An input can be read once.
    ///
    /// - Throws: `ProfileError` with the place, where the input cannot be read.
    public func read() throws(ProfileError) -> Profile {
        switch kind {
        case .perfData: try PerfDataReader(options: options).read(stream, source)
        case .speedscope: try SpeedscopeFormat.read(stream.readAll(), name: stream.name)
        case .pprof: try PprofFormat.read(stream.readAll(), name: stream.name)
        case .perfScript: try PerfScriptReader(options: options).read(stream)
        case .folded: try FoldedReader(partial: options.partial).read(stream)
        case .foldedPair: try FoldedReader(partial: options.partial).readPair(stream).after
        }
    }

    /// Reads all of `sources` and merges them into one profile, one at a time.
    ///
    /// - Throws: `ProfileError` where one cannot be read, or none holds a stack.
    public static func merged(
        _ sources: [ProfileSource], options: FoldingOptions = FoldingOptions()
    ) throws(ProfileError) -> Profile {
        var merged = Profile()
        for (index, source) in sources.enumerated() {
            let profile = try open(source, options: options).read()
            if index == 0 { merged = profile } else { try merged.merge(profile) }
        }
        guard merged.total > 0 else {
            throw ProfileError(
                .empty, file: sources.map(\.name).joined(separator: ", "), "there is no stack in it",
                nextStep: "Record again with call graphs (perf record -g), for longer.")
        }
        return merged
    }
}
