/// What looks into boots of their own on request: how often the guest is sampled, which of QEMU's events are
/// traced, which plugins of the user's are loaded.
public struct Instruments: Sendable, Hashable, Codable {
    /// The most samples a second.
    public static let fastest = 1_000

    /// Samples a second, 1 to 1,000; nil for each sampler's own rate.
    public var sampleRate: Int?
    /// Patterns of QEMU's trace events, as its option `-trace` takes them: `pic_*`.
    public var traces: [String]
    /// Plugins of the user's: a path, then `,name=value` for each argument. `{boot}` stands for the boot's folder.
    public var plugins: [String]

    /// What looks into boots.
    public init(sampleRate: Int? = nil, traces: [String] = [], plugins: [String] = []) {
        self.sampleRate = sampleRate
        self.traces = traces
        self.plugins = plugins
    }

    /// Whether it asks for nothing.
    public var isEmpty: Bool { self == Instruments() }
}
