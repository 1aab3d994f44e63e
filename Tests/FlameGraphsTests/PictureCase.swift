import BootProfiles
import Foundation
import FoundationXML
import XCTest

/// Reads pictures back as the XML that they are.
class PictureCase: XCTestCase {
    /// A frame of a picture, read back.
    struct Box: Equatable {
        var title: [String]
        var x: Double
        var y: Double
        var width: Double
        var fill: String
        var name: String { title[0] }
    }

    func profile(_ text: String) throws -> Profile {
        try FoldedReader().read(.bytes(Array(text.utf8), name: "test"))
    }

    func document(_ svg: [UInt8]) throws -> XMLDocument { try XMLDocument(data: Data(svg)) }

    func boxes(_ svg: [UInt8]) throws -> [Box] {
        try document(svg).nodes(forXPath: "//*[@class='frame']").compactMap { node in
            guard let group = node as? XMLElement,
                let rect = group.elements(forName: "rect").first,
                let title = group.elements(forName: "title").first?.stringValue
            else { return nil }
            func number(_ name: String) -> Double {
                Double(attribute(name, of: rect)) ?? .nan
            }
            return Box(
                title: title.components(separatedBy: "\n"), x: number("x"), y: number("y"),
                width: number("width"), fill: attribute("fill", of: rect))
        }
    }

    // XMLElement.attribute(forName:) finds nothing in documents with a default namespace.
    func attribute(_ name: String, of element: XMLElement) -> String {
        element.attributes?.first { $0.name == name }?.stringValue ?? ""
    }

    func box(_ name: String, in svg: [UInt8]) throws -> Box {
        try XCTUnwrap(try boxes(svg).first { $0.name == name }, name)
    }

    func texts(_ svg: [UInt8]) throws -> String {
        try document(svg).nodes(forXPath: "//*[local-name()='text']").compactMap(\.stringValue)
            .joined(separator: "\n")
    }
}
