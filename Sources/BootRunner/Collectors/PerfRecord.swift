import BootModel

/// Samples QEMU's stacks by `perf record`, in a boot of its own.
final class PerfRecord: BootCollector {
    private let control: PerfControl
    private let output: String

    /// Records into `output`.
    init(
        perf: String, recording: Recording, output: String,
        environment: [String: String], log: String
    ) {
        self.output = output
        control = PerfControl(
            [
                perf, "record", "-q", "-e", recording.event, "-F", "\(recording.frequency)", "--call-graph",
                recording.callGraph.rawValue, "-o", output,
                // The clock of the milestones, so that phases can be cut out of the recording.
                "-k", "CLOCK_MONOTONIC",
            ], environment: environment, log: log)
    }

    func attach(to process: Int32) throws { try control.attach(to: process) }

    func freeze() { control.order("disable", within: .seconds(2)) }

    func collect() -> Collected {
        control.finish()
        guard Files.bytes(output, limit: 8).isEmpty else { return Collected() }
        return Collected(notes: ["perf record wrote no recording; perf.log says why"])
    }
}
