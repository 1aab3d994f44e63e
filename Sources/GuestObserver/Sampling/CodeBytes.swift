/// The guest's machine code, as far as a walk through its stacks needs it: read once and kept.
final class CodeBytes {
    /// The instruction in front of an address.
    enum Call: Hashable {
        case none
        /// A call whose target stands in the instruction.
        case direct(UInt64)
        /// A call through a register or memory.
        case indirect
    }

    /// The most places that are kept; a kernel has some 100,000 calls, of which a boot's stacks show a few.
    private static let limit = 1 << 18

    /// Reads the guest's memory; nil where there is none.
    var read: (UInt64, Int) -> [UInt8]? = { _, _ in nil }
    /// How many more functions may be read in this walk, during which the guest stands still.
    var budget = 0
    private let mask: UInt64
    private var calls: [UInt64: Call] = [:]
    private var jumps: [UInt64: Set<UInt64>] = [:]

    /// Code of an x86 kernel of 64 bits or 32.
    init(isWide: Bool) { mask = isWide ? .max : 0xffff_ffff }

    /// What call, if any, ends at `address`.
    func call(before address: UInt64) -> Call {
        if let known = calls[address] { return known }
        guard calls.count < Self.limit, address >= 8, let bytes = read(address - 8, 8) else { return .none }
        let found = Self.call(bytes, before: address, mask: mask)
        calls[address] = found
        return found
    }

    /// Reads the eight bytes in front of `address`: `E8` and a distance, or `FF /2` in its lengths.
    static func call(_ bytes: [UInt8], before address: UInt64, mask: UInt64) -> Call {
        if bytes[3] == 0xe8 {
            return .direct((address &+ distance(bytes[4...])) & mask)
        }
        for length in 2...7 {
            let at = 8 - length
            guard bytes[at] == 0xff, bytes[at + 1] >> 3 & 7 == 2 else { continue }
            if operandLength(bytes[at + 1], at + 2 < 8 ? bytes[at + 2] : 0) == length { return .indirect }
        }
        return .none
    }

    /// The length of an instruction of one byte with an operand.
    private static func operandLength(_ operand: UInt8, _ index: UInt8) -> Int {
        let (kind, register) = (operand >> 6, operand & 7)
        switch kind {
        case 3: return 2
        case 0 where register == 5: return 6
        case 0 where register == 4: return index & 7 == 5 ? 7 : 3
        case 0: return 2
        case 1: return register == 4 ? 4 : 3
        default: return register == 4 ? 7 : 6
        }
    }

    /// Where jumps in a function of `count` bytes lead: tail calls are among them.
    ///
    /// Instructions are not decoded: what merely looks like a jump leads to a random place, which is hardly ever
    /// a function that is looked for.
    func jumps(from start: UInt64, count: Int) -> Set<UInt64> {
        if let known = jumps[start] { return known }
        guard jumps.count < Self.limit, budget > 0 else { return [] }
        budget -= 1
        var bytes: [UInt8] = []
        let wanted = min(count, 2048)
        while bytes.count < wanted,
            let piece = read(start &+ UInt64(bytes.count), min(1024, wanted - bytes.count))
        {
            bytes += piece
        }
        var targets: Set<UInt64> = []
        for place in 0..<max(0, bytes.count - 4) {
            let isJump = bytes[place] == 0xe9
            // A conditional jump: 0F 8x and a distance.
            let isConditional = place > 0 && bytes[place - 1] == 0x0f && bytes[place] & 0xf0 == 0x80
            guard isJump || isConditional else { continue }
            let next = start &+ UInt64(place + 5)
            targets.insert((next &+ Self.distance(bytes[(place + 1)..<(place + 5)])) & mask)
        }
        jumps[start] = targets
        return targets
    }

    /// Whether the function at `start` begins as compilers begin one that keeps a frame pointer.
    func keepsFramePointer(_ start: UInt64) -> Bool? {
        guard let bytes = read(start, 16) else { return nil }
        var rest = bytes[...]
        if rest.starts(with: [0xf3, 0x0f, 0x1e, 0xfa]) || rest.starts(with: [0xf3, 0x0f, 0x1e, 0xfb]) {
            rest = rest.dropFirst(4)
        }
        // What the kernel's tracer would put its call into.
        let isSpace = rest.starts(with: [0x0f, 0x1f, 0x44, 0x00, 0x00]) || rest.first == 0xe8
        let isWideSpace = rest.starts(with: [0x3e, 0x8d, 0x74, 0x26, 0x00])
        if isSpace || isWideSpace { rest = rest.dropFirst(5) }
        let moves: [[UInt8]] = [[0x48, 0x89, 0xe5], [0x48, 0x8b, 0xec], [0x89, 0xe5], [0x8b, 0xec]]
        return rest.first == 0x55 && moves.contains { rest.dropFirst().starts(with: $0) }
    }

    /// Four bytes as a signed distance.
    private static func distance(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        let value = bytes.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return UInt64(bitPattern: Int64(Int32(bitPattern: value)))
    }
}
