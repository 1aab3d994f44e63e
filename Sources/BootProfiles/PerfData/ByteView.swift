/// Numbers in bytes of either byte order, every access within bounds: what lies outside reads as 0.
struct ByteView {
    let bytes: UnsafeRawBufferPointer
    let isSwapped: Bool

    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, swapped: Bool) {
        self.bytes = bytes
        isSwapped = swapped
    }

    @inline(__always)
    var count: Int { bytes.count }

    @inline(__always)
    func u64(_ offset: Int) -> UInt64 { load(offset) }

    @inline(__always)
    func u32(_ offset: Int) -> UInt32 { load(offset) }

    @inline(__always)
    func u16(_ offset: Int) -> UInt16 { load(offset) }

    /// The number at `offset` as a place or a size; nil where it is beyond what a file can hold.
    func size(_ offset: Int) -> Int? {
        let value = u64(offset)
        return value <= UInt64(Int.max / 4) ? Int(value) : nil
    }

    /// The bytes in `range`, fewer where the range ends outside.
    func slice(_ range: Range<Int>) -> ByteView {
        let lower = min(max(0, range.lowerBound), count)
        let upper = min(max(lower, range.upperBound), count)
        return ByteView(UnsafeRawBufferPointer(rebasing: bytes[lower..<upper]), swapped: isSwapped)
    }

    /// The bytes from `offset` up to the first NUL.
    func string(_ offset: Int) -> UnsafeRawBufferPointer {
        let rest = slice(min(offset, count)..<count).bytes
        return UnsafeRawBufferPointer(rebasing: rest[..<ByteSearch.first(0, in: rest, from: 0)])
    }

    @inline(__always)
    private func load<Number: FixedWidthInteger>(_ offset: Int) -> Number {
        guard offset >= 0, offset <= bytes.count - MemoryLayout<Number>.size else { return 0 }
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: Number.self)
        return isSwapped ? value.byteSwapped : value
    }
}
