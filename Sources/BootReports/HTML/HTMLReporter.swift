import BootModel

/// A page for people, that reads well without any script and under the strict policy of a build server: no
/// style and no script inside, pictures and the style sheet from files beside it.
public struct HTMLReporter: Reporter {
    private static let consoleHead = 8 << 10
    private static let consoleTail = 56 << 10
    private static let mostConsoles = 10
    private static let mostRows = 500

    /// A reporter with nothing to set.
    public init() {}

    /// `report.html`.
    public var fileName: String { "report.html" }

    /// The report as UTF-8.
    public func report(on comparisons: [Comparison], beside neighbours: Set<String>) throws -> [UInt8] {
        let verdict = Wording.verdict(Wording.overall(comparisons))
        let only = comparisons.count == 1 ? comparisons[0] : nil
        let title = only.map { "\(Wording.title($0)): \(verdict)" } ?? "Boot performance: \(verdict)"
        let text = Page.document(title: title, styleSheet: StyleSheet().fileName) { page in
            page.element("h1", text: "Boot performance")
            if only == nil { Self.overview(comparisons, on: &page) }
            for (index, comparison) in comparisons.enumerated() {
                page.element("section", ["id": "scenario-\(index + 1)"]) { page in
                    Self.section(comparison, neighbours: only == nil ? [] : neighbours, on: &page)
                }
            }
            Self.footer(neighbours, on: &page)
        }
        return Array(text.utf8)
    }

    private static func overview(_ comparisons: [Comparison], on page: inout Page) {
        page.element("table") { page in
            page.element("caption", text: "\(comparisons.count) scenarios")
            page.element("tbody") { page in
                for (index, comparison) in comparisons.enumerated() {
                    page.element("tr", ["class": comparison.verdict.rawValue]) { page in
                        page.element("th", ["scope": "row"]) { page in
                            page.element(
                                "a", ["href": "#scenario-\(index + 1)"], text: Wording.title(comparison))
                        }
                        page.element("td", text: ConsoleText.line(Wording.reason(comparison), limit: 300))
                        page.element("td", text: Wording.verdict(comparison.verdict))
                    }
                }
            }
        }
    }

    private static func section(_ comparison: Comparison, neighbours: Set<String>, on page: inout Page) {
        page.element("h2", text: Wording.title(comparison))
        page.element("div", ["class": "banner \(comparison.verdict.rawValue)"]) { page in
            page.element("strong", text: Wording.verdict(comparison.verdict).uppercased())
            page.element("p", text: Wording.reason(comparison))
            for line in comparison.exactLines { page.element("p", text: line) }
            for result in decisive(comparison) { page.element("p", text: Wording.judgement(result)) }
        }
        for note in Wording.notes(comparison) { page.element("p", text: "Note: \(note)") }
        metrics(comparison, on: &page)
        Plots.phases(comparison.results, on: &page)
        functions(comparison, on: &page)
        pictures(neighbours, on: &page)
        failures(comparison, on: &page)
        environment(comparison, on: &page)
        if let command = Wording.reproduction(comparison) {
            page.element("h3", text: "To measure again")
            page.element("pre", ["class": "command"], text: command)
        }
    }

    /// The metrics that account for the verdict: those that share it, among those that decide.
    private static func decisive(_ comparison: Comparison) -> some Sequence<MetricComparison> {
        comparison.results.lazy.filter { $0.role == .gates && $0.verdict == comparison.verdict }.prefix(10)
    }

    private static func metrics(_ comparison: Comparison, on page: inout Page) {
        guard !comparison.results.isEmpty else { return }
        let results = comparison.results.prefix(mostRows)
        let header = [
            "metric", "before", "after", "change", "interval", "allowed", "n before, after", "role",
            "verdict",
        ]
        page.table(
            "Metrics: medians, and the change with its interval", header,
            results.map { result in
                (
                    result.verdict.rawValue,
                    [
                        Wording.name(result.metric), Wording.value(result.medianBefore, result.metric),
                        Wording.value(result.medianAfter, result.metric), Wording.change(result),
                        Wording.interval(result), Wording.allowedChange(result),
                        "\(result.before.count), \(result.after.count)", result.role.rawValue,
                        Wording.verdict(result.verdict),
                    ]
                )
            }, style: "numbers")
        if comparison.results.count > mostRows {
            page.element("p", text: "and \(comparison.results.count - mostRows) more, in comparison.json")
        }
        for result in results {
            let isOpen = result.role == .gates && result.verdict != .pass
            page.element("details", ["open": isOpen ? "open" : nil]) { page in
                page.element("summary", text: "\(Wording.name(result.metric)): every boot")
                Plots.distributions(result, on: &page)
                page.element("dl") { page in
                    for fact in Wording.facts(result) {
                        page.element("dt", text: fact.label)
                        page.element("dd", text: fact.value)
                    }
                }
            }
        }
    }

    private static func functions(_ comparison: Comparison, on page: inout Page) {
        guard !comparison.functions.isEmpty else { return }
        page.element("h3", text: "Functions")
        if let exact = Wording.exactFunctions(comparison) {
            page.table(
                "Functions that changed, the one most at fault first", Wording.exactFunctionsHeader,
                exact.map { (nil, $0) }, style: "numbers")
        }
        let others = comparison.functions.filter { $0.selfFloor == nil }
        guard !others.isEmpty else { return }
        page.table(
            "Functions whose share of the profile changed most",
            ["function", "profile", "itself before", "after", "with what it calls before", "after"],
            others.prefix(mostRows).map { change in
                (
                    nil,
                    [
                        Wording.name(change), change.origin.rawValue, Quantity.share(change.selfBefore),
                        Quantity.share(change.selfAfter), Quantity.share(change.totalBefore),
                        Quantity.share(change.totalAfter),
                    ]
                )
            }, style: "numbers")
    }

    private static func pictures(_ neighbours: Set<String>, on page: inout Page) {
        let pictures = [
            ("diff-guest.svg", "The guest's differential flame graph, before to after"),
            ("diff-guest-samples.svg", "What was sampled of the guest, before to after"),
            ("diff-host.svg", "The host's differential flame graph, before to after"),
            (
                "modes-before-guest.svg",
                "The guest before, which takes two ways: from fast boots to slow ones"
            ),
            ("modes-after-guest.svg", "The guest after, which takes two ways: from fast boots to slow ones"),
            ("modes-before-host.svg", "The host before, whose boots take two ways: from fast to slow ones"),
            ("modes-after-host.svg", "The host after, whose boots take two ways: from fast to slow ones"),
        ].filter { neighbours.contains($0.0) }
        guard !pictures.isEmpty else { return }
        page.element("h3", text: "Flame graphs")
        for (file, caption) in pictures {
            page.element("figure") { page in
                page.element("figcaption") { page in
                    page.write(caption + ": ")
                    page.element("a", ["href": file], text: "open it alone to search and to zoom")
                }
                page.element("a", ["href": file]) { $0.element("img", ["src": file, "alt": caption]) }
            }
        }
    }

    private static func failures(_ comparison: Comparison, on page: inout Page) {
        guard !comparison.failures.isEmpty else { return }
        page.element("h3", text: "Boots that failed")
        for (index, failure) in comparison.failures.prefix(mostRows).enumerated() {
            guard index < mostConsoles else {
                page.element("p", text: Wording.failure(failure))
                continue
            }
            page.element("details", ["open": index == 0 ? "open" : nil]) { page in
                page.element("summary", text: Wording.failure(failure))
                let console = ConsoleText(failure.consoleTail).capped(head: consoleHead, tail: consoleTail)
                if console.isEmpty {
                    page.element("p", text: "It wrote nothing.")
                } else {
                    // A browser drops a line feed that stands first.
                    page.element("pre", text: "\n" + console)
                }
                if let path = failure.console {
                    page.element("p", text: "The whole console: \(ConsoleText.line(path))")
                }
            }
        }
        if comparison.failures.count > mostRows {
            page.element("p", text: "and \(comparison.failures.count - mostRows) more, in comparison.json")
        }
    }

    private static func environment(_ comparison: Comparison, on page: inout Page) {
        page.element("h3", text: "The two runs")
        func cell(_ side: Comparison.Side?, _ value: (Comparison.Side) -> String) -> String {
            side.map(value) ?? "none"
        }
        let facts: [(String, (Comparison.Side) -> String)] = [
            ("where", { ConsoleText.line($0.location) }), ("boots", { String($0.boots) }),
            ("began", { Timestamp.text(secondsSince1970: $0.startedAt).replacing("T", by: " ") + " UTC" }),
            ("took", { Quantity.text(Double($0.duration.count), unit: .nanoseconds) }),
        ]
        var rows: [(style: String?, cells: [String])] = facts.map { name, value in
            (nil, [name, cell(comparison.before, value), cell(comparison.after, value), ""])
        }
        rows += Environment.both(comparison).map { property in
            let differs = property.before != property.after && comparison.before != nil
            return (
                differs ? "inconclusive" : nil,
                [property.name, property.before, property.after, differs ? "differs" : ""]
            )
        }
        page.table("What was run, and what ran it", ["", "before", "after", ""], rows)
    }

    private static func footer(_ neighbours: Set<String>, on page: inout Page) {
        let files = neighbours.sorted().filter { name in
            let isPlain = name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "._-".utf8.contains(byte)
            }
            let kinds = [".json", ".xml", ".md", ".svg", ".folded", ".folded.gz"]
            return isPlain && !name.hasPrefix(".") && kinds.contains { name.hasSuffix($0) }
        }
        guard !files.isEmpty else { return }
        page.element("footer") { page in
            page.write("Beside this page: ")
            for (index, file) in files.enumerated() {
                if index > 0 { page.write(", ") }
                page.element("a", ["href": file], text: file)
            }
        }
    }
}
