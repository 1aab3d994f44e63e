/// What looks into boots of their own on request: how often the guest is sampled, which events QEMU traces.
public struct Instruments: Sendable, Hashable, Codable {
    /// The most samples a second.
    public static let fastest = 1_000

    /// Samples a second, 1 to 1,000; nil for each sampler's own rate.
    public var sampleRate: Int?

    /// Patterns of QEMU's trace events, as its option `-trace` takes them; nil for none.
    public var traces: [String]?

    /// What looks into boots.
    public init(sampleRate: Int? = nil, traces: [String]? = nil) {
        self.sampleRate = sampleRate
        self.traces = traces
    }

    /// Whether it asks for nothing.
    public var isEmpty: Bool { self == Instruments() }
}
