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
        // A name and its share of what the line has in common with others.
        if let size = stream.size { builder.profile.reserve(nodes: size / 32) }
        let skipped = try stream.forEachLine(partial: partial) { (line) throws(ProfileError) in
            guard line.bytes.count > 0 else { return }
            guard let (stack, weight) = FoldedLine.split(line.bytes) else { throw Self.malformed(line) }
            try builder.add(stack.count > 0 ? stack : Self.unknown, weight: weight)
        }
        builder.profile.note(skipped: skipped)
        return builder.profile
    }

    func readPair(_ stream: ByteStream) throws(ProfileError) -> (before: Profile, after: Profile) {
        var before = FoldedBuilder(profile: Profile(origin: origin, unit: unit))
        var after = before
        let skipped = try stream.forEachLine(partial: partial) { (line) throws(ProfileError) in
            guard line.bytes.count > 0 else { return }
            guard let (rest, second) = FoldedLine.split(line.bytes),
                let (stack, first) = FoldedLine.split(rest), stack.count > 0
            else { throw Self.malformed(line) }
            if first > 0 { try before.add(stack, weight: first) }
            if second > 0 { try after.add(stack, weight: second) }
        }
        after.profile.note(skipped: skipped)
        return (before.profile, after.profile)
    }

    /// What py-spy writes of a thread that is about to end has a weight and no frames.
    private static var unknown: UnsafeRawBufferPointer {
        let name: StaticString = "[unknown]"
        return UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    }

    private static func malformed(_ line: TextLine) -> ProfileError {
        line.fault(
            "\(Printable.quote(line.bytes)) does not end in a stack's weight",
            nextStep: "Folded lines read \"main;work 12\"; read what can be read with --partial.")
    }
}

extension ProfileInput.Kind {
    /// Folded stacks with a weight each; what py-spy calls raw is one of them.
    public static let folded = ProfileInput.Kind("folded stacks")
    /// Folded stacks with a weight before and one after.
    public static let foldedPair = ProfileInput.Kind("differential folded stacks")
}

extension FoldedReader: ProfileReader {
    static var kind: ProfileInput.Kind { .folded }

    static func recognises(_ head: InputHead) -> Bool {
        let weights = FoldedLine.weights(head)
        return weights.single + weights.double > 0
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        try FoldedReader(partial: input.options.partial).read(input.stream)
    }
}

/// Folded stacks with two weights: as one profile, the one after.
enum FoldedPairFormat: ProfileReader {
    static var kind: ProfileInput.Kind { .foldedPair }

    static func recognises(_ head: InputHead) -> Bool {
        // Frames may end in a number, so only lines that all have two are pairs.
        let weights = FoldedLine.weights(head)
        return weights.double > 0 && weights.single == 0
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        try FoldedReader(partial: input.options.partial).readPair(input.stream).after
    }
}

extension Profile {
    mutating func note(skipped: Int) {
        if skipped > 0 { notes.append("\(skipped) lines could not be read and were left out") }
    }
}

/// The parts of a folded line.
enum FoldedLine {
    /// How many of the first lines end in one number, and in two or more.
    static func weights(_ head: InputHead) -> (single: Int, double: Int) {
        var counts = (single: 0, double: 0)
        for line in head.lines where line.first != 0x23 {
            line.withUnsafeBytes { line in
                guard let (rest, _) = split(line), rest.count > 0 else { return }
                if let (stack, _) = split(rest), stack.count > 0 {
                    counts.double += 1
                } else {
                    counts.single += 1
                }
            }
        }
        return counts
    }

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
