import CLibXML2

/// Reads a small XML document as a tree: for tests, and for tools that check what was written.
///
/// Nothing is fetched from a network or a file, and a document type declaration is refused, so that no
/// entity can be defined, neither one that names a file nor one that grows without bounds.
public struct XMLReader: Sendable {
    /// The largest document that is read, in bytes.
    public var maximumSize: Int

    /// A reader of documents of at most `maximumSize` bytes.
    public init(maximumSize: Int = 64 << 20) {
        self.maximumSize = maximumSize
    }

    /// Reads a whole document and returns its root element.
    /// - Throws: `XMLError` with `notWellFormed` (and the line), `documentType`, `tooLarge` or `outOfMemory`.
    public func read(_ bytes: [UInt8]) throws(XMLError) -> XMLTree {
        guard bytes.count <= min(maximumSize, Int(Int32.max)) else {
            throw XMLError(
                .tooLarge, "The document has \(bytes.count) bytes; at most \(maximumSize) are read.")
        }
        _ = libraryIsReady
        guard let context = xmlNewParserCtxt() else {
            throw XMLError(.outOfMemory, "No memory is left to read XML.")
        }
        defer { xmlFreeParserCtxt(context) }
        let findings = Findings()
        return try withExtendedLifetime(findings) { () throws(XMLError) in
            context.pointee._private = Unmanaged.passUnretained(findings).toOpaque()
            context.pointee.sax.pointee.serror = { context, error in
                Findings.of(context)?.note(error)
            }
            context.pointee.sax.pointee.internalSubset = { context, _, _, _ in
                Findings.of(context)?.hasDocumentType = true
                xmlStopParser(context?.assumingMemoryBound(to: xmlParserCtxt.self))
            }
            let options = CInt(XML_PARSE_NONET.rawValue | XML_PARSE_NOCDATA.rawValue)
            let document = bytes.withUnsafeBytes {
                xmlCtxtReadMemory(
                    context, $0.baseAddress?.assumingMemoryBound(to: CChar.self), CInt($0.count), nil, nil,
                    options)
            }
            defer { xmlFreeDoc(document) }
            if findings.hasDocumentType {
                throw XMLError(.documentType, "The document has a document type declaration.")
            }
            guard let document, let root = xmlDocGetRootElement(document), findings.first == nil else {
                throw findings.first ?? XMLError(.notWellFormed, "The document is empty.")
            }
            return XMLTree(root)
        }
    }
}

/// What the parser said while it read: the first error counts, the rest follow from it.
private final class Findings {
    var first: XMLError?
    var hasDocumentType = false

    /// The findings that belong to a parser context, from one of libxml2's callbacks.
    static func of(_ context: UnsafeMutableRawPointer?) -> Findings? {
        guard let context = context?.assumingMemoryBound(to: xmlParserCtxt.self),
            let findings = context.pointee._private
        else { return nil }
        return Unmanaged<Findings>.fromOpaque(findings).takeUnretainedValue()
    }

    func note(_ error: xmlErrorPtr?) {
        guard first == nil, let error = error?.pointee, error.level != XML_ERR_WARNING else { return }
        let message = error.message.map { String(cString: $0) } ?? "error \(error.code)"
        let end = message.lastIndex { !$0.isNewline }
        first = XMLError(
            .notWellFormed, end.map { String(message[...$0]) } ?? message, line: Int(error.line))
    }
}
