/// A flame graph, ready to be written: what is shown, and nothing of how it came about.
struct Picture {
    /// A frame as it is shown.
    struct Frame {
        var caller: Int
        var depth: Int
        var spans: [GraphLayout.Span]
        var name: String
        /// What is said of it beside its name, a line each.
        var facts: [String]
        var colour: Colour
    }

    /// A colour and what it means.
    struct Key {
        var colour: Colour
        var meaning: String
    }

    var title: String
    /// Lines under the title: totals, normalisation.
    var subtitle: [String]
    /// What the widths can show; the still picture shows `view`.
    var views: [String]
    var view: Int
    var legend: [Key]
    /// Lines under the picture: what was left out, what could not be tested.
    var notes: [String]
    var isIcicle: Bool
    var width: Double
    var depth: Int
    var frames: [Frame]
}

/// Writes pictures as SVG that stands alone: no file beside it, readable where no script and no style runs.
///
/// Everything that matters in the still picture is a presentation attribute; the style element adds the dark
/// colours and the pointer's feedback, the script adds zooming and searching.
struct PictureWriter {
    private static let margin = 12.0
    private static let row = 18.0
    private static let letter = 7.25

    private let picture: Picture
    private let top: Double
    private let bottom: Double
    private let height: Double
    private let inner: Double
    private var svg = Markup(reserving: 1 << 20)

    init(_ picture: Picture) {
        self.picture = picture
        inner = picture.width - 2 * Self.margin
        top = 44 + Double(picture.subtitle.count) * 17
        bottom = top + Double(picture.depth + 1) * Self.row
        height = bottom + 34 + (picture.legend.isEmpty ? 0 : 24) + Double(picture.notes.count) * 16
    }

    /// The document.
    consuming func bytes() -> [UInt8] {
        open()
        for (index, frame) in picture.frames.enumerated() { write(frame, isRoot: index == 0) }
        svg.raw("</g>\n")
        writeFooter()
        svg.raw("<script><![CDATA[\n")
        svg.plain(Script.text)
        svg.raw("]]></script>\n</svg>\n")
        return svg.bytes
    }

    private mutating func open() {
        svg.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
        svg.raw("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"flames\" role=\"group\"")
        attribute(" width", picture.width)
        attribute(" height", height)
        svg.raw(" viewBox=\"0 0 ")
        svg.number(picture.width, 0)
        svg.raw(" ")
        svg.number(height, 0)
        svg.raw("\" font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"12\" fill=\"#1d2129\"")
        svg.raw(" data-views=\"")
        svg.plain(picture.views.joined(separator: ","))
        svg.raw("\" data-view=\"")
        svg.plain(String(picture.view))
        svg.raw(picture.isIcicle ? "\" data-icicle=\"\"" : "\"")
        attribute(" data-top", top)
        attribute(" data-rows", Double(picture.depth + 1))
        svg.raw(">\n<title>")
        svg.text(picture.title)
        svg.raw("</title>\n<desc>")
        svg.text(picture.subtitle.joined(separator: " "))
        svg.raw(" Each box is a function; it is as wide as its share, and its caller lies ")
        svg.raw(picture.isIcicle ? "above" : "below")
        svg.raw(" it.</desc>\n<style>")
        svg.plain(Script.style)
        svg.raw("</style>\n<rect class=\"page\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n")
        writeText(picture.title, x: Self.margin, y: 27, "class=\"ink\" font-size=\"17\" font-weight=\"bold\"")
        for (index, line) in picture.subtitle.enumerated() {
            writeText(line, x: Self.margin, y: 47 + Double(index) * 17, "class=\"faint\" fill=\"#5a6270\"")
        }
        svg.raw("<g class=\"frames\" font-family=\"DejaVu Sans Mono, monospace\" stroke-width=\"1\">\n")
    }

    private mutating func write(_ frame: Picture.Frame, isRoot: Bool) {
        svg.raw("<g class=\"frame\" data-c=\"")
        svg.plain(String(frame.caller))
        svg.raw("\" data-s=\"")
        for (index, span) in frame.spans.enumerated() {
            if index > 0 { svg.raw(";") }
            svg.number(span.left, 9)
            svg.raw(",")
            svg.number(span.width, 9)
        }
        svg.raw("\"><title>")
        svg.text(frame.name)
        for fact in frame.facts {
            svg.raw("\n")
            svg.text(fact)
        }
        svg.raw("</title>")
        let span = frame.spans[picture.view]
        let place = picture.isIcicle ? frame.depth : picture.depth - frame.depth
        let x = Self.margin + span.left * inner
        let y = top + Double(place) * Self.row
        let width = span.width * inner
        svg.raw("<rect")
        attribute(" x", x)
        attribute(" y", y)
        // A gap between neighbours, as long as that leaves something to see.
        attribute(" width", width > 3 ? width - 0.6 : width)
        attribute(" height", Self.row - 1)
        svg.raw(" rx=\"1.5\" fill=\"")
        svg.plain(frame.colour.hexadecimal)
        svg.raw("\"/>")
        if let label = Label.fitting(frame.name, width: width - 6, perCharacter: Self.letter) {
            svg.raw("<text")
            attribute(" x", x + 4)
            attribute(" y", y + 13)
            svg.raw(">")
            svg.text(label)
            svg.raw("</text>")
        }
        svg.raw("</g>\n")
    }

    private mutating func writeFooter() {
        var y = bottom + 19
        writeText("", x: Self.margin, y: y, "class=\"details ink\"")
        y += 13
        if !picture.legend.isEmpty {
            var x = Self.margin
            svg.raw("<g class=\"legend\">\n")
            for key in picture.legend {
                svg.raw("<rect")
                attribute(" x", x)
                attribute(" y", y - 2)
                svg.raw(" width=\"13\" height=\"13\" rx=\"2\" fill=\"")
                svg.plain(key.colour.hexadecimal)
                svg.raw("\"/>")
                writeText(key.meaning, x: x + 19, y: y + 9, "class=\"ink\"")
                x += 19 + Double(key.meaning.unicodeScalars.count) * 6.6 + 18
            }
            svg.raw("</g>\n")
            y += 24
        }
        for note in picture.notes {
            writeText(note, x: Self.margin, y: y + 9, "class=\"faint\" fill=\"#5a6270\" font-size=\"11\"")
            y += 16
        }
    }

    private mutating func writeText(_ text: String, x: Double, y: Double, _ attributes: StaticString) {
        svg.raw("<text")
        attribute(" x", x)
        attribute(" y", y)
        svg.raw(" ")
        svg.raw(attributes)
        svg.raw(">")
        svg.text(text)
        svg.raw("</text>\n")
    }

    private mutating func attribute(_ name: StaticString, _ value: Double) {
        svg.raw(name)
        svg.raw("=\"")
        svg.number(value, 2)
        svg.raw("\"")
    }
}
