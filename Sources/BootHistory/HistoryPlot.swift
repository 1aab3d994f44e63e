import BootModel
import Foundation

/// A series as a picture: a line of blocks for a terminal, or an SVG.
public struct HistoryPlot: Sendable {
    private let series: HistorySeries
    private let changes: [HistorySeries.Change]

    /// The most points that a picture shows: the newest ones.
    static let mostPoints = 500

    /// A picture of a series with the changes that were found in it.
    public init(_ series: HistorySeries, changes: [HistorySeries.Change]) {
        self.series = series
        self.changes = changes
    }

    /// The newest points as blocks of eight heights, from the smallest value to the largest; a bar stands where
    /// the series changes.
    ///
    /// - Parameter width: the most characters.
    public func sparkline(width: Int) -> String {
        let blocks = Array("▁▂▃▄▅▆▇█")
        // A bar for each change takes a place too.
        let count = max(1, width - min(changes.count, width / 4))
        let points = series.points.suffix(count)
        let values = points.map(\.median)
        guard let least = values.min(), let most = values.max() else { return "" }
        let starts = Set(changes.map(\.place))
        var line = ""
        for (place, value) in zip(points.indices, values) {
            if starts.contains(place), place != points.startIndex, line.count < width - 1 { line.append("|") }
            let height = most > least ? (value - least) / (most - least) : 0
            line.append(blocks[min(Int(height * 8), 7)])
        }
        return String(line.prefix(width))
    }

    /// The newest points as an SVG of its own: a dot for each, with what it is in a tooltip; a line at the middle
    /// of each stretch; a bar at each change.
    public func svg() -> String {
        let (width, height, left, top, bottom) = (900.0, 300.0, 90.0, 40.0, 40.0)
        let offset = max(0, series.points.count - Self.mostPoints)
        let points = Array(series.points[offset...])
        let values = points.map(\.median)
        let least = values.min() ?? 0
        let most = max(values.max() ?? 1, least + max(least, 1) * 1e-9)
        let step = points.count > 1 ? (width - left - 20) / Double(points.count - 1) : 0
        func x(_ place: Int) -> Double { left + Double(place) * step }
        func y(_ value: Double) -> Double {
            top + (height - top - bottom) * (1 - (value - least) / (most - least))
        }
        var parts = [
            #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 300" font-family="sans-serif" font-size="12">"#,
            #"<rect width="900" height="300" fill="white"/>"#,
            #"<text x="10" y="20" font-size="14">\#(Self.escaped(title))</text>"#,
        ]
        for value in [least, most] {
            let text = Quantity.text(value, unit: series.metric.unit)
            parts.append(
                #"<text x="\#(Self.number(left - 8))" y="\#(Self.number(y(value) + 4))" text-anchor="end">\#(text)</text>"#
            )
            parts.append(Self.line(left, y(value), width - 20, y(value), stroke: "silver"))
        }
        let starts = [0] + changes.map { $0.place - offset }.filter { $0 > 0 } + [points.count]
        for (start, end) in zip(starts, starts.dropFirst()) where end > start {
            let middle = values[start..<end].sorted()[(end - start) / 2]
            parts.append(Self.line(x(start), y(middle), x(end - 1), y(middle), stroke: "blue"))
            guard start > 0 else { continue }
            let place = x(start) - step / 2
            parts.append(Self.line(place, top, place, height - bottom, stroke: "red"))
        }
        for (place, point) in points.enumerated() {
            let text =
                "\(point.commit) \(Quantity.text(point.median, unit: series.metric.unit)), \(point.boots) boots"
            parts.append(
                #"<circle cx="\#(Self.number(x(place)))" cy="\#(Self.number(y(point.median)))" r="3" fill="black"><title>\#(Self.escaped(text))</title></circle>"#
            )
        }
        for (place, anchor) in [(0, "start"), (points.count - 1, "end")] where points.indices.contains(place)
        {
            parts.append(
                #"<text x="\#(Self.number(x(place)))" y="285" text-anchor="\#(anchor)">\#(Self.escaped(points[place].commit))</text>"#
            )
        }
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    private var title: String { "\(series.scenario), \(series.metric.id), \(series.hostClass)" }

    private static func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, stroke: String
    ) -> String {
        #"<line x1="\#(number(x1))" y1="\#(number(y1))" x2="\#(number(x2))" y2="\#(number(y2))" stroke="\#(stroke)"/>"#
    }

    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }

    /// Text that XML takes as text; control characters, which it does not allow, are replaced.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(300) {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default:
                let isAllowed =
                    scalar.value >= 32 && !(127..<160).contains(scalar.value)
                    && scalar.value & 0xFFFE != 0xFFFE
                result.unicodeScalars.append(isAllowed ? scalar : "·")
            }
        }
        return result
    }
}
