/// All boots of one scenario in one sitting, with the fingerprint of what ran them.
public struct Run: Sendable, Hashable, Codable {
    /// The version of the format that this Bootmark writes.
    public static let currentSchema = 1

    /// The version of the format.
    public var schema: Int
    /// The scenario's name.
    public var scenario: String
    /// What was going to be done.
    public var plan: Plan
    /// What ran it.
    public var fingerprint: Fingerprint
    /// The metrics that the boots yield, in the order in which reports list them.
    public var metrics: [Metric]
    /// The boots taken so far.
    public var boots: [Boot]
    /// What a reader should know about the whole run.
    public var notes: [String]

    /// A run.
    public init(
        schema: Int = Run.currentSchema, scenario: String, plan: Plan, fingerprint: Fingerprint,
        metrics: [Metric], boots: [Boot] = [], notes: [String] = []
    ) {
        self.schema = schema
        self.scenario = scenario
        self.plan = plan
        self.fingerprint = fingerprint
        self.metrics = metrics
        self.boots = boots
        self.notes = notes
    }

    /// The values of one metric over the boots that were timed and that reached their end, in order.
    public func samples(of metric: Metric) -> [Double] {
        boots.filter { $0.purpose == .timed && $0.outcome.isBooted }.compactMap { $0.samples[metric.id] }
    }

    /// The boots that did not reach what the scenario calls booted. Controls are no boots of the images as they
    /// are, so their failure is none of the system's.
    public var failures: [Boot] { boots.filter { !$0.outcome.isBooted && $0.purpose != .control } }

    /// One metric's values over the layouts that were booted: that of the images as they are first, then those of the
    /// controls. Empty where the metric has no value.
    public func layouts(of metric: Metric) -> [Double] {
        let controls = boots.filter { $0.purpose == .control && $0.outcome.isBooted }
        return samples(of: metric).prefix(1) + controls.compactMap { $0.samples[metric.id] }
    }

    /// Whether every boot of the plan was taken.
    public var isComplete: Bool { boots.count >= plan.boots.count }
}
