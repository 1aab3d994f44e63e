import BootModel
import BootProfiles
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
        counters = try .prepared(plugin, in: folder, observing: observation)
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
        var text = CSVText(columns: columns.headings + ["share"])
        let share = { (weight: UInt64) -> CSVText.Cell in
            .plain(String((Double(weight) / total * 1e6).rounded() / 1e6))
        }
        for spot in hot.spots.prefix(Self.limit) {
            text.add(columns.cells(spot, name(spot.address)) + [share(spot.weight)])
        }
        let rest = hot.spots.dropFirst(Self.limit).reduce(hot.others) { $0 &+ $1.weight }
        if rest > 0 { text.add(columns.rest(rest) + [share(rest)]) }
        try AtomicFile.write(text.bytes, to: "\(output)/\(table.fileName)")
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
    var cells: @Sendable (HotSpots.Spot, _ name: String?) -> [CSVText.Cell]
    /// The line of what has no line of its own, by its weight.
    var rest: @Sendable (UInt64) -> [CSVText.Cell]

    /// Blocks, with the functions in which they lie.
    static let blocks = HotColumns(
        headings: ["address", "function", "length", "executions", "instructions"],
        cells: { spot, function in
            [address(spot), .name(function ?? "")] + numbers(spot.length, spot.count, spot.weight)
        },
        rest: { [.plain(""), .name("[others]"), .plain(""), .plain("")] + numbers($0) })

    /// Pages of memory, with the data that lies in them.
    static let pages = HotColumns(
        headings: ["address", "symbol", "kind", "reads", "writes", "accesses"],
        cells: { spot, symbol in
            [address(spot), .name(symbol ?? ""), .name(spot.isDevice ? "device" : "memory")]
                + numbers(spot.count, spot.writes, spot.weight)
        },
        rest: { [.plain(""), .name("[others]"), .name(""), .plain(""), .plain("")] + numbers($0) })

    private static func address(_ spot: HotSpots.Spot) -> CSVText.Cell {
        .plain("0x\(String(spot.address, radix: 16))")
    }

    private static func numbers(_ numbers: UInt64...) -> [CSVText.Cell] { numbers.map { .plain(String($0)) } }
}
