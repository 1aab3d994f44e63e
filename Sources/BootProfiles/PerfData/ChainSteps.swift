/// Steps along call chains that were taken before, each of some addresses, and where in the call tree they lead.
///
/// A chain is followed from its outermost caller inwards. Chains of a program begin alike and few are new, so that
/// most take a step or two to where they end, whatever their depth.
struct ChainSteps {
    /// The most addresses of a step.
    static let longest = 8

    /// All that finding a step takes but its addresses, side by side.
    private struct Step {
        var from: Int32
        /// Where it leads; 0, which no step leads to, where the place is free.
        var to: Int32
        var space: UInt32
        /// Where its addresses begin among `bytes`.
        var first: UInt32
        var count: UInt32
        var hash: UInt32
    }

    private static let free = Step(from: 0, to: 0, space: 0, first: 0, count: 0, hash: 0)
    /// Beyond so many bytes of addresses a recording's steps are kept anew.
    private static let mostBytes = 1 << 24

    private var steps = [Step](repeating: free, count: 1 << 10)
    private var bytes: [UInt8] = []
    private var used = 0

    /// Where the step of `addresses` in `space` leads from the node `from`; nil where it was not taken yet.
    @inline(__always)
    func find(from: Int32, _ space: UInt32, _ addresses: UnsafeRawBufferPointer) -> Int32? {
        let hash = Self.hash(from, space, addresses)
        let mask = steps.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while steps[place].to != 0 {
            let step = steps[place]
            if step.hash == hash, step.from == from, step.space == space, holds(step, addresses) {
                return step.to
            }
            place = (place + 1) & mask
        }
        return nil
    }

    /// Keeps that the step of `addresses` in `space` leads from the node `from` to the node `to`.
    mutating func insert(from: Int32, _ space: UInt32, _ addresses: UnsafeRawBufferPointer, to: Int32) {
        if bytes.count > Self.mostBytes { self = ChainSteps() }
        used += 1
        if used * 2 > steps.count {
            let old = steps
            steps = [Step](repeating: Self.free, count: old.count * 2)
            for step in old where step.to != 0 { place(step) }
        }
        place(
            Step(
                from: from, to: to, space: space, first: UInt32(bytes.count), count: UInt32(addresses.count),
                hash: Self.hash(from, space, addresses)))
        bytes.append(contentsOf: addresses)
    }

    private mutating func place(_ step: Step) {
        let mask = steps.count - 1
        var place = Int(truncatingIfNeeded: step.hash) & mask
        while steps[place].to != 0 { place = (place + 1) & mask }
        steps[place] = step
    }

    @inline(__always)
    private func holds(_ step: Step, _ addresses: UnsafeRawBufferPointer) -> Bool {
        let range = Int(step.first)..<Int(step.first + step.count)
        return bytes.withUnsafeBytes {
            ByteOrder.equal(UnsafeRawBufferPointer(rebasing: $0[range]), addresses)
        }
    }

    @inline(__always)
    private static func hash(_ from: Int32, _ space: UInt32, _ addresses: UnsafeRawBufferPointer) -> UInt32 {
        let start = UInt64(UInt32(bitPattern: from)) << 32 | UInt64(space)
        return UInt32(truncatingIfNeeded: ByteHash.of(start, ByteHash.of(addresses)))
    }
}
