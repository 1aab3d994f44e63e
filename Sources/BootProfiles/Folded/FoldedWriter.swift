/// Writes folded stacks, sorted as `LC_ALL=C sort` sorts them.
///
/// A semicolon in a name becomes a colon and a line break a space, because the format cannot hold them.
public struct FoldedWriter: Sendable {
    /// A writer.
    public init() {}

    /// The folded stacks of `profile`, a line each.
    public func bytes(_ profile: Profile) -> [UInt8] {
        let profile = profile.withFoldableNames()
        var output: [UInt8] = []
        var line = FoldedStackLine()
        profile.forEachStack { stack, weight in
            line.take(stack, profile.frames)
            output.append(contentsOf: line.bytes)
            output.append(0x20)
            DecimalNumber.append(weight, to: &output)
            output.append(0x0A)
        }
        return output
    }

    /// Writes the folded stacks of `profile` to the file at `path`, which appears whole or not at all.
    ///
    /// - Throws: `ProfileError` where the file cannot be written.
    public func write(_ profile: Profile, to path: String) throws(ProfileError) {
        try OutputFile.write(bytes(profile), to: path)
    }

    /// The folded stacks of both profiles, a line each with the weight before and the weight after.
    ///
    /// - Throws: `ProfileError` where both together are larger than a profile may be.
    public func bytes(before: Profile, after: Profile) throws(ProfileError) -> [UInt8] {
        let before = before.withFoldableNames()
        let after = after.withFoldableNames()
        var union = Profile(origin: before.origin, unit: before.unit)
        let first = try union.graft(before)
        let second = try union.graft(after)
        var left = [Double](repeating: 0, count: union.tree.count)
        var right = left
        for (node, place) in first.enumerated() { left[Int(place)] = before.tree.weights[node] }
        for (node, place) in second.enumerated() { right[Int(place)] = after.tree.weights[node] }
        var output: [UInt8] = []
        var line = FoldedStackLine()
        union.forEachStack(where: { left[$0] + right[$0] > 0 }) { stack, node in
            line.take(stack, union.frames)
            output.append(contentsOf: line.bytes)
            for weight in [left[node], right[node]] {
                output.append(0x20)
                DecimalNumber.append(weight, to: &output)
            }
            output.append(0x0A)
        }
        return output
    }
}

/// The stack of a line, written anew only from where it differs from the one before.
private struct FoldedStackLine {
    private(set) var bytes: [UInt8] = []
    private var frames: [FrameID] = []
    /// Where each frame's name ends.
    private var ends: [Int] = []

    mutating func take(_ stack: ArraySlice<FrameID>, _ table: FrameTable) {
        let shared = zip(frames, stack).prefix { $0 == $1 }.count
        frames.removeLast(frames.count - shared)
        ends.removeLast(ends.count - shared)
        bytes.removeLast(bytes.count - (ends.last ?? 0))
        for frame in stack.dropFirst(shared) {
            if !frames.isEmpty { bytes.append(0x3B) }
            table.withBytes(of: frame) { bytes.append(contentsOf: $0) }
            frames.append(frame)
            ends.append(bytes.count)
        }
    }
}

extension Profile {
    /// This profile with names that folded lines can hold.
    func withFoldableNames() -> Profile {
        let unfit = frames.all.contains { frame in
            frames.withBytes(of: frame) { $0.contains { $0 == 0x3B || $0 == 0x0A || $0 == 0x0D } }
        }
        guard unfit else { return self }
        return renamingFrames { name in
            for index in name.indices {
                switch name[index] {
                case 0x3B: name[index] = 0x3A
                case 0x0A, 0x0D: name[index] = 0x20
                default: break
                }
            }
        }
    }
}

extension DecimalNumber {
    /// Appends `value` without an exponent: whole numbers exactly, others with the digits that tell them apart.
    static func append(_ value: Double, to output: inout [UInt8]) {
        if value == value.rounded(), value >= 0, value < 1e18 {
            appendWhole(UInt64(value), to: &output)
        } else if value >= 1e18 {
            appendHuge(value, to: &output)
        } else {
            let text = value.description
            guard let exponent = text.firstIndex(of: "e") else { return output.append(contentsOf: text.utf8) }
            // Below 1e-4 Swift writes an exponent: its digits, moved behind so many zeros.
            if value < 0 { output.append(0x2D) }
            output.append(contentsOf: "0.".utf8)
            let zeros = -(Int(text[text.index(after: exponent)...]) ?? 0) - 1
            output.append(contentsOf: repeatElement(0x30, count: max(0, zeros)))
            output.append(contentsOf: text[..<exponent].utf8.filter { $0 &- 0x30 < 10 })
        }
    }

    static func appendWhole(_ value: UInt64, to output: inout [UInt8]) {
        var rest = value
        let start = output.count
        repeat {
            output.append(0x30 + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        output[start...].reverse()
    }

    private static func appendHuge(_ value: Double, to output: inout [UInt8]) {
        // Doubles this large are whole: peel off decimal digits of the significand shifted into place.
        var digits: [UInt8] = [0]
        for byte in String(UInt64(value.significandBitPattern | 1 << 52)).utf8.reversed() {
            digits.append(byte - 0x30)
        }
        digits.removeFirst()
        for _ in 0..<max(0, Int(value.exponent) - 52) {
            var carry: UInt8 = 0
            for index in digits.indices {
                let doubled = digits[index] * 2 + carry
                digits[index] = doubled % 10
                carry = doubled / 10
            }
            if carry > 0 { digits.append(carry) }
        }
        output.append(contentsOf: digits.reversed().map { $0 + 0x30 })
    }
}
