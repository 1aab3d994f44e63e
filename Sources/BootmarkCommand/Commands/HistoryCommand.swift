import ArgumentParser
import BootHistory
import BootModel
import BootStore
import Foundation

/// `bootmark history`: what many comparisons, one after the other, say.
struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show how metrics moved over many comparisons, and where they changed.",
        discussion: """
            FILE is what compare --history and ab --history add to. Each series, a metric of a scenario on one \
            kind of host, is shown with the places where it changed for good and the commits around them.

              bootmark history boots.sqlite --scenario linux-cloud --metric guest-instructions --svg plots
              bootmark history boots.sqlite --against fixed --tolerance guest-instructions=2

            With --against, the newest points are held against a baseline in the history, and the exit code is 1 \
            where a metric that decides got worse by more than its tolerance: many small steps add up against \
            a fixed baseline.
            """)

    @Argument(help: ArgumentHelp("The history.", valueName: "FILE"))
    var file: String

    @Option(help: ArgumentHelp("Only this scenario.", valueName: "NAME"))
    var scenario: String?

    @Option(help: ArgumentHelp("Only this metric; without it, those that decide.", valueName: "METRIC"))
    var metric: String?

    @Option(help: ArgumentHelp("A folder for a picture of each series.", valueName: "DIR"))
    var svg: String?

    @Option(
        help: ArgumentHelp(
            "The baseline: fixed (the first), fixed:COMMIT, last, or median:K (of the last K).",
            valueName: "POLICY"))
    var against: BaselinePolicy?

    @Option(
        help: ArgumentHelp(
            "How much worse a metric may have become; without it, what the history suggests.",
            valueName: "METRIC=PERCENT"))
    var tolerance: [String] = []

    @Flag(help: "Print the series as JSON.")
    var json = false

    func validate() throws { _ = try Tolerances.parsed(tolerance) }

    func run() async throws {
        try await Failures.reported {
            var all = try HistoryFile(file).series(scenario: scenario, metric: metric)
            if metric == nil { all = all.filter { $0.points.contains(where: \.gates) } }
            guard !all.isEmpty else {
                throw StoreError(
                    .missing, path: file, reason: "holds no such series",
                    nextStep: "bootmark history \(file) without --scenario and --metric shows what decides.")
            }
            let tolerances = try Tolerances.parsed(tolerance)
            let summaries = try all.map {
                try SeriesSummary(
                    $0, against: against, tolerance: tolerances[$0.metric.id] ?? tolerances[$0.metric.name])
            }
            if let svg { try draw(summaries, into: svg) }
            if json {
                Standard.output(
                    String(decoding: try CanonicalJSON.encode(summaries, for: file), as: UTF8.self))
            } else {
                Standard.output(
                    summaries.map { $0.text(width: Standard.width) }.joined(separator: "\n\n"))
            }
            if summaries.contains(where: \.isAlarm) { throw ExitCode(Verdict.regression.exitCode) }
        }
    }

    private func draw(_ summaries: [SeriesSummary], into folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw StoreError(
                .notWritable, path: folder, reason: "cannot be made a folder",
                nextStep: "Name a folder that you may write to.")
        }
        for (place, summary) in summaries.enumerated() {
            let series = summary.series
            let name = "\(series.scenario)-\(series.metric.id)".map {
                $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) ? $0 : "-"
            }
            let path = "\(folder)/\(place + 1)-\(String(name.prefix(100))).svg"
            try AtomicFile.write(HistoryPlot(series, changes: summary.changes).svg().utf8, to: path)
            Standard.error("\(path) was written.")
        }
    }
}

extension BaselinePolicy: ExpressibleByArgument {
    /// A policy as it is typed.
    public init?(argument: String) { self.init(argument) }
}

/// What there is to be said of one series.
struct SeriesSummary: Encodable {
    let series: HistorySeries
    let changes: [HistorySeries.Change]
    let suggested: Double?
    let drift: Drift?

    init(_ series: HistorySeries, against policy: BaselinePolicy?, tolerance: Double?) throws {
        self.series = series
        changes = try series.changes()
        suggested = try series.suggestedTolerance()
        let allowed = tolerance ?? suggested ?? 0.03
        drift = policy.flatMap { series.drift(against: $0, tolerance: allowed) }
    }

    /// Whether a metric that decides has drifted away.
    var isAlarm: Bool { drift?.isAlarm == true && series.points.last?.gates == true }

    func text(width: Int) -> String {
        let unit = series.metric.unit
        func value(_ number: Double) -> String { Quantity.text(number, unit: unit) }
        var lines = ["\(series.scenario)  \(series.metric.id)", "  \(ConsoleLine.clean(series.hostClass))"]
        lines[0] = ConsoleLine.clean(lines[0])
        lines.append("  " + HistoryPlot(series, changes: changes).sparkline(width: max(20, width - 4)))
        if let first = series.points.first, let last = series.points.last {
            lines.append(
                "  \(series.points.count) points, from \(value(first.median))\(Self.at(first.commit)) to \(value(last.median))\(Self.at(last.commit))"
            )
        }
        for change in changes {
            let share = change.share.map { " (\(Quantity.percent($0)))" } ?? ""
            lines.append(
                "  changed from \(value(change.before)) to \(value(change.after))\(share)\(Self.between(change))"
            )
        }
        if let suggested { lines.append("  tolerance by history: \(Quantity.share(suggested))") }
        if let drift {
            let word = drift.isAlarm ? "DRIFTED beyond" : "within"
            lines.append(
                "  \(word) \(Quantity.share(drift.tolerance)) of the baseline \(value(drift.reference)): \(value(drift.latest)) (\(Quantity.percent(drift.share)))"
            )
        }
        return lines.joined(separator: "\n")
    }

    private static func at(_ commit: String) -> String {
        commit.isEmpty ? "" : " at \(ConsoleLine.clean(commit))"
    }

    private static func between(_ change: HistorySeries.Change) -> String {
        guard !change.lastBefore.isEmpty, !change.firstAfter.isEmpty else { return "" }
        return ConsoleLine.clean(", between \(change.lastBefore) and \(change.firstAfter)")
    }

    private enum Key: String, CodingKey {
        case scenario, metric, hostClass, points, changes, suggestedTolerance, drift
    }
    private enum ChangeKey: String, CodingKey {
        case place, pValue, before, after, share, lastBefore, firstAfter
    }
    private enum DriftKey: String, CodingKey { case reference, latest, points, share, tolerance, isAlarm }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(series.scenario, forKey: .scenario)
        try container.encode(series.metric.id, forKey: .metric)
        try container.encode(series.hostClass, forKey: .hostClass)
        try container.encode(series.points, forKey: .points)
        try container.encodeIfPresent(suggested, forKey: .suggestedTolerance)
        var list = container.nestedUnkeyedContainer(forKey: .changes)
        for change in changes {
            var one = list.nestedContainer(keyedBy: ChangeKey.self)
            try one.encode(change.place, forKey: .place)
            try one.encode(change.pValue, forKey: .pValue)
            try one.encode(change.before, forKey: .before)
            try one.encode(change.after, forKey: .after)
            try one.encodeIfPresent(change.share, forKey: .share)
            try one.encode(change.lastBefore, forKey: .lastBefore)
            try one.encode(change.firstAfter, forKey: .firstAfter)
        }
        guard let drift else { return }
        var one = container.nestedContainer(keyedBy: DriftKey.self, forKey: .drift)
        try one.encode(drift.reference, forKey: .reference)
        try one.encode(drift.latest, forKey: .latest)
        try one.encode(drift.points, forKey: .points)
        try one.encode(drift.share, forKey: .share)
        try one.encode(drift.tolerance, forKey: .tolerance)
        try one.encode(drift.isAlarm, forKey: .isAlarm)
    }
}
