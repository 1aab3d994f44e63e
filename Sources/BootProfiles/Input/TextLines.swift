/// A line of a text, and where it stands.
struct TextLine {
    /// The line without its end.
    let bytes: UnsafeRawBufferPointer
    /// Its number, from 1.
    let number: Int
    /// What errors call the text.
    let file: String

    /// A fault in this line.
    func fault(
        _ detail: String, _ code: ProfileError.Code = .malformed,
        nextStep: String = "Record it again, or read what can be read with --partial."
    ) -> ProfileError {
        ProfileError(code, file: file, at: .line(number), detail, nextStep: nextStep)
    }

    /// The fault of a line that is none of `what`.
    func isNo(_ what: String) -> ProfileError { fault("\(Printable.quote(bytes)) is no \(what)") }
}

extension ByteStream {
    /// Calls `body` with each line.
    ///
    /// With `partial`, lines of which `body` says that they are malformed are left out, and so is a last line
    /// without an end, which may be cut.
    /// - Returns: how many lines were left out.
    func forEachLine(
        partial: Bool, _ body: (TextLine) throws(ProfileError) -> Void
    ) throws(ProfileError) -> Int {
        var number = 0
        var skipped = 0
        try forEachChunk { (chunk, _) throws(ProfileError) in
            var start = 0
            while start < chunk.count {
                let newline = ByteSearch.first(0x0A, in: chunk, from: start)
                number += 1
                var end = newline
                if end > start, end < chunk.count, chunk[end - 1] == 0x0D { end -= 1 }
                let line = TextLine(
                    bytes: UnsafeRawBufferPointer(rebasing: chunk[start..<end]), number: number, file: name)
                start = newline + 1
                if newline == chunk.count {
                    guard partial else {
                        throw line.fault(
                            "the text ends in the middle of a line", .truncated,
                            nextStep:
                                "Write it again (it has to end in a newline), or read what there is with --partial."
                        )
                    }
                    skipped += 1
                    return
                }
                do throws(ProfileError) {
                    try body(line)
                } catch {
                    guard partial, error.code == .malformed else { throw error }
                    skipped += 1
                }
            }
        }
        return skipped
    }
}

/// Takes a line apart, from left to right.
struct LineScanner {
    /// What is left of the line.
    private(set) var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    /// Whether nothing is left.
    var isAtEnd: Bool { rest.count == 0 }

    /// The next byte.
    var next: UInt8? { rest.first }

    /// Leaves out blanks; how many there were.
    @discardableResult
    mutating func skipBlanks() -> Int {
        var count = 0
        while count < rest.count, rest[count] == 0x20 || rest[count] == 0x09 { count += 1 }
        drop(count)
        return count
    }

    /// Takes `text` where the rest begins with it.
    mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        drop(text.utf8.count)
        return true
    }

    /// Takes all bytes up to the first one that `ends`, perhaps none.
    mutating func take(until ends: (UInt8) -> Bool) -> UnsafeRawBufferPointer {
        var count = 0
        while count < rest.count, !ends(rest[count]) { count += 1 }
        let taken = UnsafeRawBufferPointer(rebasing: rest[..<count])
        drop(count)
        return taken
    }

    /// Takes what stands before `byte`, and that byte; nil where there is none.
    mutating func take(through byte: UInt8) -> UnsafeRawBufferPointer? {
        let end = ByteSearch.first(byte, in: rest, from: 0)
        guard end < rest.count else { return nil }
        let taken = UnsafeRawBufferPointer(rebasing: rest[..<end])
        drop(end + 1)
        return taken
    }

    /// Leaves out blanks, then takes what stands before the next one.
    mutating func word() -> UnsafeRawBufferPointer {
        skipBlanks()
        return take { $0 == 0x20 || $0 == 0x09 }
    }

    /// Takes digits, as a number; nil where there are none, or too many.
    mutating func whole() -> Int? {
        let digits = take { $0 &- 0x30 >= 10 }
        guard (1...18).contains(digits.count) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 &- 0x30) }
    }

    private mutating func drop(_ count: Int) { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
}

extension UnsafeRawBufferPointer {
    /// The bytes without blanks at either end.
    var trimmed: UnsafeRawBufferPointer {
        var range = 0..<count
        while let first = range.first, self[first] == 0x20 || self[first] == 0x09 { range.removeFirst() }
        while let last = range.last, self[last] == 0x20 || self[last] == 0x09 { range.removeLast() }
        return UnsafeRawBufferPointer(rebasing: self[range])
    }

    /// The bytes as text; what is not UTF-8 becomes U+FFFD.
    var text: String { String(decoding: self, as: UTF8.self) }

    /// Whether these are the bytes of `text`.
    func equals(_ text: String) -> Bool { elementsEqual(text.utf8) }
}

/// Times, which are counted in nanoseconds whatever the tool printed.
enum SecondsText {
    /// The nanoseconds of a decimal number of seconds; nil where it is none.
    static func nanoseconds(_ bytes: UnsafeRawBufferPointer) -> Double? {
        DecimalNumber.parse(bytes).map { nanoseconds($0) }
    }

    /// The nanoseconds in `seconds`, whole.
    static func nanoseconds(_ seconds: Double) -> Double { (seconds * 1e9).rounded() }

    /// What profiles of such times are counted in.
    static let unit = "nanoseconds"
}

extension LineScanner {
    /// Takes hexadecimal digits, as a number; nil where there are none, or more than 16.
    mutating func hexadecimal() -> UInt64? {
        let digits = take { KernelSymbols.hexadecimal($0) == nil }
        guard (1...16).contains(digits.count) else { return nil }
        return digits.reduce(0) { $0 << 4 | UInt64(KernelSymbols.hexadecimal($1) ?? 0) }
    }
}
