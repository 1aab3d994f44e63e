import BootModel
import GuestObserver

/// What was counted when each milestone came, and what that makes of a boot's metrics.
struct CountedMoments {
    private var moments: [(milestone: String, byte: Int?, reading: GuestCounters.Reading)] = []
    private var fault: String?
    private let symbols: WatchedSymbols

    /// Nothing has come yet. At a function of `symbols` what the plugin counted there holds.
    init(_ symbols: WatchedSymbols) { self.symbols = symbols }

    /// Notes a milestone, at this byte of the serial port (from 1), and what is counted by now.
    mutating func reached(_ milestone: String, atByte byte: Int?, of counters: GuestCounters) {
        do {
            moments.append((milestone, byte, try counters.read()))
        } catch {
            fault = "\(error)"
        }
    }

    /// What was counted at the boot's end; nil where it was not reached.
    private(set) var end: GuestCounters.Reading?

    /// The counts of the whole boot and of its phases.
    ///
    /// - Parameter isExact: whether they are taken on the guest's side, at the instruction that wrote each
    ///   milestone's first byte, rather than when that byte had come.
    mutating func collect(from counters: GuestCounters, isExact: Bool) -> Collected {
        guard moments.last?.milestone == BootScript.booted else {
            return Self.unavailable(fault ?? "the boot did not reach its end")
        }
        do {
            let readings =
                try isExact
                ? exactReadings(counters)
                : moments.map { try symbols.reading($0.milestone, counters) ?? $0.reading }
            end = readings.last
            return Collected(samples: samples(readings, of: counters.observation))
        } catch {
            return Self.unavailable("\(error)")
        }
    }

    private static func unavailable(_ reason: String) -> Collected {
        Collected(unavailable: [Metric.guestInstructions.id: reason, Metric.guestBlocks.id: reason])
    }

    private func exactReadings(_ counters: GuestCounters) throws -> [GuestCounters.Reading] {
        let log = try counters.serialLog()
        return try moments.map { moment in
            if let reading = try symbols.reading(moment.milestone, counters) { return reading }
            guard let byte = moment.byte, let reading = log.reading(atByte: UInt64(byte)) else {
                throw RunnerError(
                    .environment,
                    "\(moment.milestone) was not seen on the serial port, so its count is not exact.",
                    next:
                        "Give a milestone that the guest writes to its first serial port, or symbol:FUNCTION."
                )
            }
            return reading
        }
    }

    private func samples(
        _ readings: [GuestCounters.Reading], of observation: GuestObservation
    ) -> [String: Double] {
        guard let last = readings.last else { return [:] }
        var samples = [Metric.guestInstructions.id: Double(last.instructions)]
        if !observation.omitsBlocks { samples[Metric.guestBlocks.id] = Double(last.blocks) }
        guard readings.count > 1 else { return samples }
        var phase = BootScript.powerOn
        var before: UInt64 = 0
        for (moment, reading) in zip(moments, readings) {
            samples[Metric.guestInstructions.of(phase: phase).id] = Double(reading.instructions &- before)
            (phase, before) = (moment.milestone, reading.instructions)
        }
        return samples
    }
}
