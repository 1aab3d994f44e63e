/// A JSON text with a sense of place: Foundation's decoder says neither line nor byte.
///
/// Walks the text once, without building values; runs only after decoding failed.
struct JSONSource {
    /// What is wrong with the text itself.
    enum Fault: Hashable {
        /// It ends inside a value.
        case cutShort
        /// No JSON can go on with the byte at this offset.
        case unexpected(Int)
    }

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The place of a byte for a person; lines and bytes count from 1.
    func place(of offset: Int) -> String {
        let end = min(max(offset, 0), bytes.count)
        let line = bytes[..<end].reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        return "line \(line), byte \(min(end + 1, max(bytes.count, 1)))"
    }

    /// The first thing that is no JSON; nil where the whole text is.
    func firstFault() -> Fault? {
        var walk = Walk(bytes: bytes, target: nil)
        return walk.run()
    }

    /// Where the value at `path` begins; nil where the text does not get there.
    func offset(of path: [any CodingKey]) -> Int? {
        guard !path.isEmpty else { return nil }
        var walk = Walk(bytes: bytes, target: path)
        _ = walk.run()
        return walk.found
    }
}

/// One pass over a text, which notes where the value at a coding path begins.
private struct Walk {
    private let bytes: [UInt8]
    private let target: [any CodingKey]?
    private var at = 0
    private(set) var found: Int?

    private struct Stop: Error { var fault: JSONSource.Fault }

    init(bytes: [UInt8], target: [any CodingKey]?) {
        self.bytes = bytes
        self.target = target
    }

    mutating func run() -> JSONSource.Fault? {
        do {
            try value(depth: 0, matched: 0)
            skipSpace()
            return at < bytes.count ? .unexpected(at) : nil
        } catch {
            return error.fault
        }
    }

    /// `matched` counts the keys of the target that lead here; nil where they lead elsewhere.
    private mutating func value(depth: Int, matched: Int?) throws(Stop) {
        skipSpace()
        let first = try current()
        if let target, matched == target.count, found == nil { found = at }
        // Foundation gives up at this depth, and so the stack stays small.
        guard depth < 512 else { throw Stop(fault: .unexpected(at)) }
        switch first {
        case UInt8(ascii: "{"):
            try collection(closing: UInt8(ascii: "}")) { (walk: inout Walk, _) throws(Stop) in
                let key = try walk.string()
                walk.skipSpace()
                try walk.expect(UInt8(ascii: ":"))
                try walk.value(depth: depth + 1, matched: walk.next(matched) { $0.stringValue == key })
            }
        case UInt8(ascii: "["):
            try collection(closing: UInt8(ascii: "]")) { (walk: inout Walk, index) throws(Stop) in
                try walk.value(depth: depth + 1, matched: walk.next(matched) { $0.intValue == index })
            }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: try number()
        }
    }

    private func next(_ matched: Int?, where matches: (any CodingKey) -> Bool) -> Int? {
        guard let target, let matched, matched < target.count, matches(target[matched]) else { return nil }
        return matched + 1
    }

    private mutating func collection(
        closing: UInt8, element: (inout Walk, Int) throws(Stop) -> Void
    ) throws(Stop) {
        at += 1
        skipSpace()
        if try current() == closing {
            at += 1
            return
        }
        var index = 0
        while true {
            skipSpace()
            try element(&self, index)
            skipSpace()
            if try current() == closing {
                at += 1
                return
            }
            try expect(UInt8(ascii: ","))
            index += 1
        }
    }

    private mutating func string() throws(Stop) -> String {
        try expect(UInt8(ascii: "\""))
        let start = at
        while try current() != UInt8(ascii: "\"") {
            if bytes[at] < 0x20 { throw Stop(fault: .unexpected(at)) }
            at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1
        }
        at += 1
        return String(decoding: bytes[start..<at - 1], as: UTF8.self)
    }

    private mutating func number() throws(Stop) {
        let start = at
        while at < bytes.count, "+-.0123456789eE".utf8.contains(bytes[at]) { at += 1 }
        if at == start { throw Stop(fault: .unexpected(at)) }
        // At the very end, nothing tells a whole number from one that was cut: no run is a bare number.
        if at == bytes.count { throw Stop(fault: .cutShort) }
        guard Double(String(decoding: bytes[start..<at], as: UTF8.self)) != nil else {
            throw Stop(fault: .unexpected(start))
        }
    }

    private mutating func word(_ word: StaticString) throws(Stop) {
        for offset in 0..<word.utf8CodeUnitCount { try expect(word.utf8Start[offset]) }
    }

    private mutating func expect(_ byte: UInt8) throws(Stop) {
        guard try current() == byte else { throw Stop(fault: .unexpected(at)) }
        at += 1
    }

    private func current() throws(Stop) -> UInt8 {
        guard at < bytes.count else { throw Stop(fault: .cutShort) }
        return bytes[at]
    }

    private mutating func skipSpace() {
        while at < bytes.count {
            switch bytes[at] {
            case 0x20, 0x09, 0x0A, 0x0D: at += 1
            default: return
            }
        }
    }
}
