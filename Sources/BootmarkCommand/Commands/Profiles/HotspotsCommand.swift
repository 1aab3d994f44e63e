import ArgumentParser
import BootProfiles
import BootStore
import FlameGraphs
import Foundation

/// `bootmark hotspots`: the functions in which the time goes.
struct Hotspots: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the functions, or modules, in which most of the time goes.",
        discussion: """
            Self is what was spent in a function itself, total what was spent in it and all that it called; a \
            function that calls itself counts once. With --callers or --callees the table shows who calls a \
            function, or what it calls.

              bootmark hotspots run --phase kernel
              bootmark hotspots perf.data --by module
              bootmark hotspots run --by block
              bootmark hotspots perf.data --callers malloc --format markdown
            """)

    @OptionGroup var inputs: ProfileInputs

    @Option(help: "What comes first: the largest self or the largest total.")
    var sort = HotspotTable.Order.own

    @Option(help: "What is counted.")
    var by = HotspotTable.Subject.function

    @Option(help: "How the table is written.")
    var format = HotspotTable.Format.text

    @Option(help: ArgumentHelp("How many lines it has; 0 for all.", valueName: "COUNT"))
    var top = 20

    @Option(
        name: .customShort("o"),
        help: ArgumentHelp("The file to write; standard output without it.", valueName: "OUT"))
    var output: String?

    func validate() throws {
        guard top >= 0 else { throw ValidationError("--top takes 0 or more lines.") }
        if by == .module, inputs.selection.callees != nil || inputs.selection.callers != nil {
            throw ValidationError("--callees and --callers name functions; leave --by module out.")
        }
        if by.isHeat, inputs.inputs.count != 1 {
            throw ValidationError("--by \(by.rawValue) takes one run, boot or table.")
        }
        if inputs.selection.reverse {
            throw ValidationError("--reverse changes no function's self or total; see --callers.")
        }
    }

    func run() async throws {
        try await Failures.reported {
            if by.isHeat { return try write(heat()) }
            let selection = inputs.selection
            var table = HotspotTable(
                try inputs.merged(by: by), neighboursOf: selection.callees ?? selection.callers)
            table.isOfCallers = selection.callers != nil
            table.subject = by
            table.order = sort
            table.limit = top == 0 ? .max : top
            try write(table.bytes(format, width: Standard.width))
        }
    }

    private func write(_ bytes: [UInt8]) throws {
        if let output { try AtomicFile.write(bytes, to: output) } else { Standard.output(bytes: bytes) }
    }

    /// The table of blocks, pages or events that a boot kept.
    private func heat() throws -> [UInt8] {
        let table: RunFolder.HotTable = by == .block ? .blocks : by == .page ? .pages : .events
        let file = try RunFolder.hotTable(table, in: inputs.inputs[0])
        guard let data = FileManager.default.contents(atPath: file) else {
            throw StoreError(
                .unreadable, path: file, reason: "cannot be read", nextStep: "Check the path and its rights.")
        }
        return try HeatTable(Array(data), file: file).bytes(format, limit: top == 0 ? .max : top)
    }
}

extension HotspotTable.Order: ExpressibleByArgument {}
extension HotspotTable.Subject: ExpressibleByArgument {}
extension HotspotTable.Format: ExpressibleByArgument {}
