/// What disturbed the host during one boot. Each is nil where the host does not tell.
public struct Conditions: Sendable, Hashable, Codable {
    /// The load average over the last minute when the boot began.
    public var load: Double?
    /// The share of all processors' time that other processes used during the boot: 0 to 1.
    public var others: Double?
    /// The share of all processors' time that the hypervisor gave to other machines: 0 to 1.
    public var stolen: Double?
    /// How often a processor was throttled for its heat during the boot.
    public var throttled: Double?
    /// The mean frequency of the processors at the boot's end, in hertz.
    public var frequency: Double?
    /// The share of the boot in which some process waited for memory: 0 to 1.
    public var memoryPressure: Double?

    /// Conditions.
    public init(
        load: Double? = nil, others: Double? = nil, stolen: Double? = nil, throttled: Double? = nil,
        frequency: Double? = nil, memoryPressure: Double? = nil
    ) {
        self.load = load
        self.others = others
        self.stolen = stolen
        self.throttled = throttled
        self.frequency = frequency
        self.memoryPressure = memoryPressure
    }
}
