/// What a profile can be written as.
public enum ProfileFormat: String, Sendable, Hashable, CaseIterable {
    /// Folded stacks.
    case folded
    /// speedscope's JSON: stacks with weights.
    case speedscope
    /// pprof's protocol buffer, compressed by gzip.
    case pprof
    /// callgrind's text, for KCachegrind and callgrind_annotate: callers and callees only.
    case callgrind
    /// Metadata and hotspots as JSON, described by Documentation/Profile.schema.json.
    case json
    /// Every function with its own and its total weight, a line each.
    case csv
}

extension Profile {
    /// This profile written as `format`, the same bytes for the same stacks.
    ///
    /// Formats that hold whole numbers only (pprof, callgrind) get weights rounded to the nearest one.
    public func encoded(as format: ProfileFormat) -> [UInt8] {
        switch format {
        case .folded: FoldedWriter().bytes(self)
        case .speedscope: SpeedscopeFormat.bytes(self)
        case .pprof: PprofFormat.bytes(self)
        case .callgrind: CallgrindFormat.bytes(self)
        case .json: HotspotFormat.json(self)
        case .csv: HotspotFormat.csv(self)
        }
    }
}
