/// A line of a call chain: `7f1234 function+0x12 (/usr/lib/module.so)`.
struct FrameLine {
    /// The address, in hexadecimal digits.
    let address: UnsafeRawBufferPointer
    /// The function, without its offset; several joined by `->` where some were inlined.
    let function: UnsafeRawBufferPointer
    /// The module, without its parentheses.
    let module: UnsafeRawBufferPointer

    /// The parts of `line`, whose address ends at `addressEnd`; nil where it is no frame.
    init?(_ line: UnsafeRawBufferPointer, address: Range<Int>) {
        var closing = line.count - 1
        while closing > address.upperBound, line[closing] != 0x29 { closing -= 1 }
        guard closing > address.upperBound + 2 else { return nil }
        guard let opening = Self.opening(of: closing, in: line, after: address.upperBound + 1) else {
            return nil
        }
        var start = address.upperBound
        while start < opening, line[start] == 0x20 || line[start] == 0x09 { start += 1 }
        var end = Self.withoutOffset(line, start, opening - 1)
        if end <= start {
            // A symbol without a name; stackcollapse-perf.pl shows the blank between the blanks.
            guard opening - 2 > address.upperBound - 1 else { return nil }
            start = opening - 2
            end = opening - 1
        }
        self.address = UnsafeRawBufferPointer(rebasing: line[address])
        function = UnsafeRawBufferPointer(rebasing: line[start..<end])
        module = UnsafeRawBufferPointer(rebasing: line[(opening + 1)..<closing])
    }

    /// Where the address in `line` stands: leading blanks, then letters and digits up to a blank.
    @inline(__always)
    static func address(in line: UnsafeRawBufferPointer) -> Range<Int>? {
        var start = 0
        while start < line.count, line[start] == 0x20 || line[start] == 0x09 { start += 1 }
        var end = start
        while end < line.count, isHexadecimal(line[end]) { end += 1 }
        guard end > start, end < line.count, line[end] == 0x20 || line[end] == 0x09 else { return nil }
        return start..<end
    }

    /// Whether `line` begins with blanks and an address of at least four digits.
    static func startsWithAddress(_ line: UnsafeRawBufferPointer) -> Bool {
        address(in: line).map { $0.count >= 4 } ?? false
    }

    @inline(__always)
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6
    }

    /// The parenthesis that belongs to the one at `closing`: modules may hold some of their own, as in
    /// `(/memfd:tcg-jit (deleted))`. Where they do not match, the last one behind a blank.
    private static func opening(of closing: Int, in line: UnsafeRawBufferPointer, after start: Int) -> Int? {
        var depth = 0
        var place = closing
        var last: Int?
        while place > start {
            if line[place] == 0x29 {
                depth += 1
            } else if line[place] == 0x28 {
                depth -= 1
                if line[place - 1] == 0x20 {
                    if depth == 0 { return place }
                    if last == nil { last = place }
                }
            }
            place -= 1
        }
        return last
    }

    /// Where the function in `line[start..<end]` ends without an offset such as `+0x1f`.
    private static func withoutOffset(_ line: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int {
        var place = end
        while place > start, isHexadecimal(line[place - 1]) { place -= 1 }
        guard place < end, place - 3 >= start, line[place - 1] == 0x78, line[place - 2] == 0x30,
            line[place - 3] == 0x2B
        else { return end }
        return place - 3
    }
}
