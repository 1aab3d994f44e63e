/// How much slower a metric may become before the build fails.
public struct Budget: Sendable, Hashable, Codable {
    /// What is judged.
    public var metric: Metric
    /// The share by which it may get worse: 0.03 is 3 %.
    public var tolerance: Double

    /// A budget. `tolerance` is a share: 0.03 is 3 %.
    public init(metric: Metric, tolerance: Double) {
        self.metric = metric
        self.tolerance = tolerance
    }
}
