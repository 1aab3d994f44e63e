import BootModel
import GuestObserver

/// Tells when functions of the guest run, in boots that nothing else of the plugin measures.
final class SymbolWatching: BootCollector {
    let qemuArguments: [String]
    private let counters: GuestCounters
    private var symbols: WatchedSymbols

    /// Watches a boot by files in `folder`, which is private to it.
    init(plugin: GuestPlugin, folder: String, symbols: WatchedSymbols, of kernel: KernelImage) throws {
        self.symbols = symbols
        var observation = GuestObservation(milestones: symbols.milestones, kernel: kernel)
        observation.omitsBlocks = true
        counters = try .prepared(plugin, in: folder, observing: observation)
        qemuArguments = counters.qemuArguments
    }

    func attach(to process: Int32) {}
    func newMilestones() -> [String] { symbols.newlyReached(counters) }
    func freeze() {}
    func collect() -> Collected { Collected() }
}
