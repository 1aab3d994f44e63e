import BootModel

/// Small still pictures inside a page: SVG with presentation attributes, which need no script and no style.
enum Plots {
    private static let width = 900.0
    private static let left = 70.0
    private static let right = 20.0

    /// The values of a metric before and after, each boot a dot, the medians marked, on one axis.
    ///
    /// Nothing is drawn without finite values. At most 500 dots a side.
    static func distributions(_ result: MetricComparison, on page: inout Page) {
        let rows = [
            ("before", result.before, result.medianBefore), ("after", result.after, result.medianAfter),
        ]
        let finite = rows.flatMap { $0.1 }.filter { $0.isFinite && $0.magnitude < 1e300 }
        guard let low = finite.min(), let high = finite.max() else { return }
        func x(_ value: Double) -> String {
            position(high > low ? (value - low) / (high - low) : 0.5)
        }
        let label = "\(Wording.name(result.metric)), each boot a dot: before above, after below"
        page.element("svg", ["viewBox": "0 0 900 86", "role": "img", "aria-label": label]) { page in
            for (row, (name, values, median)) in rows.enumerated() {
                let y = 20.0 + Double(row) * 28
                page.element("text", ["x": "0", "y": number(y + 4)], text: name)
                page.element(
                    "line",
                    ["x1": number(left), "x2": number(width - right), "y1": number(y), "y2": number(y)])
                for value in values.prefix(500) where value.isFinite && value.magnitude < 1e300 {
                    page.element(
                        "circle",
                        ["class": name, "cx": x(value), "cy": number(y), "r": "5", "fill-opacity": "0.55"])
                }
                if let median, median.isFinite, median.magnitude < 1e300 {
                    let place = x(median)
                    page.element(
                        "line",
                        [
                            "class": "median", "x1": place, "x2": place, "y1": number(y - 9),
                            "y2": number(y + 9),
                        ])
                }
            }
            page.element("text", ["x": number(left), "y": "80"], text: Wording.value(low, result.metric))
            page.element(
                "text", ["x": number(width - right), "y": "80", "text-anchor": "end"],
                text: Wording.value(high, result.metric))
        }
    }

    /// The phases of the boot, medians before and after, one behind the other on one axis of time. Nothing is
    /// drawn where fewer than two phases have a time.
    static func phases(_ results: [MetricComparison], on page: inout Page) {
        let phases = results.filter {
            $0.metric.name == Metric.bootTime.name && $0.metric.phase != nil && $0.metric.unit == .nanoseconds
        }.prefix(60)
        let sides = [
            ("before", phases.map { usable($0.medianBefore) }),
            ("after", phases.map { usable($0.medianAfter) }),
        ]
        let longest = sides.map { $0.1.reduce(0, +) }.max() ?? 0
        guard phases.count > 1, longest > 0 else { return }
        let label = "The phases of the boot by their median times: before above, after below"
        page.element("h3", text: "Phases")
        page.element("svg", ["viewBox": "0 0 900 100", "role": "img", "aria-label": label]) { page in
            for (row, (side, times)) in sides.enumerated() {
                let y = 6.0 + Double(row) * 38
                page.element("text", ["x": "0", "y": number(y + 20)], text: side)
                var start = 0.0
                for (index, (phase, time)) in zip(phases, times).enumerated() {
                    let share = time / longest
                    let name = ConsoleText.line(phase.metric.phase ?? "", limit: 60)
                    let wide = (width - left - right) * share
                    page.element("g") { page in
                        page.element("title", text: "\(name): \(Wording.value(time, phase.metric)) \(side)")
                        page.element(
                            "rect",
                            [
                                "class": "bar \(side)", "x": position(start), "y": number(y),
                                "width": number(wide), "height": "30",
                                "fill-opacity": index.isMultiple(of: 2) ? "0.85" : "0.55",
                            ])
                        // A name of n letters takes about 7 n units.
                        if Double(TerminalText.width(name)) * 7 + 8 < wide {
                            let middle = left + (width - left - right) * (start + share / 2)
                            page.element(
                                "text", ["x": number(middle), "y": number(y + 20), "text-anchor": "middle"],
                                text: name)
                        }
                    }
                    start += share
                }
            }
            page.element("text", ["x": number(left), "y": "95"], text: "0")
            page.element(
                "text", ["x": number(width - right), "y": "95", "text-anchor": "end"],
                text: Quantity.text(longest, unit: .nanoseconds))
        }
    }

    private static func usable(_ time: Double?) -> Double {
        guard let time, time.isFinite, time > 0, time < 1e18 else { return 0 }
        return time
    }

    /// The place of a share of the axis.
    private static func position(_ share: Double) -> String { number(left + (width - left - right) * share) }

    private static func number(_ value: Double) -> String { FixedDecimal.text(value, places: 1) }
}
