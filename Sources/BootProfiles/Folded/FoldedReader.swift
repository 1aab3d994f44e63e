import BootModel

/// Reads folded stacks: lines of `outermost;...;innermost weight`.
///
/// Neighbouring lines mostly share their callers, so only what differs from the line before is looked up.
public struct FoldedReader: Sendable {
    /// Whether lines that cannot be read are left out (with a note) instead of being an error.
    public var partial: Bool
    /// Which side of the machine the stacks come from.
    public var origin: FunctionChange.Origin
    /// What the weights count.
    public var unit: String

    /// A reader.
    public init(
        partial: Bool = false, origin: FunctionChange.Origin = .host, unit: String = "samples"
    ) {
        self.partial = partial
        self.origin = origin
        self.unit = unit
    }

    /// Reads one profile.
    ///
    /// - Throws: `ProfileError` with the line, where one cannot be read.
    public func read(_ source: ProfileSource) throws(ProfileError) -> Profile {
        try read(ByteStream(source))
    }

    /// Reads two profiles from lines with two weights each: `stack before after`.
    ///
    /// - Throws: `ProfileError` with the line, where one cannot be read.
    public func readPair(
        _ source: ProfileSource
    ) throws(ProfileError) -> (before: Profile, after: Profile) {
        try readPair(ByteStream(source))
    }

    func read(_ stream: ByteStream) throws(ProfileError) -> Profile {
        var builder = FoldedBuilder(profile: Profile(origin: origin, unit: unit))
        var skipped = 0
        try eachLine(stream) { (line, number) throws(ProfileError) in
            guard let (stack, weight) = FoldedLine.split(line), stack.count > 0 else {
                guard partial else { throw Self.malformed(line, stream.name, number) }
                skipped += 1
                return
            }
            try builder.add(stack, weight: weight)
        }
        builder.profile.note(skipped: skipped)
        return builder.profile
    }

    func readPair(_ stream: ByteStream) throws(ProfileError) -> (before: Profile, after: Profile) {
        var before = FoldedBuilder(profile: Profile(origin: origin, unit: unit))
        var after = before
        var skipped = 0
        try eachLine(stream) { (line, number) throws(ProfileError) in
            guard let (rest, second) = FoldedLine.split(line),
                let (stack, first) = FoldedLine.split(rest), stack.count > 0
            else {
                guard partial else { throw Self.malformed(line, stream.name, number) }
                skipped += 1
                return
            }
            if first > 0 { try before.add(stack, weight: first) }
            if second > 0 { try after.add(stack, weight: second) }
        }
        after.profile.note(skipped: skipped)
        return (before.profile, after.profile)
    }

    private func eachLine(
        _ stream: ByteStream, _ body: (UnsafeRawBufferPointer, Int) throws(ProfileError) -> Void
    ) throws(ProfileError) {
        var number = 0
        try stream.forEachChunk { (chunk, _) throws(ProfileError) in
            var start = 0
            while start < chunk.count {
                let newline = ByteSearch.first(0x0A, in: chunk, from: start)
                var end = newline
                if end > start, chunk[end - 1] == 0x0D { end -= 1 }
                number += 1
                if end > start {
                    try body(UnsafeRawBufferPointer(rebasing: chunk[start..<end]), number)
                }
                start = newline + 1
            }
        }
    }

    private static func malformed(
        _ line: UnsafeRawBufferPointer, _ name: String, _ number: Int
    ) -> ProfileError {
        ProfileError(
            .malformed, file: name, at: .line(number),
            "\(Printable.quote(line)) does not end in a stack's weight",
            nextStep: "Folded lines read \"main;work 12\"; read what can be read with --partial.")
    }
}

extension Profile {
    mutating func note(skipped: Int) {
        if skipped > 0 { notes.append("\(skipped) lines could not be read and were left out") }
    }
}

/// The parts of a folded line.
enum FoldedLine {
    /// The stack and the weight behind its last space; nil where there is none.
    @inline(__always)
    static func split(
        _ line: UnsafeRawBufferPointer
    ) -> (stack: UnsafeRawBufferPointer, weight: Double)? {
        guard let space = ByteSearch.last(0x20, in: line),
            let weight = DecimalNumber.parse(UnsafeRawBufferPointer(rebasing: line[(space + 1)...]))
        else { return nil }
        var end = space
        while end > 0, line[end - 1] == 0x20 { end -= 1 }
        return (UnsafeRawBufferPointer(rebasing: line[..<end]), weight)
    }
}

/// Numbers as profilers write them: digits, perhaps a point and more digits. No sign, no exponent.
enum DecimalNumber {
    /// The number in `bytes`, nil where they hold anything else.
    @inline(__always)
    static func parse(_ bytes: UnsafeRawBufferPointer) -> Double? {
        guard bytes.count > 0 else { return nil }
        guard bytes.count <= 18 else { return parseLong(bytes) }
        var value: UInt64 = 0
        for byte in bytes {
            let digit = byte &- 0x30
            guard digit < 10 else { return parseLong(bytes) }
            value = value &* 10 &+ UInt64(digit)
        }
        return Double(value)
    }

    private static func parseLong(_ bytes: UnsafeRawBufferPointer) -> Double? {
        var points = 0
        var digits = 0
        for byte in bytes {
            if byte == 0x2E { points += 1 } else if byte &- 0x30 < 10 { digits += 1 } else { return nil }
        }
        guard points <= 1, digits > 0, bytes.count <= 400 else { return nil }
        guard let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }
}
