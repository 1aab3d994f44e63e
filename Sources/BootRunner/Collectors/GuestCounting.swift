import BootModel
import GuestObserver

/// Counts what the guest executes, by a plugin in QEMU, in all and by phase.
final class GuestCounting: BootCollector {
    let qemuArguments: [String]
    private let counters: GuestCounters
    private var readings: [(milestone: String, reading: GuestCounters.Reading)] = []
    private var fault: String?

    /// Counts a boot into files in `folder`, which is private to it.
    init(plugin: GuestPlugin, folder: String) throws {
        counters = try GuestCounters(plugin: plugin, folder: folder)
        qemuArguments = counters.qemuArguments
    }

    func attach(to process: Int32) {}

    func reached(_ milestone: String) {
        do {
            readings.append((milestone, try counters.read()))
        } catch {
            fault = "\(error)"
        }
    }

    func freeze() {}

    func collect() -> Collected {
        guard let last = readings.last, last.milestone == BootScript.booted else {
            let reason = fault ?? "the boot did not reach its end"
            return Collected(
                unavailable: [Metric.guestInstructions.id: reason, Metric.guestBlocks.id: reason])
        }
        var collected = Collected(samples: [
            Metric.guestInstructions.id: Double(last.reading.instructions),
            Metric.guestBlocks.id: Double(last.reading.blocks),
        ])
        guard readings.count > 1 else { return collected }
        var phase = BootScript.powerOn
        var before: UInt64 = 0
        for (milestone, reading) in readings {
            collected.samples[Metric.guestInstructions.of(phase: phase).id] =
                Double(reading.instructions &- before)
            (phase, before) = (milestone, reading.instructions)
        }
        return collected
    }
}
