import Glibc

/// A fast hash of bytes, seeded anew in each process so that hostile names cannot be made to collide.
enum ByteHash {
    private static let seed = UInt64.random(in: .min ... .max)

    /// The hash of `bytes`: eight bytes a step, folded by a 64 x 64 bit product as wyhash does.
    @inline(__always)
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = seed ^ UInt64(truncatingIfNeeded: bytes.count)
        guard let base = bytes.baseAddress else { return mix(state, 0) }
        var offset = 0
        while offset + 8 <= bytes.count {
            state = mix(state, base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        if offset < bytes.count {
            var tail: UInt64 = 0
            if bytes.count >= 8 {
                tail = base.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
            } else {
                while offset < bytes.count {
                    tail = tail << 8 | UInt64(base.load(fromByteOffset: offset, as: UInt8.self))
                    offset += 1
                }
            }
            state = mix(state, tail)
        }
        return state ^ (state >> 32)
    }

    /// A hash of two numbers.
    @inline(__always)
    static func of(_ first: UInt64, _ second: UInt64) -> UInt64 {
        let state = mix(seed ^ first, second)
        return state ^ (state >> 32)
    }

    @inline(__always)
    private static func mix(_ state: UInt64, _ value: UInt64) -> UInt64 {
        let product = (state ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: value ^ 0xE703_7ED1_A0B4_28DB)
        return product.high ^ product.low
    }
}

/// Comparison of byte strings as `LC_ALL=C sort` compares them.
enum ByteOrder {
    /// Whether `left` and `right` hold the same bytes.
    @inline(__always)
    static func equal(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        guard let first = left.baseAddress, let second = right.baseAddress else { return true }
        return memcmp(first, second, left.count) == 0
    }

    /// The order of the first `count` bytes of both: negative, zero or positive.
    @inline(__always)
    static func compare(
        _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer, _ count: Int
    ) -> Int32 {
        guard count > 0, let first = left.baseAddress, let second = right.baseAddress else { return 0 }
        return memcmp(first, second, count)
    }

    /// Whether `left` sorts before `right`.
    @inline(__always)
    static func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard let first = left.baseAddress else { return right.count > 0 }
        guard let second = right.baseAddress else { return false }
        let order = memcmp(first, second, min(left.count, right.count))
        return order == 0 ? left.count < right.count : order < 0
    }
}
