import Glibc

extension ByteStream {
    /// The longest line that is read.
    static let longestLine = 64 << 20

    /// Calls `body` with the source's bytes in pieces that end at the end of a line.
    ///
    /// The last piece may lack its newline; `isLast` says which one that is (it may be empty). Memory stays
    /// at twice `size`, or at twice the longest line.
    func forEachChunk(
        size: Int = 1 << 18,
        _ body: (_ chunk: UnsafeRawBufferPointer, _ isLast: Bool) throws(ProfileError) -> Void
    ) throws(ProfileError) {
        var capacity = size
        var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 64)
        defer { buffer.deallocate() }
        var held = 0
        while true {
            if held == capacity {
                guard capacity < Self.longestLine else {
                    throw ProfileError(
                        .tooLarge, file: name, "a line is longer than \(Self.longestLine) bytes",
                        nextStep: "Check that it is a text file of the kind you think.")
                }
                let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity * 2, alignment: 64)
                larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
                buffer.deallocate()
                buffer = larger
                capacity *= 2
            }
            let got = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[held...]))
            if got == 0 {
                try body(UnsafeRawBufferPointer(rebasing: buffer[..<held]), true)
                return
            }
            let filled = held + got
            let end = Self.endOfLastLine(buffer, from: held, to: filled)
            if end > 0 {
                try body(UnsafeRawBufferPointer(rebasing: buffer[..<end]), false)
                if let base = buffer.baseAddress, filled > end {
                    memmove(base, base + end, filled - end)
                }
            }
            held = filled - end
        }
    }

    private static func endOfLastLine(
        _ buffer: UnsafeMutableRawBufferPointer, from: Int, to: Int
    ) -> Int {
        var end = to
        while end > from {
            if buffer[end - 1] == 0x0A { return end }
            end -= 1
        }
        return 0
    }
}

/// Where things lie in bytes.
enum ByteSearch {
    /// The place of the first `byte` at or after `start`, or the count where there is none.
    @inline(__always)
    static func first(_ byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let base = bytes.baseAddress, start < bytes.count,
            let found = memchr(base + start, Int32(byte), bytes.count - start)
        else { return bytes.count }
        return UnsafeRawPointer(found) - base
    }

    /// The place of the last `byte`, or nil.
    @inline(__always)
    static func last(_ byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
        var place = bytes.count - 1
        while place >= 0 {
            if bytes[place] == byte { return place }
            place -= 1
        }
        return nil
    }

    /// How many bytes `left` and `right` have in common from their start.
    @inline(__always)
    static func commonPrefix(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        let limit = min(left.count, right.count)
        guard limit > 0, let first = left.baseAddress, let second = right.baseAddress else { return 0 }
        var offset = 0
        while offset + 8 <= limit {
            let difference =
                first.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                ^ second.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if difference != 0 { return offset + UInt64(littleEndian: difference).trailingZeroBitCount / 8 }
            offset += 8
        }
        while offset < limit,
            first.load(fromByteOffset: offset, as: UInt8.self)
                == second.load(fromByteOffset: offset, as: UInt8.self)
        {
            offset += 1
        }
        return offset
    }
}
