/// What a profile can be written as.
public enum ProfileFormat: String, Sendable, Hashable, CaseIterable {
    /// Folded stacks.
    case folded
    /// speedscope's JSON: stacks with weights.
    case speedscope
    /// pprof's protocol buffer, compressed by gzip.
    case pprof
    /// The Firefox Profiler's processed JSON.
    case firefox
    /// callgrind's text, for KCachegrind and callgrind_annotate: callers and callees only.
    case callgrind
    /// Stacks, functions and a timeline as JSON, described by Documentation/Profile.schema.json.
    case json
    /// Every function with its own and its total weight, a line each.
    case csv
    /// A flame graph for TeX, drawn by TikZ.
    case tikz
    /// The functions with the largest own weights as a bar chart for TeX, drawn by PGFPlots.
    case pgfplots

    /// Whether it shows when samples were taken, so that the reader has to keep them singly.
    public var showsTimes: Bool { self == .firefox || self == .json }
}

extension Profile {
    /// This profile written as `format`, the same bytes for the same stacks.
    ///
    /// Formats that hold whole numbers only (pprof, callgrind) get weights rounded to the nearest one.
    /// - Throws: `ProfileError` where such a weight is too large for the format.
    public func encoded(as format: ProfileFormat) throws(ProfileError) -> [UInt8] {
        switch format {
        case .folded: FoldedWriter().bytes(self)
        case .speedscope: SpeedscopeFormat.bytes(self)
        case .pprof: try PprofFormat.bytes(self)
        case .firefox: FirefoxFormat.bytes(self)
        case .callgrind: try CallgrindFormat.bytes(self)
        case .json: ProfileJSONFormat.bytes(self)
        case .csv: HotspotTables.csv(self)
        case .tikz: TeXPictures.flameGraph(self)
        case .pgfplots: TeXPictures.hotspots(self)
        }
    }
}
