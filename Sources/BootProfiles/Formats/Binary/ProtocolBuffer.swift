/// Fields of a protocol buffer, in a row.
struct WireReader {
    struct Field {
        var number: Int
        var value: UInt64
        var bytes: UnsafeRawBufferPointer
        var isBytes: Bool

        /// The numbers that the bytes hold, one behind the other.
        var packed: [UInt64] {
            var numbers: [UInt64] = []
            var reader = WireReader(bytes)
            while let value = reader.varint() { numbers.append(value) }
            return numbers
        }
    }

    private let bytes: UnsafeRawBufferPointer
    private(set) var place = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { place == bytes.count }

    /// The next field; nil at the end, or at a field that is cut or of no known kind.
    mutating func next() -> Field? {
        let start = place
        guard place < bytes.count, let key = varint(), key >> 3 <= 1 << 29 else { return nil }
        let empty = UnsafeRawBufferPointer(rebasing: bytes[0..<0])
        let number = Int(key >> 3)
        switch key & 7 {
        case 0:
            if let value = varint() {
                return Field(number: number, value: value, bytes: empty, isBytes: false)
            }
        case 1, 5:
            let size = key & 7 == 1 ? 8 : 4
            if bytes.count - place >= size {
                place += size
                return Field(number: number, value: 0, bytes: empty, isBytes: false)
            }
        case 2:
            if let count = varint(), count <= UInt64(bytes.count - place) {
                let range = place..<(place + Int(count))
                place = range.upperBound
                let content = UnsafeRawBufferPointer(rebasing: bytes[range])
                return Field(number: number, value: 0, bytes: content, isBytes: true)
            }
        default: break
        }
        place = start
        return nil
    }

    mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while place < bytes.count, shift < 64 {
            let byte = bytes[place]
            place += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}

extension UnsafeRawBufferPointer {
    /// The number in the field `number` of this message, 0 where there is none.
    func field(_ number: Int) -> UInt64 {
        var reader = WireReader(self)
        while let field = reader.next() {
            if field.number == number, !field.isBytes { return field.value }
        }
        return 0
    }

    /// The numbers in the repeated field `number`, packed or not.
    func list(_ number: Int) -> [UInt64] {
        var numbers: [UInt64] = []
        var reader = WireReader(self)
        while let field = reader.next() {
            guard field.number == number else { continue }
            if field.isBytes { numbers += field.packed } else { numbers.append(field.value) }
        }
        return numbers
    }
}

/// Writes fields of a protocol buffer.
struct WireWriter {
    var bytes: [UInt8] = []

    mutating func number(_ field: UInt64, _ value: UInt64) {
        varint(field << 3)
        varint(value)
    }

    mutating func message(_ field: UInt64, _ message: WireWriter) { content(field, message.bytes) }

    mutating func text(_ field: UInt64, _ text: String) { content(field, Array(text.utf8)) }

    mutating func packed(_ field: UInt64, _ values: [UInt64]) {
        var list = WireWriter()
        for value in values { list.varint(value) }
        content(field, list.bytes)
    }

    private mutating func content(_ field: UInt64, _ content: [UInt8]) {
        varint(field << 3 | 2)
        varint(UInt64(content.count))
        bytes += content
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
