import BootModel
import GuestObserver

/// Counts what the guest executes, by a plugin in QEMU, in all and by phase.
///
/// In an exact boot the counts are taken on the guest's side, at the instruction that wrote a milestone's
/// first byte, and so they are wherever the plugin can read registers (QEMU 10); else at the moment when the byte has
/// reached the runner. At functions of the guest they are always taken on its side. Blocks are counted in exact boots
/// alone: there they are hashed anyway.
final class GuestCounting: BootCollector {
    let qemuArguments: [String]
    private let counters: GuestCounters
    private let isExact: Bool
    private let output: String?
    private var symbols: WatchedSymbols
    private var moments: CountedMoments

    /// Counts a boot into files in `folder`, which is private to it.
    ///
    /// - Parameters:
    ///   - symbols: functions that the boot waits for, and the image in which they lie.
    ///   - serialFile: in an exact boot, the file that QEMU writes the serial port to.
    ///   - output: the folder that keeps what tells two boots apart; nil to keep nothing.
    init(
        plugin: GuestPlugin, folder: String, watching symbols: WatchedSymbols,
        of kernel: KernelImage = KernelImage(),
        exactWith serialFile: String? = nil, output: String? = nil
    ) throws {
        self.output = output
        self.symbols = symbols
        moments = CountedMoments(symbols)
        isExact = serialFile != nil
        var observation = GuestObservation(
            milestones: symbols.milestones, serialFile: serialFile, logsSerial: true,
            logsOnlyBytes: !isExact, hashInterval: isExact ? Self.hashInterval : nil, kernel: kernel)
        observation.omitsBlocks = !isExact
        counters = try .prepared(plugin, in: folder, observing: observation)
        qemuArguments = counters.qemuArguments
    }

    /// Blocks between two checkpoints of a short exact boot's hash: some 50,000 instructions. A Linux boot is thinned out
    /// to some 1,000,000.
    static let hashInterval: UInt64 = 10_000

    func attach(to process: Int32) {}

    func newMilestones() -> [String] { symbols.newlyReached(counters) }

    func reached(_ milestone: String, atByte byte: Int?) {
        moments.reached(milestone, atByte: byte, of: counters)
    }

    func freeze() {}

    func collect() -> Collected {
        if isExact, let count = try? counters.processorsThatRan(), count > 1 {
            return CountedMoments.unavailable(
                "\(count) processors ran, and only a boot of one repeats: use -smp 1, or measure without --exact",
                withBlocks: true)
        }
        var collected = moments.collect(from: counters, isExact: isExact)
        if isExact, let end = moments.end {
            do {
                let hashes = try counters.blockHashes()
                collected.notes += hashNotes(hashes, upTo: end)
                if let output { try ExactRepetition.keep(hashes, upTo: end, in: output) }
            } catch {
                collected.notes.append("without a hash of the executed blocks: \(error)")
            }
        }
        return collected
    }

    /// The hash of the blocks that were executed, as far as it lies before the boot's end: two boots with the
    /// same hash were the same boot.
    private func hashNotes(_ hashes: BlockHashes, upTo end: GuestCounters.Reading) -> [String] {
        let checkpoints = hashes.checkpoints.filter { $0.blocks <= end.blocks }
        return checkpoints.last.map {
            ["\(Self.hashNote) \(String($0.hash, radix: 16)) after \($0.blocks) blocks"]
        } ?? []
    }

    /// How the note begins that holds the hash.
    static let hashNote = "executed blocks hash to"
}

extension GuestCounters {
    /// Counters of a boot into files in `folder`, which is private to it.
    /// - Throws: `RunnerError` where the files cannot be written, or the plugin could not obey.
    static func prepared(
        _ plugin: GuestPlugin, in folder: String, observing observation: GuestObservation
    ) throws -> GuestCounters {
        do {
            return try GuestCounters(plugin: plugin, folder: folder, observing: observation)
        } catch let error as GuestObserverError {
            throw RunnerError(error)
        }
    }
}

extension RunnerError {
    /// What keeps a guest from being observed.
    init(_ error: GuestObserverError) {
        self.init(
            [.symbolsUnusable, .rulesUnusable].contains(error.code) ? .input : .environment,
            "\(error.place): \(error.reason).",
            next: error.nextStep)
    }
}
