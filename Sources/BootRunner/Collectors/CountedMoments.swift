import BootModel
import GuestObserver

/// What was counted when each milestone came, and what that makes of a boot's metrics.
struct CountedMoments {
    /// A milestone, where it begins on the serial port (from 1), and what was counted when the runner saw it.
    private struct Moment {
        var milestone: String
        var byte: Int?
        var seen: GuestCounters.Reading
    }

    private var moments: [Moment] = []
    private var fault: String?
    private let symbols: WatchedSymbols

    /// Nothing has come yet. At a function of `symbols` what the plugin counted there holds.
    init(_ symbols: WatchedSymbols) { self.symbols = symbols }

    /// Notes a milestone, at this byte of the serial port (from 1), and what is counted by now.
    mutating func reached(_ milestone: String, atByte byte: Int?, of counters: GuestCounters) {
        do {
            moments.append(Moment(milestone: milestone, byte: byte, seen: try counters.read()))
        } catch {
            fault = "\(error)"
        }
    }

    /// What was counted at the boot's end; nil where it was not reached.
    private(set) var end: GuestCounters.Reading?

    /// The counts of the whole boot and of its phases.
    ///
    /// - Parameter isExact: whether they have to be taken on the guest's side, at the instruction that wrote each
    ///   milestone's first byte; else that is done where it can be.
    mutating func collect(from counters: GuestCounters, isExact: Bool) -> Collected {
        guard moments.last?.milestone == BootScript.booted else {
            return Self.unavailable(
                fault ?? "the boot did not reach its end", withBlocks: !counters.observation.omitsBlocks)
        }
        do {
            let log = try counters.serialLog()
            let readings = try moments.map { moment in
                try symbols.reading(moment.milestone, counters)
                    ?? (isExact ? exactReading(moment, log) : likelyReading(moment, log))
            }
            end = readings.last
            return Self.collected(
                zip(moments.map(\.milestone), readings).map { ($0, $1) },
                withBlocks: !counters.observation.omitsBlocks)
        } catch {
            return Self.unavailable("\(error)", withBlocks: !counters.observation.omitsBlocks)
        }
    }

    /// What a boot without counts has to say of what it would have counted.
    static func unavailable(_ reason: String, withBlocks: Bool) -> Collected {
        let metrics = withBlocks ? [Metric.guestInstructions, .guestBlocks] : [.guestInstructions]
        return Collected(unavailable: Dictionary(uniqueKeysWithValues: metrics.map { ($0.id, reason) }))
    }

    private func exactReading(_ moment: Moment, _ log: SerialLog) throws -> GuestCounters.Reading {
        guard let byte = moment.byte, let reading = log.reading(atByte: UInt64(byte)) else {
            throw RunnerError(
                .environment,
                "\(moment.milestone) was not seen on the serial port, so its count is not exact.",
                next: "Give a milestone that the guest writes to its first serial port, or symbol:FUNCTION.")
        }
        return reading
    }

    /// The count at the milestone's byte where the plugin knows it. The guest cannot have written it after it was read:
    /// bytes that came another way are not taken for it.
    private func likelyReading(_ moment: Moment, _ log: SerialLog) -> GuestCounters.Reading {
        guard log.isMatched, let byte = moment.byte, let reading = log.reading(atByte: UInt64(byte)),
            reading.instructions <= moment.seen.instructions
        else { return moment.seen }
        return reading
    }

    /// The metrics of readings of which the last is the boot's end.
    ///
    /// The runner hears of functions and of the serial port one after the other, so milestones that lie close together
    /// may have been seen in another order than that of the guest, which counts here.
    static func collected(
        _ readings: [(milestone: String, reading: GuestCounters.Reading)], withBlocks: Bool
    ) -> Collected {
        guard let last = readings.last else { return Collected() }
        var collected = Collected()
        collected.samples = [Metric.guestInstructions.id: Double(last.reading.instructions)]
        if withBlocks { collected.samples[Metric.guestBlocks.id] = Double(last.reading.blocks) }
        guard readings.count > 1 else { return collected }
        var phase = BootScript.powerOn
        var before = GuestCounters.Reading(instructions: 0, blocks: 0)
        let inOrder = readings.enumerated().sorted {
            ($0.element.reading.instructions, $0.offset) < ($1.element.reading.instructions, $1.offset)
        }
        for (_, (milestone, reading)) in inOrder {
            guard phase != last.milestone else {
                collected.unavailable[Metric.guestInstructions.of(phase: milestone).id] =
                    "the phase began behind the boot's end"
                continue
            }
            collected.samples[Metric.guestInstructions.of(phase: phase).id] =
                Double(reading.instructions - before.instructions)
            if withBlocks {
                // A block that a milestone lies in is counted at its beginning, so blocks may stand still, and never go back.
                collected.samples[Metric.guestBlocks.of(phase: phase).id] =
                    Double(reading.blocks - min(before.blocks, reading.blocks))
            }
            (phase, before) = (milestone, reading)
        }
        return collected
    }
}
