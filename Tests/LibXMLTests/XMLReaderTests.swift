import LibXML
import XCTest

final class XMLReaderTests: XCTestCase {
    private func failure(_ text: String, maximumSize: Int = 1 << 20) throws -> XMLError {
        var caught: (any Error)?
        XCTAssertThrowsError(try XMLReader(maximumSize: maximumSize).read(Array(text.utf8))) { caught = $0 }
        return try XCTUnwrap(caught as? XMLError)
    }

    func testABrokenDocumentIsReportedWithTheLineOfTheFirstError() throws {
        let error = try failure("<a>\n<b>\n</a>\n<c")
        XCTAssertEqual(error.code, .notWellFormed)
        XCTAssertEqual(error.line, 3)
        XCTAssertTrue(error.description.hasPrefix("line 3: Opening and ending tag mismatch"), "\(error)")
    }

    func testAnEmptyDocumentIsAnError() throws {
        XCTAssertEqual(try failure("").code, .notWellFormed)
        XCTAssertEqual(try failure("  \n").code, .notWellFormed)
    }

    func testADocumentTypeIsRefusedBeforeItsEntitiesGrow() throws {
        let bomb = """
            <!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
            <a b="&y;">&y;&f;</a>
            """
        XCTAssertEqual(try failure(bomb).code, .documentType)
    }

    func testADocumentOverTheLimitIsRefused() throws {
        XCTAssertEqual(try failure("<a>four</a>", maximumSize: 10).code, .tooLarge)
        XCTAssertEqual(try XMLReader(maximumSize: 11).read(Array("<a>four</a>".utf8)).text, "four")
    }

    func testCharactersThatXMLCannotHoldAreRefused() throws {
        for text in ["<a>\u{1B}</a>", "<a>&#27;</a>", "<a>\u{FFFE}</a>", "<a>\0</a>"] {
            XCTAssertEqual(try failure(text).code, .notWellFormed)
        }
    }

    func testADocumentThatNestsTooDeepIsRefused() throws {
        let deep = String(repeating: "<a>", count: 10_000) + String(repeating: "</a>", count: 10_000)
        XCTAssertEqual(try failure(deep).code, .notWellFormed)
    }

    func testTheTreeKeepsOrderTextAndAttributes() throws {
        let text = "<a x='1' y='&lt;'>one<b/>two<!-- no --><![CDATA[<three>]]></a>"
        let tree = try XMLReader().read(Array(text.utf8))
        XCTAssertEqual(tree.attributes.map(\.name), ["x", "y"])
        XCTAssertEqual(tree["y"], "<")
        XCTAssertEqual(tree.children.map(\.name), ["b"])
        XCTAssertEqual(tree.text, "onetwo<three>")
    }
}
