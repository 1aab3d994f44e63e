import CLibXML2

/// Writes one XML document into memory, through libxml2's text writer.
///
/// libxml2 escapes markup, but passes characters that no XML document can hold (ESC, NUL, U+FFFE) through
/// without an error, or cuts the text there; the file then cannot be read back. So every text is checked
/// here first, and an illegal character is an error of the caller's, who cleans the text as fits its meaning.
public struct XMLWriter: ~Copyable {
    private let buffer: xmlBufferPtr
    private let writer: xmlTextWriterPtr

    /// Begins a document in UTF-8, indented by two spaces where no text would be changed by it.
    /// - Throws: `XMLError` with `outOfMemory` or `writerRefused`.
    public init() throws(XMLError) {
        _ = libraryIsReady
        guard let buffer = xmlBufferCreate() else { throw Self.noMemory }
        guard let writer = xmlNewTextWriterMemory(buffer, 0) else {
            xmlBufferFree(buffer)
            throw Self.noMemory
        }
        let isReady =
            xmlTextWriterSetIndent(writer, 1) >= 0 && xmlTextWriterSetIndentString(writer, "  ") >= 0
            && xmlTextWriterStartDocument(writer, nil, "UTF-8", nil) >= 0
        guard isReady else {
            xmlFreeTextWriter(writer)
            xmlBufferFree(buffer)
            throw XMLError(.writerRefused, "libxml2 refused to begin the document.")
        }
        self.buffer = buffer
        self.writer = writer
    }

    deinit {
        // The writer flushes into the buffer when it is freed, so it goes first.
        xmlFreeTextWriter(writer)
        xmlBufferFree(buffer)
    }

    /// Writes an element: its attributes in the order given, those without a value left out, then what
    /// `content` writes.
    /// - Throws: `XMLError` with `invalidName`, `illegalCharacter` or `writerRefused`, or what `content` throws.
    public mutating func element(
        _ name: String, _ attributes: KeyValuePairs<String, String?> = [:],
        content: (inout XMLWriter) throws(XMLError) -> Void = { _ in }
    ) throws(XMLError) {
        try checkName(name)
        try check(xmlTextWriterStartElement(writer, name), "begin <\(name)>")
        for case (let attribute, let value?) in attributes {
            try checkName(attribute)
            try checkText(value, in: "attribute \(attribute) of <\(name)>")
            try check(
                xmlTextWriterWriteAttribute(writer, attribute, value), "write \(attribute) of <\(name)>")
        }
        try content(&self)
        try check(xmlTextWriterEndElement(writer), "end <\(name)>")
    }

    /// Writes an element that holds nothing but `text`.
    /// - Throws: as `element(_:_:content:)`.
    public mutating func element(
        _ name: String, _ attributes: KeyValuePairs<String, String?> = [:], text: String
    ) throws(XMLError) {
        try element(name, attributes) { (writer) throws(XMLError) in try writer.text(text) }
    }

    /// Writes text, with markup escaped.
    /// - Throws: `XMLError` with `illegalCharacter` or `writerRefused`.
    public mutating func text(_ text: String) throws(XMLError) {
        try checkText(text, in: "text")
        // libxml2 takes an empty string for a failure.
        guard !text.isEmpty else { return }
        try check(xmlTextWriterWriteString(writer, text), "write text")
    }

    /// Ends the document and returns its bytes, in UTF-8.
    /// - Throws: `XMLError` with `writerRefused`: a document needs exactly one root element.
    public consuming func finish() throws(XMLError) -> [UInt8] {
        try check(xmlTextWriterEndDocument(writer), "end the document")
        try check(xmlTextWriterFlush(writer), "end the document")
        guard let content = xmlBufferContent(buffer) else { throw Self.noMemory }
        return Array(UnsafeBufferPointer(start: content, count: Int(xmlBufferLength(buffer))))
    }

    private static let noMemory = XMLError(.outOfMemory, "No memory is left to write XML.")

    private func check(_ result: CInt, _ attempt: String) throws(XMLError) {
        guard result >= 0 else { throw XMLError(.writerRefused, "libxml2 refused to \(attempt).") }
    }

    private func checkName(_ name: String) throws(XMLError) {
        guard XMLCharacters.isName(name) else {
            throw XMLError(.invalidName, "\(name.debugDescription) cannot name an element or an attribute.")
        }
    }

    private func checkText(_ text: String, in place: String) throws(XMLError) {
        guard let illegal = text.unicodeScalars.first(where: { !XMLCharacters.isLegal($0) }) else { return }
        let number = String(illegal.value, radix: 16, uppercase: true)
        throw XMLError(
            .illegalCharacter, "The \(place) holds the character #x\(number), which XML cannot hold.")
    }
}

/// libxml2 wants its globals set up once before threads use it.
let libraryIsReady: Void = xmlInitParser()
