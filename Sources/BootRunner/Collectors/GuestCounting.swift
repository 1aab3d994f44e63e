import BootModel
import GuestObserver

/// Counts what the guest executes, by a plugin in QEMU, in all and by phase.
///
/// In an exact boot the counts are taken on the guest's side, at the instruction that wrote a milestone's
/// first byte; else at the moment when the byte has reached the runner.
final class GuestCounting: BootCollector {
    let qemuArguments: [String]
    private let counters: GuestCounters
    private let isExact: Bool
    private var moments: [(milestone: String, byte: Int?, reading: GuestCounters.Reading)] = []
    private var fault: String?

    /// Counts a boot into files in `folder`, which is private to it.
    ///
    /// - Parameter serialFile: in an exact boot, the file that QEMU writes the serial port to.
    init(plugin: GuestPlugin, folder: String, exactWith serialFile: String? = nil) throws {
        isExact = serialFile != nil
        let observation =
            isExact
            ? GuestObservation(serialFile: serialFile, logsSerial: true, hashInterval: Self.hashInterval)
            : .counting
        do {
            counters = try GuestCounters(plugin: plugin, folder: folder, observing: observation)
        } catch let error as GuestObserverError {
            throw RunnerError(error)
        }
        qemuArguments = counters.qemuArguments
    }

    /// Blocks between two checkpoints of an exact boot's hash.
    static let hashInterval: UInt64 = 1_000_000

    func attach(to process: Int32) {}

    func reached(_ milestone: String, atByte byte: Int?) {
        do {
            moments.append((milestone, byte, try counters.read()))
        } catch {
            fault = "\(error)"
        }
    }

    func freeze() {}

    func collect() -> Collected {
        guard moments.last?.milestone == BootScript.booted else {
            let reason = fault ?? "the boot did not reach its end"
            return Collected(
                unavailable: [Metric.guestInstructions.id: reason, Metric.guestBlocks.id: reason])
        }
        var collected = Collected()
        do {
            let readings = try isExact ? exactReadings() : moments.map(\.reading)
            addTotals(readings, to: &collected)
            if isExact { collected.notes += try hashNotes(upTo: readings.last) }
        } catch {
            collected.unavailable[Metric.guestInstructions.id] = "\(error)"
            collected.unavailable[Metric.guestBlocks.id] = "\(error)"
        }
        return collected
    }

    /// What was counted when the guest wrote each milestone's first byte.
    private func exactReadings() throws -> [GuestCounters.Reading] {
        let log = try counters.serialLog()
        return try moments.map { moment in
            guard let byte = moment.byte, let reading = log.reading(atByte: UInt64(byte)) else {
                throw RunnerError(
                    .environment,
                    "\(moment.milestone) was not seen on the serial port, so its count is not exact.",
                    next: "Give a milestone that the guest writes to its first serial port.")
            }
            return reading
        }
    }

    private func addTotals(_ readings: [GuestCounters.Reading], to collected: inout Collected) {
        guard let last = readings.last else { return }
        collected.samples[Metric.guestInstructions.id] = Double(last.instructions)
        collected.samples[Metric.guestBlocks.id] = Double(last.blocks)
        guard readings.count > 1 else { return }
        var phase = BootScript.powerOn
        var before: UInt64 = 0
        for (moment, reading) in zip(moments, readings) {
            collected.samples[Metric.guestInstructions.of(phase: phase).id] =
                Double(reading.instructions &- before)
            (phase, before) = (moment.milestone, reading.instructions)
        }
    }

    /// The hash of the blocks that were executed, as far as it lies before the boot's end: two boots with the
    /// same hash were the same boot.
    private func hashNotes(upTo end: GuestCounters.Reading?) throws -> [String] {
        guard let end else { return [] }
        let checkpoints = try counters.blockHashes().checkpoints.filter { $0.blocks <= end.blocks }
        return checkpoints.last.map {
            ["\(Self.hashNote) \(String($0.hash, radix: 16)) after \($0.blocks) blocks"]
        } ?? []
    }

    /// How the note begins that holds the hash.
    static let hashNote = "executed blocks hash to"
}

extension RunnerError {
    /// What keeps a guest from being observed.
    init(_ error: GuestObserverError) {
        self.init(
            error.code == .symbolsUnusable ? .input : .environment, "\(error.place): \(error.reason).",
            next: error.nextStep)
    }
}
