import BootModel
import BootStore
import Foundation
import GuestObserver

/// Counts which blocks of the guest's code run how often, and which pages it reads and writes how often.
final class HotSpotting: BootCollector {
    let qemuArguments: [String]
    private let counters: GuestCounters
    private let request: GuestProfileRequest
    private let data: DataSymbols
    private let output: String
    private var symbols: WatchedSymbols

    /// The most lines of a table; the rest is summed up in one.
    static let limit = 10_000

    /// Counts in a boot of `plan`; the tables go to the folder `output`.
    init(
        plugin: GuestPlugin, plan: Plan, naming symbols: GuestSymbolFiles, folder: String,
        serialFile: String?,
        output: String
    ) throws {
        request = try symbols.read()
        data = plan.collectors.contains(.hotPages) ? symbols.data() : DataSymbols([])
        self.output = output
        self.symbols = WatchedSymbols(plan)
        let watched = plan.watched
        var observation = GuestObservation(
            milestones: watched.milestones, final: watched.final, serialFile: serialFile,
            kernel: request.kernel)
        observation.countsHotBlocks = plan.collectors.contains(.hotBlocks)
        observation.countsHotPages = plan.collectors.contains(.hotPages)
        observation.omitsBlocks = true
        do {
            counters = try GuestCounters(plugin: plugin, folder: folder, observing: observation)
        } catch let error as GuestObserverError {
            throw RunnerError(error)
        }
        qemuArguments = counters.qemuArguments
    }

    var wantsOrderlyEnd: Bool { true }

    func attach(to process: Int32) {}
    func newMilestones() -> [String] { symbols.newlyReached(counters) }
    func freeze() {}

    func collect() -> Collected {
        var notes: [String] = []
        do {
            if counters.observation.countsHotBlocks {
                let index = SymbolIndex(request.symbols)
                notes += try keep(
                    counters.hotBlocks(), .blocks, columns: .blocks, name: index.place)
            }
            if counters.observation.countsHotPages {
                notes += try keep(counters.hotPages(), .pages, columns: .pages, name: data.name)
            }
        } catch {
            notes.append("what is hot in the guest could not be kept: \(error)")
        }
        return Collected(notes: notes)
    }

    private func keep(
        _ hot: HotSpots, _ table: RunFolder.HotTable, columns: HotColumns, name: (UInt64) -> String?
    ) throws -> [String] {
        let total = Double(max(1, hot.total))
        var lines = [columns.headings + ["share"]]
        let share = { (weight: UInt64) in String((Double(weight) / total * 1e6).rounded() / 1e6) }
        for spot in hot.spots.prefix(Self.limit) {
            lines.append(columns.cells(spot, name(spot.address)) + [share(spot.weight)])
        }
        let rest = hot.spots.dropFirst(Self.limit).reduce(hot.others) { $0 &+ $1.weight }
        if rest > 0 { lines.append(columns.rest(rest) + [share(rest)]) }
        let text = lines.map { $0.joined(separator: ",") + "\n" }.joined()
        try AtomicFile.write(Array(text.utf8), to: "\(output)/\(table.fileName)")
        return hot.others > 0
            ? [
                "\(table.fileName): \(hot.others) found no room among \(hot.spots.count) entries; they are in its last line"
            ] : []
    }
}

/// How a table of what is hot is written.
struct HotColumns: Sendable {
    var headings: [String]
    /// A line without its share, of a spot and of what lies there.
    var cells: @Sendable (HotSpots.Spot, _ name: String?) -> [String]
    /// The line of what has no line of its own, by its weight.
    var rest: @Sendable (UInt64) -> [String]

    /// Blocks, with the functions in which they lie.
    static let blocks = HotColumns(
        headings: ["address", "function", "length", "executions", "instructions"],
        cells: { spot, function in
            [
                address(spot.address), quoted(function ?? ""), "\(spot.length)", "\(spot.count)",
                "\(spot.weight)",
            ]
        }, rest: { ["", quoted("[others]"), "", "", "\($0)"] })

    /// Pages of memory, with the data that lies in them.
    static let pages = HotColumns(
        headings: ["address", "symbol", "kind", "reads", "writes", "accesses"],
        cells: { spot, symbol in
            [
                address(spot.address), quoted(symbol ?? ""), quoted(spot.isDevice ? "device" : "memory"),
                "\(spot.count)",
                "\(spot.writes)",
                "\(spot.weight)",
            ]
        }, rest: { ["", quoted("[others]"), quoted(""), "", "", "\($0)"] })

    private static func address(_ value: UInt64) -> String { "0x\(String(value, radix: 16))" }
    /// Names hold neither control characters nor line breaks; a quote is doubled.
    private static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }
}
