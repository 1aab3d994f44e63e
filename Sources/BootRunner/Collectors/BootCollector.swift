import BootModel

/// What a collector has to say of a boot.
struct Collected {
    /// Values by `Metric.id`.
    var samples: [String: Double] = [:]
    /// Why a value that was asked for is missing, by `Metric.id`.
    var unavailable: [String: String] = [:]
    /// What a reader should know.
    var notes: [String] = []
}

/// Something that measures one boot. Its steps come in this order, all on the thread that watches the boot.
protocol BootCollector: AnyObject {
    /// What QEMU's command line needs for it.
    var qemuArguments: [String] { get }
    /// Attaches to QEMU's process, which has not executed its first instruction yet.
    /// - Throws: `RunnerError` where it cannot measure.
    func attach(to process: Int32) throws
    /// Whether QEMU has to end in order, for what is written then, rather than be killed.
    var wantsOrderlyEnd: Bool { get }
    /// The milestones on the guest's own code that were reached since this was asked last; it is asked every other
    /// millisecond in boots that have some.
    func newMilestones() -> [String]
    /// The guest has just reached a milestone; on the serial port, at this byte of it (from 1).
    func reached(_ milestone: String, atByte byte: Int?)
    /// The boot is over; QEMU still lives. What happens from here on does not belong to the boot.
    func freeze()
    /// QEMU is gone. Gives what was collected.
    func collect() -> Collected
}

extension BootCollector {
    var qemuArguments: [String] { [] }
    var wantsOrderlyEnd: Bool { false }
    func newMilestones() -> [String] { [] }
    func reached(_ milestone: String, atByte byte: Int?) {}
}
