import CLibXML2

/// An element with all that it holds, as it was read.
public struct XMLTree: Sendable, Hashable {
    /// What an element holds, in order.
    public enum Node: Sendable, Hashable {
        /// An element.
        case element(XMLTree)
        /// Text, with entities resolved and CDATA sections opened.
        case text(String)
    }

    /// An attribute of an element.
    public struct Attribute: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// Its value, with entities resolved.
        public var value: String
    }

    /// The element's name.
    public var name: String
    /// Its attributes, in the order of the document.
    public var attributes: [Attribute]
    /// What it holds, in the order of the document; comments are left out.
    public var nodes: [Node]

    /// The elements that it holds, in order.
    public var children: [XMLTree] {
        nodes.compactMap { if case .element(let element) = $0 { element } else { nil } }
    }

    /// The text that it holds itself, its children's left out.
    public var text: String {
        nodes.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined()
    }

    /// The value of the attribute `name`, or nil.
    public subscript(name: String) -> String? {
        attributes.first { $0.name == name }?.value
    }

    /// The elements named `name` that it holds, in order.
    public func children(named name: String) -> [XMLTree] {
        children.filter { $0.name == name }
    }

    /// The depth of recursion is bounded: libxml2 refuses documents that nest deeper than 256.
    init(_ element: xmlNodePtr) {
        name = String(cString: element.pointee.name)
        attributes = []
        nodes = []
        var attribute = element.pointee.properties
        while let current = attribute {
            attributes.append(
                Attribute(
                    name: String(cString: current.pointee.name),
                    value: Self.content(of: current.pointee.children)))
            attribute = current.pointee.next
        }
        var node = element.pointee.children
        while let current = node {
            switch current.pointee.type {
            case XML_ELEMENT_NODE: nodes.append(.element(XMLTree(current)))
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE:
                if let content = current.pointee.content { nodes.append(.text(String(cString: content))) }
            default: break
            }
            node = current.pointee.next
        }
    }

    /// The text of an attribute's nodes. Without a document type there are no entities among them.
    private static func content(of first: xmlNodePtr?) -> String {
        var text = ""
        var node = first
        while let current = node {
            if let content = current.pointee.content { text += String(cString: content) }
            node = current.pointee.next
        }
        return text
    }
}
