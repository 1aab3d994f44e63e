import LibXML
import XCTest

final class XMLWriterTests: XCTestCase {
    func testWhatIsWrittenReadsBackEqual() throws {
        var writer = try XMLWriter()
        try writer.element("a", ["one": "1 < 2 & \"3\"\n\t'4'", "absent": nil, "two": "]]>"]) {
            (writer) throws(XMLError) in
            try writer.element("b", text: "x ]]> <script>&amp;\r\n\u{85}\u{1F600}é")
            try writer.element("c")
        }
        let tree = try XMLReader().read(try writer.finish())
        XCTAssertEqual(tree.name, "a")
        XCTAssertEqual(tree["one"], "1 < 2 & \"3\"\n\t'4'")
        XCTAssertNil(tree["absent"])
        XCTAssertEqual(tree["two"], "]]>")
        XCTAssertEqual(
            tree.children(named: "b").first?.text, "x ]]> <script>&amp;\r\n\u{85}\u{1F600}é")
        XCTAssertEqual(tree.children(named: "c").first?.nodes, [])
    }

    func testTheDocumentIsIndentedUTF8WithoutADocumentType() throws {
        var writer = try XMLWriter()
        try writer.element("a") { (writer) throws(XMLError) in try writer.element("b", text: "é") }
        let bytes = try writer.finish()
        XCTAssertEqual(
            String(decoding: bytes, as: UTF8.self),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>\n  <b>é</b>\n</a>\n")
    }

    func testEveryCharacterThatXMLCannotHoldIsRefused() throws {
        for value in [0x0, 0x1, 0x8, 0xB, 0xC, 0xE, 0x1B, 0x1F, 0xFFFE, 0xFFFF] as [UInt32] {
            let text = "before" + String(try XCTUnwrap(Unicode.Scalar(value))) + "after"
            for inAttribute in [true, false] {
                var writer = try XMLWriter()
                XCTAssertThrowsError(
                    try inAttribute ? writer.element("a", ["b": text]) : writer.element("a", text: text)
                ) { XCTAssertEqual(($0 as? XMLError)?.code, .illegalCharacter) }
            }
        }
    }

    func testANameWithMarkupIsRefused() throws {
        for name in ["", "a b", "a>", "1a", "a\"", "é", "a:b", "-a"] {
            var writer = try XMLWriter()
            XCTAssertThrowsError(try writer.element(name)) {
                XCTAssertEqual(($0 as? XMLError)?.code, .invalidName, name)
            }
            XCTAssertThrowsError(try writer.element("a", [name: "value"])) {
                XCTAssertEqual(($0 as? XMLError)?.code, .invalidName, name)
            }
        }
    }

    func testAnErrorInsideAnElementComesOut() throws {
        var writer = try XMLWriter()
        XCTAssertThrowsError(
            try writer.element("a") { (writer) throws(XMLError) in try writer.element("b", text: "\u{1B}") })
    }
}
