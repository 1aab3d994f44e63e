/// A kind of profile that is read. A new one is a type like this in a file, and a line in `ProfileReaders.all`.
protocol ProfileReader: Sendable {
    /// What the kind is called.
    static var kind: ProfileInput.Kind { get }

    /// Whether an input that begins with `head` is of this kind. Asked in the order of `ProfileReaders.all`.
    static func recognises(_ head: InputHead) -> Bool

    /// Reads the whole input.
    ///
    /// - Throws: `ProfileError` with the line or the byte where it gave up.
    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile
}

/// All kinds that are read.
enum ProfileReaders {
    /// The most certain signs first: magic numbers, then documents, then text by its first lines, and last what
    /// many texts look like.
    static let all: [any ProfileReader.Type] = [
        PerfDataReader.self,
        GperftoolsFormat.self,
        AustinBinaryFormat.self,
        PstatsFormat.self,
        SpeedscopeFormat.self,
        FirefoxFormat.self,
        GeckoFormat.self,
        PyinstrumentFormat.self,
        ProfileJSONFormat.self,
        PprofFormat.self,
        CallgrindFormat.self,
        MassifFormat.self,
        GprofFormat.self,
        VTuneFormat.self,
        AustinFormat.self,
        StraceSummaryFormat.self,
        QEMUTraceFormat.self,
        StraceFormat.self,
        PerfScriptReader.self,
        FoldedPairFormat.self,
        FoldedReader.self,
    ]

    /// The reader of an input that begins with `head`.
    ///
    /// - Throws: `ProfileError` where it is of no kind that is read.
    static func reader(
        of head: InputHead, name: String
    ) throws(ProfileError) -> any ProfileReader.Type {
        guard !head.bytes.isEmpty else {
            throw ProfileError(
                .empty, file: name, "it is empty", nextStep: "Record the profile again.")
        }
        for reader in all where reader.recognises(head) { return reader }
        throw ProfileError(
            .unknownKind, file: name, at: .byte(0), "it is no kind of profile that is read",
            nextStep: "Give one of: " + all.map { $0.kind.name }.joined(separator: ", ") + ".")
    }
}

/// The beginning of an input, by which its kind is recognised.
struct InputHead {
    /// How many bytes are looked at.
    static let limit = 1 << 16
    private static let mostLines = 400

    /// The first bytes.
    let bytes: ArraySlice<UInt8>
    /// The first lines, empty ones left out; one that may be cut by the end of the look-ahead too.
    let lines: [ArraySlice<UInt8>]

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        var lines = bytes.split(
            separator: 0x0A, maxSplits: Self.mostLines, omittingEmptySubsequences: true)
        if lines.count > Self.mostLines || bytes.count >= Self.limit, lines.count > 1 { lines.removeLast() }
        self.lines = lines
    }

    /// The first of `lines` that begins with none of `comments`.
    func firstLine(withoutComments comment: UInt8 = 0x23) -> ArraySlice<UInt8>? {
        lines.first { $0.first != comment }
    }

    /// Whether the first lines begin one by one with `text`, up to the `count`th.
    func holdsLine(beginning text: String, within count: Int = 40) -> Bool {
        lines.prefix(count).contains { $0.starts(with: text.utf8) }
    }

    /// The text of an input that looks like a JSON object; nil of any other.
    var objectText: String? {
        guard bytes.first(where: { $0 > 0x20 }) == 0x7B else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What a reader reads, and how.
struct ReaderInput {
    /// The bytes in order, with compression undone.
    let stream: ByteStream
    /// Where they come from, for what is read at any place.
    let source: ProfileSource
    /// What is taken, and what it is called.
    let options: FoldingOptions
    /// The symbols that inputs before it needed.
    var symbols = SymbolFiles()

    /// What errors call the input.
    var name: String { stream.name }

    /// A fault in the input.
    func fault(
        _ detail: String, at place: ProfileError.Place = .whole, _ code: ProfileError.Code = .malformed,
        nextStep: String = "Export the profile again."
    ) -> ProfileError {
        ProfileError(code, file: name, at: place, detail, nextStep: nextStep)
    }
}
