/// Builds a page as text: what is given as text is escaped, and elements are always closed.
///
/// The result is well-formed XML too, its first line apart, which makes it easy to check.
struct Page {
    /// The page so far.
    private(set) var text = ""

    /// Elements that HTML never closes with a tag.
    private static let empty: Set<String> = ["meta", "link", "img", "br"]

    /// An element with what `content` writes.
    mutating func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:],
        _ content: (inout Page) -> Void = { _ in }
    ) {
        text += "<\(name)"
        for case (let attribute, let value?) in attributes { text += " \(attribute)=\"\(HTML.text(value))\"" }
        if Self.empty.contains("\(name)") {
            text += "/>"
            return
        }
        text += ">"
        content(&self)
        text += "</\(name)>"
        if !["span", "code", "a", "strong", "summary"].contains("\(name)") { text += "\n" }
    }

    /// An element that holds nothing but `content`.
    mutating func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:], text content: String
    ) {
        element(name, attributes) { $0.write(content) }
    }

    /// Text, escaped.
    mutating func write(_ content: String) { text += HTML.text(content) }

    /// A table with a row for each of `rows`, a class for each row, and the first cell of a row as its header.
    /// - Parameter style: a class for what holds the table.
    mutating func table(
        _ caption: String, _ header: [String], _ rows: [(style: String?, cells: [String])],
        style: String? = nil
    ) {
        element("div", ["class": style]) { $0.plainTable(caption, header, rows) }
    }

    private mutating func plainTable(
        _ caption: String, _ header: [String], _ rows: [(style: String?, cells: [String])]
    ) {
        element("table") { page in
            page.element("caption", text: caption)
            page.element("thead") { page in
                page.element("tr") { page in
                    for title in header { page.element("th", ["scope": "col"], text: title) }
                }
            }
            page.element("tbody") { page in
                for row in rows {
                    page.element("tr", ["class": row.style]) { page in
                        for (index, cell) in row.cells.enumerated() {
                            if index == 0 {
                                page.element("th", ["scope": "row"], text: cell)
                            } else {
                                page.element("td", text: cell)
                            }
                        }
                    }
                }
            }
        }
    }

    /// The whole page, with what a browser wants around it.
    static func document(title: String, styleSheet: String, _ content: (inout Page) -> Void) -> String {
        var page = Page()
        page.text = "<!DOCTYPE html>\n"
        page.element("html", ["lang": "en"]) { page in
            page.element("head") { page in
                page.element("meta", ["charset": "utf-8"])
                page.element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
                page.element("title", text: title)
                page.element("link", ["rel": "stylesheet", "href": styleSheet])
            }
            page.element("body", [:], content)
        }
        return page.text
    }
}
